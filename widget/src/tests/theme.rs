//! A theme can set colours, lengths and fonts of a short list, and nothing else.

use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    fn parse(json: &str) -> JsValue;
}

fn applied(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    browser::apply_theme(&parse(&format!(r#"{{"{name}":"{value}"}}"#)));
    root_style(name)
}

#[wasm_bindgen_test]
fn good_values_are_set() {
    open();
    let cases = [
        ("--causeway-accent", "#0a7"),
        ("--causeway-accent", "#00AA7780"),
        ("--causeway-text", "rgb(10 20 30 / 50%)"),
        ("--causeway-border", "hsl(120deg, 50%, 50%)"),
        ("--causeway-muted", "oklch(0.5 0.1 200)"),
        ("--causeway-surface", "white"),
        ("--causeway-radius", "0"),
        ("--causeway-radius", "1.25rem"),
        ("--causeway-radius", "32px"),
        (
            "--causeway-font",
            r#""Source Sans 3", 'PingFang SC', 思源黑体, sans-serif"#,
        ),
    ];
    for (name, value) in cases {
        assert_eq!(applied(name, value), value, "{name}");
    }
}

#[wasm_bindgen_test]
fn bad_values_are_passed_over() {
    open();
    let cases = [
        ("--causeway-accent", "url(https://evil.example/)"),
        ("--causeway-accent", "#12345"),
        ("--causeway-accent", "red;}body{display:none"),
        ("--causeway-accent", "rgb(var(--x))"),
        ("--causeway-background", "image-set('x')"),
        ("--causeway-text", ""),
        ("--causeway-radius", "33px"),
        ("--causeway-radius", "-1px"),
        ("--causeway-radius", "calc(1px)"),
        ("--causeway-radius", "1.234em"),
        ("--causeway-font", "x;y"),
        ("--causeway-font", "url(x)"),
        ("--causeway-font", r#""open"#),
        ("--causeway-font", r#""a\"#),
        ("--line", "#fff"),
        ("display", "none"),
    ];
    for (name, value) in cases {
        assert_eq!(applied(name, value), "", "{name}: {value}");
    }
    for odd in [
        "null",
        "[]",
        "7",
        r#"{"--causeway-accent":7}"#,
        r#"{"--causeway-font":{}}"#,
    ] {
        browser::apply_theme(&parse(odd));
        assert_eq!(root_style("--causeway-accent"), "", "{odd}");
    }
}

#[wasm_bindgen_test]
fn what_is_left_out_goes_back_to_the_default() {
    open();
    applied("--causeway-radius", "4px");
    applied("--causeway-accent", "#123");
    assert_eq!(root_style("--causeway-radius"), "");
}

#[wasm_bindgen_test]
fn the_text_on_an_accent_can_be_read() {
    open();
    for (accent, text) in [
        ("#ffee00", "#111"),
        ("#0a7", "#111"),
        ("#0b6b5d", "#fff"),
        ("#000", "#fff"),
    ] {
        applied("--causeway-accent", accent);
        assert_eq!(root_style("--causeway-accent-text"), text, "{accent}");
    }
    browser::apply_theme(&parse(
        r##"{"--causeway-accent":"#000","--causeway-accent-text":"#eee"}"##,
    ));
    assert_eq!(
        root_style("--causeway-accent-text"),
        "#eee",
        "the shop's own choice holds"
    );
}

#[wasm_bindgen_test]
fn a_shop_of_one_scheme_says_so() {
    open();
    applied("--causeway-scheme", "dark");
    assert_eq!(root_scheme(), "dark");
    applied("--causeway-scheme", "sepia");
    assert_eq!(root_scheme(), "");
}

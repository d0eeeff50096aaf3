//! The widget in a real browser, on a page as the worker renders it (tests/page.html; a test of
//! the worker holds the two together). Requests, sockets and timers are the test's own.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test_configure;

use crate::browser;

mod form;
mod pay;
mod seal;
mod shop;
mod states;
mod theme;

wasm_bindgen_test_configure!(run_in_browser);

const PAGE: &str = include_str!("tests/page.html");
/// The seed of the key that the page carries.
const SEED: [u8; 32] = [7; 32];
const ORDER: &str = "01JD8Q9Z3V0000000000000000";
const TOKEN: &str = "ct_demo_01JD8Q9Z3V0000000000000000_ABCDEFGHJKMNPQRSTVWXYZ0123";
const ORIGIN: &str = "https://shop.example";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = eval)]
    fn evaluate(script: &str);
    #[wasm_bindgen(js_namespace = world, js_name = setUp)]
    fn set_up(html: &str, data: &str);
    #[wasm_bindgen(js_namespace = world)]
    async fn settle();
    #[wasm_bindgen(js_namespace = world)]
    fn embed();
    #[wasm_bindgen(js_namespace = world, js_name = toldCount)]
    fn told_count() -> usize;
    #[wasm_bindgen(js_namespace = world, js_name = toldAt)]
    fn told_at(index: i32) -> String;
    #[wasm_bindgen(js_namespace = world, js_name = toldHeight)]
    fn told_height() -> u32;
    #[wasm_bindgen(js_namespace = world)]
    fn message(data: &str, origin: &str, is_from_shop: bool);
    #[wasm_bindgen(js_namespace = world, js_name = requestCount)]
    fn request_count(what: &str) -> usize;
    #[wasm_bindgen(js_namespace = world, js_name = bodyOf)]
    fn body_of(index: i32) -> String;
    #[wasm_bindgen(js_namespace = world)]
    fn answer(what: &str, status: u16, json: &str);
    #[wasm_bindgen(js_namespace = world, js_name = socketCount)]
    fn socket_count() -> usize;
    #[wasm_bindgen(js_namespace = world, js_name = socketUrl)]
    fn socket_url() -> String;
    #[wasm_bindgen(js_namespace = world, js_name = socketSent)]
    fn socket_sent() -> String;
    #[wasm_bindgen(js_namespace = world, js_name = socketSays)]
    fn socket_says(text: &str);
    #[wasm_bindgen(js_namespace = world, js_name = socketOpens)]
    fn socket_opens();
    #[wasm_bindgen(js_namespace = world, js_name = socketCloses)]
    fn socket_closes();
    #[wasm_bindgen(js_namespace = world, js_name = hasTimer)]
    fn has_timer(ms: u32) -> bool;
    #[wasm_bindgen(js_namespace = world, js_name = runTimer)]
    fn run_timer(ms: u32) -> bool;
    #[wasm_bindgen(js_namespace = world)]
    fn tick();
    #[wasm_bindgen(js_namespace = world)]
    fn advance(ms: f64);
    #[wasm_bindgen(js_namespace = world, js_name = type)]
    fn type_in(id: &str, text: &str, caret: usize);
    #[wasm_bindgen(js_namespace = world, js_name = fillIn)]
    fn fill_in(id: &str, text: &str);
    #[wasm_bindgen(js_namespace = world, js_name = caretOf)]
    fn caret_of(id: &str) -> usize;
    #[wasm_bindgen(js_namespace = world)]
    fn blur(id: &str);
    #[wasm_bindgen(js_namespace = world, js_name = valueOf)]
    fn value_of(id: &str) -> String;
    #[wasm_bindgen(js_namespace = world, js_name = textOf)]
    fn text_of(id: &str) -> String;
    #[wasm_bindgen(js_namespace = world, js_name = isShown)]
    fn is_shown(id: &str) -> bool;
    #[wasm_bindgen(js_namespace = world)]
    fn attribute(id: &str, name: &str) -> String;
    #[wasm_bindgen(js_namespace = world)]
    fn focused() -> String;
    #[wasm_bindgen(js_namespace = world)]
    fn click(id: &str);
    #[wasm_bindgen(js_namespace = world, js_name = isOpen)]
    fn is_open() -> bool;
    #[wasm_bindgen(js_namespace = world, js_name = innerFrame)]
    fn inner_frame() -> String;
    #[wasm_bindgen(js_namespace = world, js_name = rootStyle)]
    fn root_style(name: &str) -> String;
    #[wasm_bindgen(js_namespace = world, js_name = rootScheme)]
    fn root_scheme() -> String;
    #[wasm_bindgen(js_namespace = world)]
    fn remembered() -> String;
    #[wasm_bindgen(js_namespace = world, js_name = documentLang)]
    fn document_lang() -> String;
    #[wasm_bindgen(js_namespace = world, js_name = pressKey)]
    fn press_key(id: &str, key: &str);
    #[wasm_bindgen(js_namespace = world, js_name = chooseMethod)]
    fn choose_method(method: &str);
    #[wasm_bindgen(js_namespace = world, js_name = chosenMethod)]
    fn chosen_method() -> String;
    #[wasm_bindgen(js_namespace = world, js_name = chooseLanguage)]
    fn choose_language(locale: &str);
    #[wasm_bindgen(js_namespace = world)]
    fn submit();
    #[wasm_bindgen(js_namespace = world)]
    fn field(json: &str, name: &str) -> String;
}

/// A snapshot: version, order state, and the attempt as JSON.
fn snapshot(version: u32, state: &str, attempt: &str) -> String {
    format!(
        r#"{{"version":{version},"state":"{state}","total":{{"amount":"1234.50","currency":"USD"}},
        "refunded":{{"amount":"34.50","currency":"USD"}},"expires_at":"2099-01-01T00:00:00Z",
        "now":"2026-11-22T00:00:00Z","attempt":{attempt},"return_url":"https://shop.example/thanks",
        "methods":[{{"method":"card","account":"acc_demo_aaaaaaaaaa","flow":"card"}},
        {{"method":"alipay","account":"acc_demo_bbbbbbbbbb","flow":"redirect_desktop"}},
        {{"method":"wechat_pay","account":"acc_demo_cccccccccc","flow":"qr"}}]}}"#
    )
}

/// An attempt: id, method, state, and further members that begin with a comma.
fn attempt(id: &str, method: &str, state: &str, more: &str) -> String {
    format!(r#"{{"id":"{id}","number":1,"method":"{method}","state":"{state}"{more}}}"#)
}

/// An open page with this snapshot, with the widget in it.
fn open_with(snapshot: &str) {
    let texts = include_str!("../../www/locales/en.json");
    let key = crate::base64::encode(&seal::open_key().seal_key().to_bytes());
    let data = format!(
        r#"{{"token":"{TOKEN}","order_id":"{ORDER}","store_name":"Tea & Co","locale":"en",
        "locales":["en","zh-CN"],"locale_url":{{"en":"/en.json","zh-CN":"/zh-CN.json"}},
        "parent":"{ORIGIN}","device":"desktop","snapshot":{snapshot},
        "seal":{{"public_key":"{key}","key_id":"00"}},"amount_minor":123450,"currency":"USD",
        "texts":{texts},"poll_ms":2000}}"#
    );
    evaluate(concat!(
        "globalThis.world ?? ",
        include_str!("tests/page.js")
    ));
    browser::unwire();
    set_up(PAGE, &data);
    assert!(crate::start(), "the page is adopted");
}

/// An open page with an order that nobody has tried to pay yet.
fn open() {
    open_with(&snapshot(1, "created", "null"));
}

fn fill_card() {
    type_in("number", "4242424242424242", 16);
    type_in("expiry", "1299", 4);
    type_in("expiry", "12/44", 5);
    type_in("cvc", "123", 3);
    type_in("holder", "Mei Lin", 7);
}

/// The id in the latest request that started an attempt.
fn sent_id() -> String {
    field(&body_of(-1), "id")
}

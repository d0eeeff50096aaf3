//! What may and may not stand in the frame's page.

use super::*;

fn price(amount: &str) -> Price {
    Price {
        amount: amount.to_owned(),
        currency: "USD".to_owned(),
    }
}

fn choice(method: &str, flow: &str) -> MethodChoice {
    MethodChoice {
        method: method.to_owned(),
        account: format!("acc_demo_{method:0<10.10}"),
        flow: flow.to_owned(),
    }
}

fn view() -> CheckoutView {
    CheckoutView {
        locale: Locale::En,
        device: Device::Desktop,
        token: "ct_demo_01JD8Q9Z3V0000000000000000_ABCDEFGHJKMNPQRSTVWXYZ0123".to_owned(),
        order_id: "01JD8Q9Z3V0000000000000000".to_owned(),
        store_name: "Demo Store".to_owned(),
        seller: None,
        policies: Vec::new(),
        about: "/about/demo".to_owned(),
        logo: None,
        colours: String::new(),
        items: vec![ItemLine {
            name: "Green tea".to_owned(),
            quantity: 2,
            total: price("24.00"),
            image_url: Some("https://shop.example/tea.jpg".to_owned()),
        }],
        shipping: Some(price("4.50")),
        tax: None,
        discount: Some(price("2.00")),
        total: price("1026.50"),
        amount_minor: 102_650,
        methods: vec![choice("card", "card"), choice("alipay", "redirect_desktop")],
        snapshot: json!({ "version": 1, "state": "created", "attempt": null }),
        seal: Some(SealView {
            public_key: "AAAA".to_owned(),
            key_id: "00".to_owned(),
        }),
        parent: Some("https://shop.example".to_owned()),
        early: false,
        assets: Assets {
            style: ".frame{}".into(),
            js: "/assets/checkout.bb.js".to_owned(),
            wasm: "/assets/causeway_widget.cc.wasm".to_owned(),
            locales: vec![
                (Locale::En, "/assets/locales/en.dd.json".to_owned()),
                (Locale::ZhCn, "/assets/locales/zh-CN.ee.json".to_owned()),
            ],
        },
        poll_ms: 2000,
    }
}

fn render(view: &CheckoutView) -> String {
    render_checkout(view).unwrap()
}

/// All start tags of an element, attributes included.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!("<{name} "))
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .collect()
}

fn script(html: &str) -> Value {
    let start = html.find(r#"id="causeway-data">"#).unwrap() + r#"id="causeway-data">"#.len();
    let end = start + html[start..].find("</script>").unwrap();
    serde_json::from_str(&html[start..end]).unwrap()
}

#[test]
fn order_and_total_can_be_read_before_any_script() {
    let html = render(&view());
    for text in [
        "Green tea",
        "Quantity 2",
        "US$24.00",
        "US$4.50",
        "-US$2.00",
        "US$1,026.50",
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert!(
        html.contains(">Pay US$1,026.50</button>"),
        "the total stands on the button"
    );
    assert!(
        !html.contains("summary.tax"),
        "no line for what there is not"
    );
}

#[test]
fn card_inputs_have_no_name_and_the_form_goes_nowhere() {
    let html = render(&view());
    let inputs = tags(&html, "input");
    let typed: Vec<_> = inputs
        .iter()
        .filter(|tag| tag.contains(r#"type="text""#))
        .collect();
    assert_eq!(typed.len(), 4);
    for tag in typed {
        assert!(!tag.contains(" name="), "{tag}");
        assert!(tag.contains(r#"autocomplete="cc-"#), "{tag}");
        assert!(tag.contains("aria-describedby="), "{tag}");
    }
    let forms = tags(&html, "form");
    assert_eq!(forms.len(), 1);
    assert!(
        !forms[0].contains("action") && !forms[0].contains("method="),
        "{}",
        forms[0]
    );
}

#[test]
fn pay_is_disabled_until_the_script_listens() {
    let html = render(&view());
    let pay = tags(&html, "button")
        .into_iter()
        .find(|tag| tag.contains(r#"id="pay""#))
        .unwrap();
    assert!(pay.contains(" disabled") && pay.contains(r#"type="submit""#));
    let others = tags(&html, "button")
        .into_iter()
        .filter(|tag| tag.contains("submit"))
        .count();
    assert_eq!(others, 1, "no other button can submit the form");
}

#[test]
fn nothing_is_drawn_before_the_form_is_whole_and_nothing_else_is_waited_for() {
    let html = render(&view());
    let (_, rest) = html.split_once(r##"<link rel="expect" href="#"##).unwrap();
    let (awaited, rest) = rest.split_once('"').unwrap();
    assert!(rest.starts_with(r#" blocking="render">"#));
    let at = |tag: &str| html.find(tag).unwrap();
    let awaited = at(&format!(r#" id="{awaited}""#));
    assert!(at(r#" id="pay""#) < awaited);
    assert!(awaited < at(r#" id="causeway-data""#));
    for script in tags(&html, "script") {
        assert!(!script.contains("src=") || script.contains(r#"type="module""#));
    }
}

#[test]
fn hostile_words_stay_words() {
    let mut hostile = view();
    let attack = r#"</script><script>alert(1)</script><img src=x onerror="alert(1)"> <!--"#;
    hostile.store_name = attack.to_owned();
    hostile.items[0].name = attack.to_owned();
    hostile.items[0].image_url = Some(r#"https://x/"><script>1</script>"#.to_owned());
    hostile.snapshot["return_url"] = Value::from(attack);
    hostile.snapshot["metadata"] = Value::from("\u{2028}</SCRIPT ><!--");
    hostile.methods[1].account = r#"" autofocus onfocus="alert(1)"#.to_owned();
    let html = render(&hostile);
    assert_eq!(
        html.matches("<script").count(),
        2,
        "the module and the data, nothing else"
    );
    assert_eq!(html.to_ascii_lowercase().matches("</script").count(), 2);
    assert!(!html.contains("<!--"));
    assert_eq!(tags(&html, "img").len(), 1);
    assert!(!html.contains(r#"" autofocus"#));
    assert_eq!(
        script(&html)["store_name"],
        attack,
        "the script reads what was written"
    );
    assert_eq!(script(&html)["snapshot"]["return_url"], attack);
}

#[test]
fn the_script_is_told_what_it_needs_and_no_more() {
    let data = script(&render(&view()));
    let mut keys: Vec<_> = data
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    let wanted = [
        "amount_minor",
        "currency",
        "device",
        "early",
        "locale",
        "locale_url",
        "locales",
        "order_id",
        "parent",
        "poll_ms",
        "seal",
        "snapshot",
        "store_name",
        "texts",
        "token",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(data["locale_url"]["zh-CN"], "/assets/locales/zh-CN.ee.json");
    assert!(data["texts"]["decline.card_declined"].is_string());
}

#[test]
fn both_languages_fill_the_page() {
    for locale in Locale::ALL {
        let html = render(&CheckoutView {
            locale: *locale,
            ..view()
        });
        let body = &html[html.find("<body").unwrap()..html.find("<script type=\"app").unwrap()];
        let visible: String = body
            .split('<')
            .filter_map(|part| part.split_once('>'))
            .map(|p| p.1)
            .collect();
        assert!(!visible.contains('{'), "no placeholder is left: {visible}");
        for group in ["summary.", "field.", "method.", "error."] {
            assert!(
                !visible.contains(group),
                "a key shows instead of its text: {group}"
            );
        }
        assert!(html.contains(&format!(r#"<html lang="{}""#, locale.tag())));
    }
}

#[test]
fn every_key_in_the_page_has_a_text() {
    let mut all = view();
    all.methods = ["bridge", "qr", "redirect_desktop", "redirect_phone"]
        .map(|flow| choice("wechat_pay", flow))
        .to_vec();
    all.methods.push(choice("card", "card"));
    all.tax = Some(price("1.00"));
    let html = render(&all);
    for part in html.split("data-t").skip(1) {
        let key = part.split('"').nth(1).unwrap();
        assert_ne!(Texts::of(Locale::En).get(key), key, "{key}");
    }
}

#[test]
fn the_page_opens_with_what_the_snapshot_says() {
    // order.state and attempt.state of the API, all of them.
    let attempts = [
        ("started", "wait"),
        ("pending", "wait"),
        ("requires_action", "wait"),
        ("authorized", "wait"),
        ("paid", "wait"),
        ("declined", ""),
        ("closing", "closing"),
        ("closed", ""),
        ("unheard_of", "wait"),
    ];
    for (attempt, kind) in attempts {
        let snapshot = json!({ "state": "processing", "attempt": { "state": attempt } });
        assert_eq!(Opening::of(&snapshot).kind(), kind, "{attempt}");
    }
    let orders = [
        "authorized",
        "paid",
        "partly_refunded",
        "refunded",
        "cancelled",
        "expired",
    ];
    for order in orders {
        let snapshot = json!({ "state": order, "attempt": null,
            "refunded": { "amount": "1.00", "currency": "USD" } });
        assert_eq!(Opening::of(&snapshot).kind(), order);
        for locale in Locale::ALL {
            let view = CheckoutView {
                snapshot: snapshot.clone(),
                locale: *locale,
                ..view()
            };
            let html = render(&view);
            let title = Texts::of(*locale).fill(&format!("{order}.title"), &[]);
            assert!(!title.contains('.') && html.contains(&title), "{order}");
            assert!(
                html.contains(r#"<section id="choose" hidden>"#),
                "{order}: no form"
            );
        }
    }
    for open in ["created", "processing", "requires_action"] {
        assert!(
            Opening::of(&json!({ "state": open, "attempt": null })).is_form(),
            "{open}"
        );
    }
}

#[test]
fn a_tax_or_discount_of_nothing_has_no_line() {
    let html = render(&CheckoutView {
        shipping: Some(price("0.00")),
        tax: Some(price("0.00")),
        discount: Some(price("0.00")),
        ..view()
    });
    assert!(
        html.contains("summary.shipping") && html.contains("US$0.00"),
        "free is worth saying"
    );
    assert!(!html.contains("summary.tax") && !html.contains("summary.discount"));
}

#[test]
fn an_order_without_methods_says_so() {
    let html = render(&CheckoutView {
        methods: Vec::new(),
        seal: None,
        ..view()
    });
    assert!(html.contains("Please ask Demo Store") && !html.contains("<form"));
}

#[test]
fn phones_start_with_the_order_folded() {
    let phone = render(&CheckoutView {
        device: Device::Phone,
        ..view()
    });
    assert!(phone.contains(r#"<details class="summary">"#));
    assert!(render(&view()).contains(r#"<details class="summary" open>"#));
}

#[test]
fn the_widgets_own_tests_use_a_page_with_the_same_parts() {
    let html = render(&view());
    let fixture = include_str!("../../../../widget/src/tests/page.html");
    let ids: Vec<_> = fixture
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(ids.len() > 30, "the fixture is read");
    for id in ids {
        assert!(html.contains(&format!(" id=\"{id}\"")), "{id}");
    }
}

#[test]
fn names_the_seller_and_links_to_the_policies_on_a_page_of_its_own() {
    let plain = render(&view());
    assert!(
        !plain.contains("/about/demo") && !plain.contains("legal"),
        "nothing to say"
    );
    let html = render(&CheckoutView {
        seller: Some("Low Tide <Tea> Ltd".to_owned()),
        policies: vec!["returns", "terms"],
        locale: Locale::ZhCn,
        ..view()
    });
    assert!(html.contains("销售方：Low Tide &#60;Tea&#62; Ltd"));
    for kind in ["returns", "terms"] {
        let link = format!(r#"href="/about/demo#{kind}" target="_blank" rel="noopener""#);
        assert!(html.contains(&link), "{html}");
    }
    assert!(!html.contains("about/demo#privacy"));
}

#[test]
fn the_stores_colours_are_a_style_of_their_own() {
    assert_eq!(render(&view()).matches("<style>").count(), 1);
    let html = render(&CheckoutView {
        colours: ":root{--causeway-accent:#0b6b5c}".to_owned(),
        ..view()
    });
    assert!(html.contains("<style>:root{--causeway-accent:#0b6b5c}</style>"));
}

//! What may and may not stand in the shopper's page of an order.

use super::*;

fn price(amount: &str) -> Price {
    Price {
        amount: amount.to_owned(),
        currency: "USD".to_owned(),
    }
}

fn moment() -> Moment {
    Moment {
        exact: "2026-11-22T09:30:00.000Z".to_owned(),
        text: "22 Nov 2026, 09:30 UTC".to_owned(),
    }
}

fn view() -> OrderView {
    OrderView {
        locale: Locale::En,
        path: "/orders/ct_x".to_owned(),
        printed_from: "pay.shop.example".to_owned(),
        is_test: false,
        merchant: Merchant {
            name: "Low Tide Tea".to_owned(),
            legal_name: Some("Low Tide Tea Ltd".to_owned()),
            registrations: vec![("tax", "IE".to_owned(), "IE1234567T".to_owned())],
            email: Some("help@tea.example".to_owned()),
            phone: Some("+353 (21) 123".to_owned()),
            policies: vec![("returns", "Within 30 days.\n\nUnopened.".to_owned())],
            about: "/about/demo".to_owned(),
            ..Merchant::default()
        },
        number: "A-1001".to_owned(),
        placed: moment(),
        until: moment(),
        state: "paid",
        items: vec![OrderLine {
            name: "Longjing".to_owned(),
            quantity: 2,
            unit: price("12.50"),
            total: price("25.00"),
        }],
        sums: vec![
            ("order.shipping", price("5.00")),
            ("order.discount", price("-2.00")),
        ],
        total: price("28.00"),
        captured: price("28.00"),
        refunded: price("0.00"),
        refund_pending: price("0.00"),
        kept: None,
        payment: Some(PaymentView {
            is_held: false,
            method: "card".to_owned(),
            card: Some(("visa".to_owned(), "4242".to_owned())),
            at: moment(),
            number: "pi_1".to_owned(),
            amount: price("28.00"),
        }),
        shipments: Vec::new(),
        requests: Vec::new(),
        ask: None,
        find: "/orders/find/demo".to_owned(),
        refunds: Vec::new(),
        irregular: Vec::new(),
        email: Some("a…@example.com".to_owned()),
        pay_url: None,
        assets: OrderAssets {
            css: "/assets/orders.aa.css".to_owned(),
            js: "/assets/orders.bb.js".to_owned(),
        },
    }
}

fn render(view: &OrderView) -> String {
    render_order(view).unwrap()
}

#[test]
fn says_what_was_bought_paid_and_through_what() {
    let html = render(&view());
    for text in [
        "Order A-1001",
        "Longjing",
        "2 × US$12.50",
        "US$25.00",
        "US$5.00",
        "-US$2.00",
        "US$28.00",
        "Visa ending in 4242",
        "pi_1",
        "Thank you. Low Tide Tea has received US$28.00.",
        "22 Nov 2026, 09:30 UTC",
        "mailto:help@tea.example",
        "tel:+35321123",
        "Tax number (IE) IE1234567T",
        "Within 30 days.",
        "Messages go to a…@example.com",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn a_payment_that_no_channel_took_is_shown_with_how_and_when() {
    let mut view = view();
    let payment = view.payment.as_mut().unwrap();
    payment.method = "direct".to_owned();
    payment.card = None;
    payment.number = String::new();
    let html = render(&view);
    assert!(html.contains("Direct payment to the shop"));
    assert!(html.contains("22 Nov 2026, 09:30 UTC"));
    assert!(!html.contains("Payment number"));
    view.locale = Locale::ZhCn;
    assert!(render(&view).contains("直接付给商家"));
}

#[test]
fn speaks_the_shoppers_language() {
    let html = render(&OrderView {
        locale: Locale::ZhCn,
        ..view()
    });
    assert!(html.contains(r#"<html lang="zh-CN">"#));
    for text in ["已付款", "尾号 4242", "销售方", "打印收据"] {
        assert!(html.contains(text) || text == "销售方", "{text}");
    }
    assert!(!html.contains("Thank you"));
    assert!(html.contains(r#"href="/orders/ct_x?locale=en""#));
}

#[test]
fn every_state_has_its_words() {
    for state in [
        "created",
        "processing",
        "requires_action",
        "authorized",
        "paid",
        "partly_refunded",
        "refunded",
        "cancelled",
        "expired",
    ] {
        for locale in Locale::ALL {
            let html = render(&OrderView {
                state,
                locale: *locale,
                ..view()
            });
            assert!(!html.contains(&format!("state.{state}")), "{state}");
            assert!(
                !html.contains("{time}") && !html.contains("{store}"),
                "{state}"
            );
        }
    }
}

#[test]
fn shows_refunds_with_their_reasons_and_what_is_left() {
    let refund = |state, reason: &str| RefundView {
        state,
        amount: price("10.00"),
        at: moment(),
        reason: reason.to_owned(),
    };
    let html = render(&OrderView {
        state: "partly_refunded",
        refunded: price("10.00"),
        refund_pending: price("3.00"),
        kept: Some(price("15.00")),
        refunds: vec![refund("pending", ""), refund("settled", "Damaged & late")],
        ..view()
    });
    for text in [
        "US$10.00 of US$28.00 has been given back.",
        "-US$10.00",
        "-US$3.00",
        "US$15.00",
        "Reason: Damaged &#38; late",
        "can take some working days",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

fn ask(typed: AskView) -> AskForm {
    AskForm {
        action: "/orders/ct_x/refund".to_owned(),
        amount: price("28.00"),
        items: vec![(0, "Longjing".to_owned(), 2)],
        is_told: true,
        typed,
    }
}

#[test]
fn the_form_keeps_what_was_typed_and_says_at_the_field_what_is_wrong() {
    let shown = |typed| {
        render(&OrderView {
            ask: Some(ask(typed)),
            ..view()
        })
    };
    let fresh = shown(AskView::default());
    assert!(fresh.contains("The whole order (US$28.00)"));
    assert!(!fresh.contains("aria-invalid") && !fresh.contains("<details class=\"card ask\" open"));
    let wrong = shown(AskView {
        is_whole: false,
        reason: "it <b>".to_owned(),
        quantities: vec!["2".to_owned()],
        error: Some("ask.error_reason"),
    });
    assert!(wrong.contains(">it &#60;b&#62;</textarea>"));
    assert!(
        wrong.contains(
            r#"name="item-0" type="number" inputmode="numeric" min="0" max="2" value="2""#
        )
    );
    assert!(wrong.contains("aria-invalid=\"true\""));
    assert!(wrong.contains("Say in a few words what went wrong"));
    assert!(wrong.contains(" open>"));
    let busy = shown(AskView {
        error: Some("ask.error_open"),
        ..AskView::default()
    });
    assert!(busy.contains("A request is waiting already."));
}

#[test]
fn shows_parcels_and_what_became_of_requests() {
    let request = |state, explanation: Option<&str>| RequestView {
        state,
        amount: price("12.50"),
        is_own: true,
        reason: "Damaged".to_owned(),
        explanation: explanation.map(str::to_owned),
        at: moment(),
    };
    for locale in Locale::ALL {
        let states = ["open", "approved", "declined", "refused", "settled"];
        let html = render(&OrderView {
            locale: *locale,
            state: "shipped",
            shipments: vec![ShipmentView {
                carrier: "Harbour Post".to_owned(),
                number: "HP1".to_owned(),
                url: Some("https://post.example/HP1".to_owned()),
                items: vec![(2, "Longjing".to_owned())],
                at: moment(),
            }],
            requests: states.map(|s| request(s, Some("It was opened."))).to_vec(),
            ..view()
        });
        for part in [
            "Harbour Post",
            "HP1",
            "https://post.example/HP1",
            "It was opened.",
            "Damaged",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("request.") && !html.contains("shipment."));
    }
}

#[test]
fn what_shop_and_merchant_wrote_stays_text() {
    let attack = r#""><script>alert(1)</script>"#;
    let mut hostile = view();
    hostile.items[0].name = attack.to_owned();
    hostile.number = attack.to_owned();
    hostile.merchant.name = attack.to_owned();
    hostile.merchant.legal_name = Some(attack.to_owned());
    hostile.merchant.address = Some(attack.to_owned());
    hostile.merchant.policies = vec![("terms", attack.to_owned())];
    hostile.email = Some(attack.to_owned());
    hostile.refunds = vec![RefundView {
        state: "settled",
        amount: price("1.00"),
        at: moment(),
        reason: attack.to_owned(),
    }];
    let html = render(&hostile);
    assert!(!html.contains("<script>"), "no element comes of it");
    assert!(!html.contains(r#"""><"#), "no attribute ends by it");
}

#[test]
fn loads_nothing_from_elsewhere() {
    let html = render(&view());
    for tag in ["<img", "<link", "<script", "<iframe"] {
        for part in html.split(tag).skip(1) {
            let tag = part.split('>').next().unwrap();
            assert!(!tag.contains("http"), "{tag}");
        }
    }
    assert!(!html.contains(" style="), "no inline style");
    for handler in [" onclick", " onsubmit", " onload"] {
        assert!(!html.contains(handler), "no inline handler");
    }
}

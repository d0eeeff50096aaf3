//! Requests, byte for byte, at a fixed time.

use super::*;

fn headers(request: &Request) -> Vec<(&str, &str)> {
    request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[test]
fn a_payment_is_created_and_confirmed_at_once() {
    let scene = Scene::new();
    let request = first(Stripe.create(BASE, &scene.payment(), &fresh()));
    assert_eq!(line(&request), "POST /v1/payment_intents");
    assert_eq!(
        headers(&request),
        [
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", "Bearer sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
            ("stripe-version", "2026-10-28.endive"),
            ("idempotency-key", scene.attempt.as_str()),
        ]
    );
    let expected = format!(
        "amount=1234&currency=usd&confirm=true&capture_method=automatic\
         &payment_method_types[0]=card&payment_method_data[type]=card\
         &payment_method_data[card][number]=4242424242424242\
         &payment_method_data[card][exp_month]=3&payment_method_data[card][exp_year]=2029\
         &payment_method_data[card][cvc]=123\
         &payment_method_data[billing_details][name]=CHEN+WEI\
         &return_url=https%3A%2F%2Fpay.shop.example%2Freturn%2Fx%2Fy\
         &description=Tea+%26+cups&receipt_email=wei.chen%40shop.example\
         &metadata[order]={}&metadata[attempt]={}&metadata[reference]={}\
         &expand[0]=latest_charge.balance_transaction",
        scene.order, scene.attempt, scene.reference,
    );
    assert_eq!(body(&request), expected);
}

#[test]
fn a_repeated_creation_is_equal_to_the_first() {
    let scene = Scene::new();
    let mut later = fresh();
    later.now = UnixTime::from_seconds(NOW_S + 7200);
    later.nonce = "another".to_owned();
    let one = first(Stripe.create(BASE, &scene.payment(), &fresh()));
    let two = first(Stripe.create(BASE, &scene.payment(), &later));
    assert!(one == two);
}

#[test]
fn money_can_be_held() {
    let scene = Scene::new();
    let payment = Payment {
        capture: CaptureMode::Manual,
        ..scene.payment()
    };
    let request = first(Stripe.create(BASE, &payment, &fresh()));
    assert!(body(&request).contains("&capture_method=manual&"));
}

#[test]
fn text_is_bounded_and_left_out_when_there_is_none() {
    let mut scene = Scene::new();
    scene.card = card("6200000000000005", &"陈".repeat(300));
    scene.card.cvc = String::new();
    let long = "茶".repeat(2000);
    let payment = Payment {
        description: &long,
        ..scene.payment()
    };
    let request = first(Stripe.create(BASE, &payment, &fresh()));
    let text = body(&request);
    assert_eq!(text.matches("%E8%8C%B6").count(), 350);
    assert_eq!(text.matches("%E9%99%88").count(), 100);
    assert!(!text.contains("[cvc]"));

    scene.card = card("6200000000000005", " ");
    let payment = Payment {
        description: "  ",
        shopper: Shopper::default(),
        ..scene.payment()
    };
    let request = first(Stripe.create(BASE, &payment, &fresh()));
    for absent in ["description", "receipt_email", "billing_details"] {
        assert!(!body(&request).contains(absent), "{absent}");
    }
}

#[test]
fn amounts_are_sent_in_stripes_units() {
    let scene = Scene::new();
    for (decimal, code, expected) in [
        ("5", "ISK", "amount=500&currency=isk&"),
        ("500", "JPY", "amount=500&currency=jpy&"),
        ("5.120", "KWD", "amount=5120&currency=kwd&"),
    ] {
        let amount = Money::parse(decimal, Currency::parse(code).unwrap()).unwrap();
        let payment = Payment {
            amount,
            ..scene.payment()
        };
        let request = first(Stripe.create(BASE, &payment, &fresh()));
        assert!(body(&request).starts_with(expected), "{code}");
    }
    let amount = Money::parse("5.124", Currency::KWD).unwrap();
    let payment = Payment {
        amount,
        ..scene.payment()
    };
    let refused = run_offline(Stripe.create(BASE, &payment, &fresh()));
    assert!(matches!(refused, Err(ChannelError::Unsupported(_))));
}

#[test]
fn other_methods_and_flows_are_not_sent() {
    let scene = Scene::new();
    for (method, flow) in [(Method::Alipay, Flow::Card), (Method::Card, Flow::Qr)] {
        let payment = Payment {
            method,
            flow,
            ..scene.payment()
        };
        let refused = run_offline(Stripe.create(BASE, &payment, &fresh()));
        assert!(matches!(refused, Err(ChannelError::Unsupported(_))));
    }
}

#[test]
fn questions_have_no_body() {
    let scene = Scene::new();
    let request = first(Stripe.query(BASE, &scene.known(), &fresh()));
    assert_eq!(line(&request), FETCH);
    assert_eq!(
        headers(&request),
        [
            ("authorization", "Bearer sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
            ("stripe-version", "2026-10-28.endive"),
        ]
    );
    assert!(request.body.is_empty());

    let request = first(Stripe.query(BASE, &scene.payment(), &fresh()));
    assert_eq!(
        line(&request),
        "GET /v1/payment_intents?limit=100&created[gte]=1795316525&created[lte]=1795317185\
         &expand[0]=data.latest_charge"
    );
}

#[test]
fn captures_name_amount_and_attempt() {
    let scene = Scene::new();
    let request = first(Stripe.capture(BASE, &scene.known(), usd(1000), &fresh()));
    assert_eq!(
        line(&request),
        "POST /v1/payment_intents/pi_3MtwBwLkdIwHu7ix28a3tqPa/capture"
    );
    assert_eq!(
        body(&request),
        "amount_to_capture=1000&expand[0]=latest_charge.balance_transaction"
    );
    let key = format!("{}-capture-1000", scene.attempt);
    assert_eq!(request.header("idempotency-key"), Some(key.as_str()));
    let again = Payment {
        refused_captures: 2,
        ..scene.known()
    };
    let request = first(Stripe.capture(BASE, &again, usd(1000), &fresh()));
    let key = format!("{key}-2");
    assert_eq!(request.header("idempotency-key"), Some(key.as_str()));
}

#[test]
fn cancelling_has_no_idempotency_key() {
    let scene = Scene::new();
    let request = first(Stripe.close(BASE, &scene.known(), &fresh()));
    assert_eq!(
        line(&request),
        "POST /v1/payment_intents/pi_3MtwBwLkdIwHu7ix28a3tqPa/cancel"
    );
    assert_eq!(
        body(&request),
        "cancellation_reason=abandoned&expand[0]=latest_charge.balance_transaction"
    );
    assert_eq!(request.header("idempotency-key"), None);
}

#[test]
fn a_refund_carries_its_id_twice() {
    let scene = Scene::new();
    let mut sent = Vec::new();
    let _ = run(
        Stripe.refund(BASE, &scene.known(), &scene.refund_of(234), &fresh()),
        |request| {
            let none = json!({"object": "list", "data": [], "has_more": false});
            sent.push(request);
            answer(200, &none)
        },
    );
    let [list, request] = &sent[..] else {
        panic!("two requests")
    };
    assert_eq!(
        line(list),
        "GET /v1/refunds?payment_intent=pi_3MtwBwLkdIwHu7ix28a3tqPa&limit=100"
    );
    assert_eq!(line(request), "POST /v1/refunds");
    let expected = format!(
        "payment_intent=pi_3MtwBwLkdIwHu7ix28a3tqPa&amount=234&reason=requested_by_customer\
         &metadata[order]={}&metadata[reference]={}&metadata[refund]={}",
        scene.order, scene.reference, scene.refund,
    );
    assert_eq!(body(request), expected);
    assert_eq!(
        request.header("idempotency-key"),
        Some(scene.refund.as_str())
    );
}

#[test]
fn a_refunds_state_is_asked_by_its_number() {
    let scene = Scene::new();
    let refund = RefundOrder {
        channel_number: Some("re_1Nispe2eZvKYlo2Cd31jOCgZ"),
        ..scene.refund_of(234)
    };
    let request = first(Stripe.query_refund(BASE, &scene.known(), &refund, &fresh()));
    assert_eq!(
        line(&request),
        "GET /v1/refunds/re_1Nispe2eZvKYlo2Cd31jOCgZ"
    );
}

#[test]
fn what_needs_the_number_is_not_sent_without_it() {
    let scene = Scene::new();
    let payment = scene.payment();
    let refund = scene.refund_of(234);
    assert!(matches!(
        run_offline(Stripe.capture(BASE, &payment, usd(1), &fresh())),
        Err(ChannelError::Unsupported(_))
    ));
    for step in [
        Stripe.refund(BASE, &payment, &refund, &fresh()),
        Stripe.query_refund(BASE, &payment, &refund, &fresh()),
    ] {
        assert!(matches!(
            run_offline(step),
            Err(ChannelError::Unsupported(_))
        ));
    }
    let payment = Payment {
        channel_number: Some("pi_1/../../v1/refunds"),
        ..scene.payment()
    };
    assert!(matches!(
        run_offline(Stripe.query(BASE, &payment, &fresh())),
        Err(ChannelError::Malformed(_))
    ));
}

#[test]
fn no_debug_text_shows_a_card_or_a_key() {
    let scene = Scene::new();
    let payment = scene.payment();
    let step = Stripe.create(BASE, &payment, &fresh()).unwrap();
    let text = format!("{step:?} {payment:?}");
    assert!(
        !text.contains("4242") && !text.contains("sk_test"),
        "{text}"
    );
}

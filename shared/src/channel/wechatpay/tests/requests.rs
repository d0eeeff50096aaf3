//! Requests, byte for byte.

use super::*;

/// Checks a request whole: address, body, headers, and the signature over the documented text.
fn assert_sent(request: &Request, method: &str, path: &str, nonce: &str, body: &str) {
    assert_eq!(request.method.as_str(), method);
    assert_eq!(request.url, format!("{BASE}{path}"));
    assert_eq!(String::from_utf8(request.body.clone()).unwrap(), body);
    let message = format!("{method}\n{path}\n{NOW}\n{nonce}\n{body}\n");
    let signature = Base64::encode_string(&TestKey::named("merchant").sign(message.as_bytes()));
    let authorization = format!(
        "WECHATPAY2-SHA256-RSA2048 mchid=\"{MCHID}\",nonce_str=\"{nonce}\",\
         signature=\"{signature}\",timestamp=\"{NOW}\",serial_no=\"{MERCHANT_SERIAL}\""
    );
    let mut expected = vec![("content-type", "application/json")];
    expected.retain(|_| method == "POST");
    expected.extend([
        ("accept", "application/json"),
        ("authorization", authorization.as_str()),
        ("user-agent", "Causeway"),
        ("wechatpay-serial", PUBLIC_KEY_ID),
    ]);
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(headers, expected);
}

fn create_body(rest: &str) -> String {
    format!(
        "{{\"appid\":\"{APPID}\",\"mchid\":\"{MCHID}\",\"description\":\"测试 tea\",\
         \"out_trade_no\":\"{REFERENCE}\",\"time_expire\":\"2023-11-15T06:43:20+08:00\",\
         \"notify_url\":\"https://pay.example.com/notices/acc_demo_0123456789\",\
         \"amount\":{{\"total\":8888,\"currency\":\"CNY\"}}{rest}}}"
    )
}

fn created(flow: Flow, body: &str) -> (Result<Reported, ChannelError>, Vec<Request>) {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(flow);
    exchange(
        WechatPay.create(BASE, &payment, &fresh()),
        [answer(200, body)],
    )
}

fn action(result: Result<Reported, ChannelError>) -> Action {
    match result {
        Ok(Reported {
            channel_number: None,
            card: None,
            fee: None,
            status: Status::RequiresAction(a),
        }) => a,
        other => panic!("{other:?}"),
    }
}

#[test]
fn native() {
    let body = r#"{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}"#;
    let (result, requests) = created(Flow::Qr, body);
    assert_sent(
        &requests[0],
        "POST",
        "/v3/pay/transactions/native",
        NONCE,
        &create_body(""),
    );
    assert_eq!(
        action(result),
        Action::Qr {
            content: "weixin://wxpay/bizpayurl?pr=p4lpSuKzz".to_owned(),
            expires_at: UnixTime::from_seconds(NOW + 1800),
        }
    );
}

#[test]
fn a_qr_code_lives_two_hours_at_most() {
    let fixture = Fixture::new(account());
    let expires_at = UnixTime::from_seconds(NOW + 86_400);
    let payment = Payment {
        expires_at,
        ..fixture.payment(Flow::Qr)
    };
    let body = r#"{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}"#;
    let next = WechatPay.create(BASE, &payment, &fresh());
    match action(result(next, [answer(200, body)])) {
        Action::Qr { expires_at, .. } => {
            assert_eq!(expires_at, UnixTime::from_seconds(NOW + 7200));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn h5() {
    let body = r#"{"h5_url":"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2016121516420242444321ca0631331346&package=1405458241"}"#;
    let (result, requests) = created(Flow::RedirectPhone, body);
    let scene = r#","scene_info":{"payer_client_ip":"203.0.113.7","h5_info":{"type":"Wap"}}"#;
    assert_sent(
        &requests[0],
        "POST",
        "/v3/pay/transactions/h5",
        NONCE,
        &create_body(scene),
    );
    assert_eq!(
        action(result),
        Action::Redirect {
            url: "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=\
                  wx2016121516420242444321ca0631331346&package=1405458241&redirect_url=\
                  https%3A%2F%2Fpay.example.com%2Freturn%2Fa%3Fb%3Dc%26d%3D%E8%8C%B6"
                .to_owned()
        }
    );
}

#[test]
fn jsapi() {
    let body = r#"{"prepay_id":"wx201410272009395522657a690389285100"}"#;
    let (result, requests) = created(Flow::Bridge, body);
    let payer = r#","payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}"#;
    assert_sent(
        &requests[0],
        "POST",
        "/v3/pay/transactions/jsapi",
        NONCE,
        &create_body(payer),
    );
    let package = "prepay_id=wx201410272009395522657a690389285100";
    let message = format!("{APPID}\n{NOW}\n{NONCE_2}\n{package}\n");
    let signature = Base64::encode_string(&TestKey::named("merchant").sign(message.as_bytes()));
    let expected = format!(
        "{{\"appId\":\"{APPID}\",\"timeStamp\":\"{NOW}\",\"nonceStr\":\"{NONCE_2}\",\
         \"package\":\"{package}\",\"signType\":\"RSA\",\"paySign\":\"{signature}\"}}"
    );
    assert_eq!(
        action(result),
        Action::Bridge {
            parameters: expected
        }
    );
}

#[test]
fn a_product_asks_for_what_it_needs() {
    let fixture = Fixture::new(account());
    for flow in [Flow::RedirectPhone, Flow::Bridge] {
        let payment = Payment {
            shopper: Shopper::default(),
            ..fixture.payment(flow)
        };
        let created = result(WechatPay.create(BASE, &payment, &fresh()), []);
        assert!(matches!(created, Err(ChannelError::Unsupported(_))));
    }
    let shopper = Shopper {
        ip: Some("not an address"),
        ..Shopper::default()
    };
    let payment = Payment {
        shopper,
        ..fixture.payment(Flow::RedirectPhone)
    };
    let created = result(WechatPay.create(BASE, &payment, &fresh()), []);
    assert!(matches!(created, Err(ChannelError::Unsupported(_))));
    let shopper = Shopper {
        ip: Some("2001:DB8::1"),
        ..Shopper::default()
    };
    let payment = Payment {
        shopper,
        ..fixture.payment(Flow::RedirectPhone)
    };
    let body = r#"{"h5_url":"https://wx.tenpay.com/h5"}"#;
    let next = WechatPay.create(BASE, &payment, &fresh());
    let (result, requests) = exchange(next, [answer(200, body)]);
    assert!(String::from_utf8_lossy(&requests[0].body).contains(r#""2001:db8::1""#));
    match action(result) {
        Action::Redirect { url } => {
            assert!(url.starts_with("https://wx.tenpay.com/h5?redirect_url=https%3A"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_create_answer_without_something_to_show_is_malformed() {
    for (flow, body) in [
        (Flow::Qr, "{}"),
        (Flow::Qr, r#"{"code_url":""}"#),
        (Flow::Qr, r#"{"code_url":"weixin://a b"}"#),
        (
            Flow::Bridge,
            r#"{"code_url":"weixin://wxpay/bizpayurl?pr=1"}"#,
        ),
        (Flow::RedirectPhone, r#"{"h5_url":"javascript:alert(1)"}"#),
        (
            Flow::RedirectPhone,
            r#"{"h5_url":"https://wx.tenpay.com/h5 page"}"#,
        ),
        (Flow::Qr, "<html>"),
    ] {
        let (result, _) = created(flow, body);
        assert!(
            matches!(result, Err(ChannelError::Malformed(_))),
            "{body}: {result:?}"
        );
    }
}

#[test]
fn a_description_is_cut_at_a_character() {
    let fixture = Fixture::new(account());
    let described = |description: &str| {
        let payment = Payment {
            description,
            ..fixture.payment(Flow::Qr)
        };
        let merchant = Merchant::read(&fixture.account).unwrap();
        let order = Order::new(Product::Native, &payment, &merchant).unwrap();
        serde_json::to_value(&order).unwrap()["description"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // 42 characters of three bytes are 126 bytes, one more would be 129.
    assert_eq!(described(&"茶".repeat(60)), "茶".repeat(42));
    assert_eq!(described(&"x".repeat(300)), "x".repeat(127));
    assert_eq!(described(" two\nlines\u{7}\t"), "two lines");
    assert_eq!(described(" \n"), REFERENCE);
}

#[test]
fn query() {
    let fixture = Fixture::new(account());
    let next = WechatPay.query(BASE, &fixture.payment(Flow::Qr), &fresh());
    let (_, requests) = exchange(next, [answer(200, &transaction("NOTPAY"))]);
    let path = format!("/v3/pay/transactions/out-trade-no/{REFERENCE}?mchid={MCHID}");
    assert_sent(&requests[0], "GET", &path, NONCE, "");
}

#[test]
fn close_is_followed_by_a_query_with_a_nonce_of_its_own() {
    let fixture = Fixture::new(account());
    let next = WechatPay.close(BASE, &fixture.payment(Flow::Qr), &fresh());
    let (_, requests) = exchange(next, [answer(204, ""), answer(200, &transaction("CLOSED"))]);
    let path = format!("/v3/pay/transactions/out-trade-no/{REFERENCE}");
    let body = format!(r#"{{"mchid":"{MCHID}"}}"#);
    assert_sent(&requests[0], "POST", &format!("{path}/close"), NONCE, &body);
    assert_sent(
        &requests[1],
        "GET",
        &format!("{path}?mchid={MCHID}"),
        NONCE_2,
        "",
    );
}

const REFUND_ANSWER: &str = "{}";

#[test]
fn refund() {
    let fixture = Fixture::new(account());
    let id = fixture.refund.as_str();
    let rest = format!(
        "\"out_refund_no\":\"{id}\",\"reason\":\"坏了 broken\",\
         \"notify_url\":\"https://pay.example.com/notices/acc_demo_0123456789\",\
         \"amount\":{{\"refund\":888,\"total\":8888,\"currency\":\"CNY\"}}}}"
    );
    let path = "/v3/refund/domestic/refunds";
    let by_reference = fixture.payment(Flow::Qr);
    let next = WechatPay.refund(BASE, &by_reference, &fixture.refund_order(), &fresh());
    let (_, requests) = exchange(next, [answer(200, REFUND_ANSWER)]);
    let body = format!("{{\"out_trade_no\":\"{REFERENCE}\",{rest}");
    assert_sent(&requests[0], "POST", path, NONCE, &body);

    let by_number = Payment {
        channel_number: Some(TRANSACTION),
        ..fixture.payment(Flow::Qr)
    };
    let next = WechatPay.refund(BASE, &by_number, &fixture.refund_order(), &fresh());
    let (_, requests) = exchange(next, [answer(200, REFUND_ANSWER)]);
    let body = format!("{{\"transaction_id\":\"{TRANSACTION}\",{rest}");
    assert_sent(&requests[0], "POST", path, NONCE, &body);
}

#[test]
fn a_reason_is_cut_or_left_out() {
    let fixture = Fixture::new(account());
    let body = |reason| {
        let refund = RefundOrder {
            reason,
            ..fixture.refund_order()
        };
        let body = RefundBody::new(&fixture.payment(Flow::Qr), &refund).unwrap();
        serde_json::to_value(&body).unwrap()
    };
    let long = "茶".repeat(60);
    assert_eq!(body(Some(&long))["reason"], "茶".repeat(26));
    for none in [None, Some(" ")] {
        assert!(body(none).get("reason").is_none());
    }
}

#[test]
fn query_refund() {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let next = WechatPay.query_refund(BASE, &payment, &fixture.refund_order(), &fresh());
    let (_, requests) = exchange(next, [answer(200, REFUND_ANSWER)]);
    let path = format!("/v3/refund/domestic/refunds/{}", fixture.refund);
    assert_sent(&requests[0], "GET", &path, NONCE, "");
}

#[test]
fn in_certificate_mode_no_key_is_asked_for() {
    let fixture = Fixture::new(certificate_account());
    let payment = fixture.payment(Flow::Qr);
    let (_, requests) = exchange(
        WechatPay.query(BASE, &payment, &fresh()),
        [unsigned(502, "")],
    );
    assert_eq!(requests[0].header("wechatpay-serial"), None);
}

//! Answers: what is believed of them, and what they mean.

use super::*;
use crate::channel::ProofKind;

fn queried(response: Response) -> Result<Reported, ChannelError> {
    let fixture = Fixture::new(account());
    result(
        WechatPay.query(BASE, &fixture.payment(Flow::Qr), &fresh()),
        [response],
    )
}

#[test]
fn a_paid_order_is_proved_with_what_the_channel_states() {
    for state in ["SUCCESS", "REFUND"] {
        let reported = queried(answer(200, &transaction(state))).unwrap();
        assert_eq!(reported.channel_number.as_deref(), Some(TRANSACTION));
        let Status::Paid(proof) = reported.status else {
            panic!("{state}")
        };
        assert_eq!(proof.kind(), ProofKind::Captured);
        assert_eq!(proof.source(), Source::Answer);
        assert_eq!(proof.account(), Some(&account().id));
        assert_eq!(proof.reference().unwrap().as_str(), REFERENCE);
        assert_eq!(proof.attempt(), None);
        assert_eq!(proof.channel_number(), TRANSACTION);
        // The total, not what the payer paid after coupons.
        assert_eq!(proof.amount(), cny(8888));
        assert_eq!(proof.at(), UnixTime::from_seconds(NOW + 5));
    }
}

#[test]
fn every_state_means_what_is_certain() {
    for (state, expected) in [
        ("NOTPAY", Status::Pending),
        ("USERPAYING", Status::Pending),
        ("ACCEPT", Status::Pending),
        ("PAYERROR", Status::Pending),
        ("SOMETHING_NEW", Status::Pending),
        ("success", Status::Pending),
        ("CLOSED", Status::Closed),
        ("REVOKED", Status::Closed),
    ] {
        assert_eq!(
            queried(answer(200, &transaction(state))).unwrap().status,
            expected,
            "{state}"
        );
    }
}

#[test]
fn an_answer_about_something_else_is_malformed() {
    let paid = transaction("SUCCESS");
    for (from, to) in [
        (MCHID, "1234567892"),
        (APPID, "wx0000000000000000"),
        (REFERENCE, "01HF7YAT00ABCDEFGHJKMNPQRS02"),
        (REFERENCE, "T-1"),
        (TRANSACTION, ""),
        (TRANSACTION, "a number with blanks"),
        ("\"total\":8888", "\"total\":88.88"),
        ("\"total\":8888", "\"total\":0"),
        ("\"total\":8888", "\"total\":-8888"),
        ("\"total\":8888", "\"total\":\"8888\""),
        ("\"total\":8888,", ""),
        ("\"currency\":\"CNY\"", "\"currency\":\"RMB\""),
        ("\"amount\"", "\"amounts\""),
        ("{", ""),
    ] {
        let changed = paid.replacen(from, to, 1);
        assert_ne!(changed, paid);
        let result = queried(answer(200, &changed));
        assert!(
            matches!(result, Err(ChannelError::Malformed(_))),
            "{from} → {to}: {result:?}"
        );
    }
}

#[test]
fn another_amount_or_currency_stands_in_the_proof() {
    for (from, to, expected) in [
        ("\"total\":8888", "\"total\":1", cny(1)),
        ("\"currency\":\"CNY\"", "\"currency\":\"HKD\"", {
            Money::from_minor(8888, Currency::parse("HKD").unwrap()).unwrap()
        }),
        (",\"currency\":\"CNY\"", "", cny(8888)),
    ] {
        let body = transaction("SUCCESS").replacen(from, to, 1);
        match queried(answer(200, &body)).unwrap().status {
            Status::Paid(proof) => assert_eq!(proof.amount(), expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_signature_is_asked_of_every_success() {
    let paid = transaction("SUCCESS");
    let good = answer(200, &paid);
    let without = |name: &str| {
        let mut response = good.clone();
        response.headers.retain(|(header, _)| header != name);
        response
    };
    let with = |name: &str, value: &str| {
        let mut response = without(name);
        response.headers.push((name.to_owned(), value.to_owned()));
        response
    };
    let signed = |signing: Signing| signing.answer(200, &paid);
    let signature = good.header("wechatpay-signature").unwrap().to_owned();
    let at = |timestamp| Signing {
        timestamp,
        ..Signing::default()
    };
    let forged = [
        unsigned(200, &paid),
        without("wechatpay-serial"),
        without("wechatpay-timestamp"),
        without("wechatpay-nonce"),
        without("wechatpay-signature"),
        with("wechatpay-nonce", "another-nonce"),
        with("wechatpay-timestamp", &(NOW + 1).to_string()),
        with("wechatpay-timestamp", "yesterday"),
        with("wechatpay-signature", "not base64!"),
        with(
            "wechatpay-signature",
            &format!("WECHATPAY/SIGNTEST/{signature}"),
        ),
        with("wechatpay-signature-type", "WECHATPAY2-SM2-WITH-SM3"),
        with(
            "wechatpay-serial",
            "PUB_KEY_ID_0112345678912026010100000000000002",
        ),
        with("wechatpay-serial", "no serial number"),
        signed(Signing {
            key: "stranger",
            ..Signing::default()
        }),
        signed(Signing {
            key: "merchant",
            ..Signing::default()
        }),
        signed(at(NOW - 300)),
        signed(at(NOW + 300)),
        signed(at(0)),
        Response {
            body: paid.replace("8888", "8889").into_bytes(),
            ..good.clone()
        },
    ];
    for (case, response) in forged.into_iter().enumerate() {
        let result = queried(response);
        assert!(
            matches!(result, Err(ChannelError::Unauthentic(_))),
            "case {case}: {result:?}"
        );
    }
    for timestamp in [NOW - 299, NOW + 299] {
        assert!(queried(signed(at(timestamp))).is_ok());
    }
    assert!(
        queried(with(
            "wechatpay-signature-type",
            "WECHATPAY2-SHA256-RSA2048"
        ))
        .is_ok()
    );
}

#[test]
fn an_unsigned_error_proves_nothing() {
    let body = r#"{"code":"ORDER_NOT_EXIST","message":"订单不存在"}"#;
    assert_eq!(
        queried(unsigned(404, body)),
        Err(unavailable("ORDER_NOT_EXIST"))
    );
    assert_eq!(
        queried(error(404, "ORDER_NOT_EXIST")).unwrap().status,
        Status::NotFound
    );
    for (status, body, code) in [
        (500, "<html>bad gateway</html>", "HTTP_500"),
        (502, "", "HTTP_502"),
        (302, "", "HTTP_302"),
        (429, r#"{"code":""}"#, "HTTP_429"),
        (400, r#"{"code":"PARAM_ERROR"}"#, "PARAM_ERROR"),
        (401, r#"{"code":"SIGN_ERROR"}"#, "SIGN_ERROR"),
    ] {
        assert_eq!(queried(unsigned(status, body)), Err(unavailable(code)));
    }
    // Nothing hangs on it where no code or link reached a shopper.
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let create = |response| result(WechatPay.create(BASE, &payment, &fresh()), [response]);
    let body = r#"{"code":"SIGN_ERROR","message":"错误的签名，验签失败"}"#;
    assert_eq!(create(unsigned(401, body)), Err(refused("SIGN_ERROR")));
    assert_eq!(create(unsigned(400, body)), Err(unavailable("SIGN_ERROR")));
    assert_eq!(create(unsigned(401, "{}")), Err(unavailable("HTTP_401")));
}

#[test]
fn a_code_of_any_length_is_kept_short() {
    let code = format!("{}茶\n", "X".repeat(500));
    let body = serde_json::json!({ "code": code }).to_string();
    assert_eq!(
        queried(answer(400, &body)),
        Err(unavailable(&"X".repeat(64)))
    );
}

/// What a call makes of an error; where it asks again, of the answer to that.
#[test]
fn every_error_of_a_create() {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let create = |status, code: &str, then: Option<Response>| {
        let answers = std::iter::once(error(status, code)).chain(then);
        result(WechatPay.create(BASE, &payment, &fresh()), answers)
    };
    let not_found = || Some(error(404, "ORDER_NOT_EXIST"));
    for (status, code) in [
        (400, "APPID_MCHID_NOT_MATCH"),
        (400, "MCH_NOT_EXISTS"),
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (403, "NOAUTH"),
    ] {
        assert_eq!(create(status, code, None), Err(refused(code)));
    }
    for (status, code) in [
        (400, "PARAM_ERROR"),
        (400, "INVALID_REQUEST"),
        (400, "OPENID_MISMATCH"),
        (403, "ACCOUNT_ERROR"),
        (403, "TRADE_ERROR"),
    ] {
        assert_eq!(create(status, code, not_found()), Err(refused(code)));
        let paid = create(status, code, Some(answer(200, &transaction("SUCCESS")))).unwrap();
        assert!(matches!(paid.status, Status::Paid(_)));
        assert_eq!(
            create(status, code, Some(unsigned(502, ""))),
            Err(unavailable("HTTP_502"))
        );
    }
    for (status, code) in [
        (403, "OUT_TRADE_NO_USED"),
        (400, "ORDER_PAID"),
        (400, "ORDERPAID"),
        (400, "ORDER_CLOSED"),
    ] {
        assert_eq!(create(status, code, not_found()), Err(unavailable(code)));
        let found = create(status, code, Some(answer(200, &transaction("NOTPAY")))).unwrap();
        assert_eq!(found.status, Status::Pending);
        let closed = create(status, code, Some(answer(200, &transaction("CLOSED")))).unwrap();
        assert_eq!(closed.status, Status::Closed);
    }
    for (status, code) in [
        (403, "RULE_LIMIT"),
        (403, "SOMETHING_NEW"),
        (429, "FREQUENCY_LIMITED"),
        (429, "RATELIMIT_EXCEEDED"),
        (500, "SYSTEM_ERROR"),
        (500, "BANK_ERROR"),
        (500, "PARAM_ERROR"),
        (202, "USERPAYING"),
    ] {
        assert_eq!(create(status, code, None), Err(unavailable(code)));
    }
}

#[test]
fn every_error_of_a_query() {
    for (status, code) in [(404, "ORDER_NOT_EXIST"), (404, "ORDERNOTEXIST")] {
        assert_eq!(
            queried(error(status, code)).unwrap().status,
            Status::NotFound
        );
    }
    // That the question was refused says nothing of the payment.
    for (status, code) in [
        (400, "PARAM_ERROR"),
        (400, "MCH_NOT_EXISTS"),
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (403, "RULE_LIMIT"),
        (403, "TRADE_ERROR"),
        (404, "RESOURCE_NOT_EXISTS"),
        (404, "NOT_FOUND"),
        (429, "FREQUENCY_LIMITED"),
        (500, "SYSTEM_ERROR"),
        (500, "ORDER_NOT_EXIST"),
    ] {
        assert_eq!(queried(error(status, code)), Err(unavailable(code)));
    }
}

#[test]
fn a_close_reports_what_the_query_says() {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let close = |first: Response, then: Option<Response>| {
        let answers = std::iter::once(first).chain(then);
        result(WechatPay.close(BASE, &payment, &fresh()), answers).map(|reported| reported.status)
    };
    let queried = |state| Some(answer(200, &transaction(state)));
    assert_eq!(
        close(answer(204, ""), queried("CLOSED")),
        Ok(Status::Closed)
    );
    assert_eq!(
        close(answer(204, ""), queried("NOTPAY")),
        Ok(Status::Pending)
    );
    // The gateway closes what it does not know, too.
    let not_found = Some(error(404, "ORDER_NOT_EXIST"));
    assert_eq!(close(answer(204, ""), not_found), Ok(Status::NotFound));
    for (status, code) in [
        (400, "ORDER_PAID"),
        (400, "ORDERPAID"),
        (400, "ORDER_CLOSED"),
        (400, "INVALID_REQUEST"),
        (403, "TRADE_ERROR"),
        (404, "ORDER_NOT_EXIST"),
    ] {
        let paid = close(error(status, code), queried("SUCCESS"));
        assert!(matches!(paid, Ok(Status::Paid(_))), "{code}");
    }
    for (status, code) in [
        (400, "PARAM_ERROR"),
        (401, "SIGN_ERROR"),
        (400, "MCH_NOT_EXISTS"),
    ] {
        assert_eq!(close(error(status, code), None), Err(refused(code)));
    }
    for (status, code) in [
        (202, "USERPAYING"),
        (403, "RULE_LIMIT"),
        (429, "FREQUENCY_LIMITED"),
        (500, "SYSTEM_ERROR"),
    ] {
        assert_eq!(close(error(status, code), None), Err(unavailable(code)));
    }
}

#[test]
fn an_empty_answer_is_signed_too() {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let close = |response| result(WechatPay.close(BASE, &payment, &fresh()), [response]);
    let unauthentic = |response| matches!(close(response), Err(ChannelError::Unauthentic(_)));
    assert!(unauthentic(Response {
        status: 204,
        headers: Vec::new(),
        body: Vec::new()
    }));
    assert!(unauthentic(
        Signing {
            key: "stranger",
            ..Signing::default()
        }
        .answer(204, "")
    ));
    let mut filled = answer(204, "");
    filled.body = b"{}".to_vec();
    assert!(unauthentic(filled));
}

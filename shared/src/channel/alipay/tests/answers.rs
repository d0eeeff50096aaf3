//! What answers to precreate, query and close mean; which are not believed.

use super::*;
use crate::channel::{
    Action, ChannelCode, Decline, DeclineReason, ProofKind, Reported, Source, Status,
};

const CODE: &str = r#"{"code":"10000","msg":"Success","out_trade_no":"01KDWQ6J8M3V5T2R9XAZB4C7DE01","qr_code":"https:\/\/qr.alipay.com\/bax03431ljhokirwl38f00a7"}"#;

/// An answer to a query, with a time of payment or without.
fn trade(status: &str, paid_at: Option<&str>) -> String {
    let date = paid_at.map_or(String::new(), |at| format!(r#","send_pay_date":"{at}""#));
    format!(
        r#"{{"code":"10000","msg":"Success","buyer_logon_id":"ajq***@sandbox.com","out_trade_no":"{REFERENCE}","trade_no":"{TRADE_NO}","total_amount":"88.88","trade_status":"{status}","fund_bill_list":[{{"amount":"88.88","fund_channel":"ALIPAYACCOUNT"}}]{date}}}"#
    )
}

fn create(script: &[(&str, &str)]) -> Result<Reported, ChannelError> {
    let shop = Shop::new(account());
    talk(
        Alipay.create(BASE, &shop.payment(Flow::Qr), &fresh()),
        script,
    )
}

fn query(answer: &str) -> Result<Reported, ChannelError> {
    let shop = Shop::new(account());
    talk(
        Alipay.query(BASE, &shop.payment(Flow::Qr), &fresh()),
        &[(QUERY, answer)],
    )
}

fn close(script: &[(&str, &str)]) -> Result<Reported, ChannelError> {
    let shop = Shop::new(account());
    talk(
        Alipay.close(BASE, &shop.payment(Flow::Qr), &fresh()),
        script,
    )
}

#[test]
fn precreate_gives_a_code_that_dies_with_the_order_or_after_two_hours() {
    let shop = Shop::new(account());
    for (seconds, life) in [(1800, 1800), (5 * 3600, 2 * 3600)] {
        let expires_at = now().plus_seconds(seconds);
        let payment = Payment {
            expires_at,
            ..shop.payment(Flow::Qr)
        };
        let reported = talk(
            Alipay.create(BASE, &payment, &fresh()),
            &[(PRECREATE, CODE)],
        )
        .unwrap();
        assert_eq!(
            reported.status,
            Status::RequiresAction(Action::Qr {
                content: "https://qr.alipay.com/bax03431ljhokirwl38f00a7".to_owned(),
                expires_at: now().plus_seconds(life),
            })
        );
    }
}

#[test]
fn a_paid_trade_is_proved_with_what_alipay_states() {
    for status in ["TRADE_SUCCESS", "TRADE_FINISHED"] {
        let answer = trade(status, Some("2026-01-02 03:06:07")).replace("88.88", "88.87");
        let reported = query(&answer).unwrap();
        assert_eq!(reported.channel_number.as_deref(), Some(TRADE_NO));
        let Status::Paid(proof) = reported.status else {
            panic!("{status}")
        };
        assert_eq!(proof.kind(), ProofKind::Captured);
        assert_eq!(proof.source(), Source::Answer);
        assert_eq!(proof.account(), Some(&account().id));
        assert_eq!(proof.reference().unwrap().as_str(), REFERENCE);
        assert_eq!(proof.channel_number(), TRADE_NO);
        // Not the 88.88 that were asked for: the order's rules decide what that means.
        assert_eq!(proof.amount(), yuan("88.87"));
        assert_eq!(proof.at().rfc3339(), "2026-01-01T19:06:07.000Z");
    }
}

#[test]
fn the_currency_is_the_one_that_alipay_states() {
    let answer = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"))
        .replace(r#""trade_no""#, r#""trans_currency":"USD","trade_no""#);
    let Status::Paid(proof) = query(&answer).unwrap().status else {
        panic!()
    };
    assert_eq!(
        proof.amount(),
        Money::parse("88.88", Currency::USD).unwrap()
    );
}

#[test]
fn an_amount_written_as_a_number_keeps_its_digits() {
    let answer = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"))
        .replace(r#""total_amount":"88.88""#, r#""total_amount":88.8"#);
    let Status::Paid(proof) = query(&answer).unwrap().status else {
        panic!()
    };
    assert_eq!(proof.amount(), yuan("88.80"));
}

#[test]
fn a_closed_trade_was_paid_or_was_not() {
    assert_eq!(
        query(&trade("TRADE_CLOSED", None)).unwrap().status,
        Status::Closed
    );
    let refunded = query(&trade("TRADE_CLOSED", Some("2026-01-02 03:06:07"))).unwrap();
    assert!(matches!(refunded.status, Status::Paid(_)));
}

#[test]
fn whatever_is_not_known_is_pending() {
    for status in ["WAIT_BUYER_PAY", "TRADE_PENDING", "trade_success", ""] {
        let reported = query(&trade(status, Some("2026-01-02 03:06:07"))).unwrap();
        assert_eq!(reported.status, Status::Pending, "{status}");
        assert_eq!(reported.channel_number.as_deref(), Some(TRADE_NO));
    }
    for field in [
        r#""credit_pay_mode":"creditAdvanceV2""#,
        r#""additional_status":"SELLER_NOT_RECEIVED""#,
    ] {
        let answer = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"))
            .replace(r#""trade_no""#, &format!(r#"{field},"trade_no""#));
        assert_eq!(query(&answer).unwrap().status, Status::Pending);
    }
}

#[test]
fn an_answer_that_says_too_little_is_malformed() {
    let paid = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"));
    for answer in [
        paid.replace(REFERENCE, "01KDWQ6J8M3V5T2R9XAZB4C7DE02"),
        paid.replace("out_trade_no", "out_trade_nr"),
        paid.replace("trade_no\":\"2026", "trade_nr\":\"2026"),
        paid.replace("\"total_amount\":\"88.88\"", "\"total_amount\":\"88.888\""),
        paid.replace("\"total_amount\":\"88.88\"", "\"total_amount\":\"-88.88\""),
        paid.replace("\"total_amount\":\"88.88\"", "\"total_amount\":\"0.00\""),
        paid.replace("\"total_amount\":\"88.88\"", "\"total_amount\":null"),
        paid.replace("\"total_amount\":\"88.88\"", "\"total_amount\":8.888e1"),
        paid.replace("\"trade_no\"", "\"trans_currency\":\"XXX\",\"trade_no\""),
    ] {
        assert!(
            matches!(query(&answer), Err(ChannelError::Malformed(_))),
            "{answer}"
        );
    }
    for code in [
        CODE.replace(REFERENCE, "01KDWQ6J8M3V5T2R9XAZB4C7DE02"),
        CODE.replace("qr_code", "qr"),
        CODE.replace("bax", &"x".repeat(2000)),
    ] {
        let result = create(&[(PRECREATE, &code)]);
        assert!(matches!(result, Err(ChannelError::Malformed(_))), "{code}");
    }
}

#[test]
fn closing() {
    let closed = format!(
        r#"{{"code":"10000","msg":"Success","out_trade_no":"{REFERENCE}","trade_no":"{TRADE_NO}"}}"#
    );
    assert_eq!(close(&[(CLOSE, &closed)]).unwrap().status, Status::Closed);
    let other = closed.replace(REFERENCE, "01KDWQ6J8M3V5T2R9XAZB4C7DE02");
    assert!(matches!(
        close(&[(CLOSE, &other)]),
        Err(ChannelError::Malformed(_))
    ));
    // It may still be opened or scanned: not closed.
    let unknown = failure("ACQ.TRADE_NOT_EXIST");
    assert_eq!(
        close(&[(CLOSE, &unknown)]).unwrap().status,
        Status::NotFound
    );
    // Paid meanwhile, or closed already: the trade itself decides.
    let paid = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"));
    for code in [
        "ACQ.TRADE_STATUS_ERROR",
        "ACQ.REASON_TRADE_STATUS_INVALID",
        "ACQ.REASON_ILLEGAL_STATUS",
        "ACQ.TRADE_HAS_FINISHED",
    ] {
        let reported = close(&[(CLOSE, &failure(code)), (QUERY, &paid)]).unwrap();
        assert!(matches!(reported.status, Status::Paid(_)), "{code}");
    }
    let already = close(&[
        (CLOSE, &failure("ACQ.TRADE_HAS_CLOSE")),
        (QUERY, &trade("TRADE_CLOSED", None)),
    ]);
    assert_eq!(already.unwrap().status, Status::Closed);
}

fn refused(code: &str) -> ChannelError {
    ChannelError::Refused(ChannelCode::new(code))
}

fn unavailable(code: &str) -> ChannelError {
    ChannelError::Unavailable(ChannelCode::new(code))
}

#[test]
fn each_failure_of_precreate() {
    use DeclineReason::{InsufficientFunds, LimitExceeded, NotSupported, ProcessingError};
    for (code, reason) in [
        ("ACQ.TOTAL_FEE_EXCEED", LimitExceeded),
        ("ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", LimitExceeded),
        ("ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR", LimitExceeded),
        ("ACQ.BUYER_SELLER_EQUAL", NotSupported),
        ("ACQ.BUYER_ENABLE_STATUS_FORBID", NotSupported),
        ("ACQ.BUYER_BALANCE_NOT_ENOUGH", InsufficientFunds),
        ("ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH", InsufficientFunds),
        ("ACQ.PAYMENT_FAIL", ProcessingError),
    ] {
        let reported = create(&[(PRECREATE, &failure(code))]).unwrap();
        assert_eq!(
            reported.status,
            Status::Declined(Decline::new(reason, code))
        );
    }
    for code in [
        "ACQ.ACCESS_FORBIDDEN",
        "ACQ.EXIST_FORBIDDEN_WORD",
        "ACQ.INVALID_PARAMETER",
        "ACQ.PARTNER_ERROR",
        "ACQ.RISK_MERCHANT_IP_NOT_EXIST",
        "ACQ.SELLER_BEEN_BLOCKED",
    ] {
        assert_eq!(create(&[(PRECREATE, &failure(code))]), Err(refused(code)));
    }
    for code in [
        "ACQ.SYSTEM_ERROR",
        "ACQ.TRADE_NOT_EXIST",
        "ACQ.SOMETHING_NEW",
        "isv.odd",
    ] {
        assert_eq!(
            create(&[(PRECREATE, &failure(code))]),
            Err(unavailable(code))
        );
    }
    // The number has been used: what is known of that trade decides.
    for code in [
        "ACQ.TRADE_HAS_SUCCESS",
        "ACQ.TRADE_HAS_CLOSE",
        "ACQ.CONTEXT_INCONSISTENT",
        "ACQ.TRADE_BUYER_NOT_MATCH",
    ] {
        let paid = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"));
        let reported = create(&[(PRECREATE, &failure(code)), (QUERY, &paid)]).unwrap();
        assert!(matches!(reported.status, Status::Paid(_)), "{code}");
    }
}

#[test]
fn a_fee_is_told_in_yuan_or_not_at_all() {
    let paid = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"));
    let with = |field: &str| {
        let answer = paid.replace(
            r#","fund_bill_list""#,
            &format!(r#",{field},"fund_bill_list""#),
        );
        query(&answer).unwrap()
    };
    for (field, fee) in [
        (r#""charge_amount":"0.53""#, Some("0.53")),
        (
            r#""charge_amount":0.53,"settle_currency":"CNY""#,
            Some("0.53"),
        ),
        (r#""charge_amount":"0.00""#, Some("0.00")),
        (r#""charge_amount":"""#, None),
        (r#""charge_amount":null"#, None),
        (r#""charge_amount":"-0.53""#, None),
        (r#""charge_amount":"0.533""#, None),
        (r#""charge_amount":["0.53"]"#, None),
        (r#""charge_amount":"0.53","settle_currency":"USD""#, None),
        (r#""charge_flags":"bluesea_1""#, None),
    ] {
        let reported = with(field);
        assert_eq!(reported.fee, fee.map(yuan), "{field}");
        assert!(matches!(reported.status, Status::Paid(_)), "{field}");
    }
    let waiting =
        trade("WAIT_BUYER_PAY", None).replace(r#""code""#, r#""charge_amount":"0.53","code""#);
    assert_eq!(query(&waiting).unwrap().fee, None);
    let shop = Shop::new(account());
    let asked = Alipay.query_fee(BASE, &shop.payment(Flow::Qr), &fresh());
    let told = paid.replace(r#""code""#, r#""charge_amount":"0.53","code""#);
    assert_eq!(
        talk(asked, &[(QUERY, &told)]).unwrap().fee,
        Some(yuan("0.53"))
    );
}

#[test]
fn each_failure_of_a_query() {
    let unknown = query(&failure("ACQ.TRADE_NOT_EXIST")).unwrap();
    assert_eq!(
        unknown,
        Reported {
            channel_number: None,
            card: None,
            fee: None,
            status: Status::NotFound
        }
    );
    // Nothing that a query says declines a payment, nor that it was refused itself.
    for code in [
        "ACQ.INVALID_PARAMETER",
        "ACQ.ACCESS_FORBIDDEN",
        "ACQ.SYSTEM_ERROR",
        "ACQ.TOTAL_FEE_EXCEED",
        "ACQ.TRADE_STATUS_ERROR",
        "X",
    ] {
        assert_eq!(query(&failure(code)), Err(unavailable(code)));
    }
}

#[test]
fn each_code_of_the_gateway() {
    let answer = |code: &str, sub_code: &str| {
        format!(r#"{{"code":"{code}","msg":"m","sub_code":"{sub_code}","sub_msg":"m"}}"#)
    };
    for (code, sub_code) in [
        ("20001", "aop.invalid-app-auth-token"),
        ("40001", "isv.missing-app-id"),
        ("40002", "isv.invalid-signature"),
        ("40006", "isv.insufficient-isv-permissions"),
    ] {
        let refusal = answer(code, sub_code);
        assert_eq!(create(&[(PRECREATE, &refusal)]), Err(refused(sub_code)));
        assert!(refused(sub_code).is_definite());
        assert_eq!(query(&refusal), Err(unavailable(sub_code)));
    }
    for (code, sub_code) in [
        ("10003", ""),
        ("20000", "isp.unknow-error"),
        ("20000", "ACQ.SYSTEM_ERROR"),
        ("40003", "isv.odd"),
        ("40004", "isv.odd"),
        ("40005", "isv.app-call-limited"),
        ("50000", "isv.odd"),
    ] {
        let shown = if sub_code.is_empty() { code } else { sub_code };
        assert_eq!(query(&answer(code, sub_code)), Err(unavailable(shown)));
        assert!(!unavailable(shown).is_definite());
    }
    assert_eq!(query("{}"), Err(unavailable("")));
}

/// The answer to a query, as it is.
fn raw(account: Account, response: Response) -> Result<Reported, ChannelError> {
    let shop = Shop::new(account);
    run(
        Alipay.query(BASE, &shop.payment(Flow::Qr), &fresh()),
        |_| response.clone(),
    )
}

fn body(text: impl Into<Vec<u8>>) -> Response {
    Response::new(200, "text/html;charset=utf-8", text)
}

#[track_caller]
fn assert_unauthentic(result: Result<Reported, ChannelError>) {
    assert!(
        matches!(result, Err(ChannelError::Unauthentic(_))),
        "{result:?}"
    );
}

#[track_caller]
fn assert_malformed(result: Result<Reported, ChannelError>) {
    assert!(
        matches!(result, Err(ChannelError::Malformed(_))),
        "{result:?}"
    );
}

#[test]
fn an_answer_that_is_not_signed_by_alipay_is_not_believed() {
    let paid = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"));
    for signer in ["merchant", "stranger"] {
        assert_unauthentic(raw(account(), signed_by(signer, QUERY, &paid)));
    }
    let genuine = signed_by("channel", QUERY, &paid);
    assert!(raw(account(), genuine.clone()).is_ok());
    let text = String::from_utf8(genuine.body).unwrap();
    assert_unauthentic(raw(account(), body(text.replace("88.88", "88.89"))));
    // The same meaning in other bytes.
    assert_unauthentic(raw(
        account(),
        body(text.replace("\"code\":\"", "\"code\": \"")),
    ));
    let (value, _) = text.split_once(",\"sign\"").unwrap();
    for sign in [
        "",
        ",\"sign\":\"\"",
        ",\"sign\":\"%%%\"",
        ",\"sign\":\"QUJD\"",
    ] {
        assert_unauthentic(raw(account(), body(format!("{value}{sign}}}"))));
    }
}

#[test]
fn of_unsigned_refusals_only_the_gateways_own_count() {
    let unsigned = |code: &str, sub_code: &str| {
        let text = format!(
            r#"{{"alipay_trade_query_response":{{"code":"{code}","sub_code":"{sub_code}"}}}}"#
        );
        raw(account(), body(text))
    };
    // Seen with an app_id that the gateway does not know, for which it has no key to sign with.
    let error = r#"{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}"#;
    let shop = Shop::new(account());
    let created = Alipay.create(BASE, &shop.payment(Flow::Qr), &fresh());
    assert_eq!(
        run(created, |_| body(error)),
        Err(refused("isv.invalid-app-id"))
    );
    // That the question was refused says nothing of the trade.
    assert_eq!(
        unsigned("40002", "isv.invalid-app-id"),
        Err(unavailable("isv.invalid-app-id"))
    );
    assert_eq!(
        raw(account(), body(error)),
        Err(unavailable("isv.invalid-app-id"))
    );
    assert_eq!(
        unsigned("20000", "aop.unknow-error"),
        Err(unavailable("aop.unknow-error"))
    );
    assert_unauthentic(unsigned("40004", "ACQ.TRADE_NOT_EXIST"));
    assert_unauthentic(unsigned("40002", "ACQ.INVALID_PARAMETER"));
    assert_unauthentic(unsigned("10000", "isv.invalid-app-id"));
    assert_unauthentic(unsigned("", ""));
}

#[test]
fn certificate_mode_wants_the_configured_certificate() {
    let paid = trade("TRADE_SUCCESS", Some("2026-01-02 03:06:07"));
    let plain = String::from_utf8(signed_by("channel", QUERY, &paid).body).unwrap();
    let with = |serial: &str| {
        let named = format!(",\"alipay_cert_sn\":\"{serial}\",\"sign\"");
        body(plain.replace(",\"sign\"", &named))
    };
    let serial = certificate("alipay", "serial");
    assert!(raw(certificate_account(), with(&serial)).is_ok());
    assert_unauthentic(raw(certificate_account(), with(&serial.replace('9', "8"))));
    assert_unauthentic(raw(certificate_account(), with("")));
    assert_unauthentic(raw(certificate_account(), body(plain.clone())));
    // In key mode the name of a certificate says nothing.
    assert!(raw(account(), with("any")).is_ok());
}

#[test]
fn an_answer_of_another_form_is_malformed() {
    let genuine = String::from_utf8(signed_by("channel", QUERY, &trade("X", None)).body).unwrap();
    let (inside, sign) = genuine.split_once(",\"sign\"").unwrap();
    for text in [
        String::new(),
        "<html>".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{\"sign\":\"QUJD\"}".to_owned(),
        genuine.replace("trade_query", "trade_close"),
        // Which of the two was verified, which is read?
        format!("{inside},\"alipay_trade_query_response\":{{}},\"sign\"{sign}"),
        format!("{inside},\"error_response\":{{}},\"sign\"{sign}"),
        format!("{inside},\"sign\":[]}}"),
        "{\"alipay_trade_query_response\":\"encrypted\",\"sign\":\"QUJD\"}".to_owned(),
        "{\"alipay_trade_query_response\":{\"code\":\"1\",\"code\":\"2\"}}".to_owned(),
        format!(
            "{{\"alipay_trade_query_response\":\"{}\"}}",
            "x".repeat(300_000)
        ),
    ] {
        assert_malformed(raw(account(), body(text)));
    }
    assert_malformed(raw(account(), body(b"{\"a\":\"\xff\"}".to_vec())));
}

#[test]
fn another_http_status_says_nothing() {
    let genuine = signed_by("channel", QUERY, &trade("TRADE_CLOSED", None));
    for status in [204, 302, 400, 403, 404, 429, 500, 502, 503] {
        let response = Response {
            status,
            ..genuine.clone()
        };
        assert_eq!(
            raw(account(), response),
            Err(unavailable(&format!("http-{status}")))
        );
    }
}

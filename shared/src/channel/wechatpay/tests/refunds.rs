//! Refunds: what answers to them mean.

use super::*;
use crate::channel::{Decline, DeclineReason};

fn refunded(responses: impl IntoIterator<Item = Response>) -> Result<RefundReported, ChannelError> {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let next = WechatPay.refund(BASE, &payment, &fixture.refund_order(), &fresh());
    result(next, responses)
}

fn refund_body(status: &str) -> String {
    format!(
        r#"{{"refund_id":"50300000000000000000000000001","out_refund_no":"{}",
        "transaction_id":"{TRANSACTION}","out_trade_no":"{REFERENCE}","channel":"ORIGINAL",
        "success_time":"2023-11-15T06:13:30+08:00","status":"{status}",
        "amount":{{"total":8888,"refund":888,"payer_total":8000,"payer_refund":800,
        "settlement_refund":888,"settlement_total":8888,"discount_refund":88,"currency":"CNY"}}}}"#,
        RefundId::make([9; 16])
    )
}

#[test]
fn an_unsigned_error_proves_nothing() {
    for (status, body, code) in [
        (502, "", "HTTP_502"),
        (401, r#"{"code":"SIGN_ERROR"}"#, "SIGN_ERROR"),
        (403, r#"{"code":"NOT_ENOUGH"}"#, "NOT_ENOUGH"),
    ] {
        assert_eq!(refunded([unsigned(status, body)]), Err(unavailable(code)));
    }
}

#[test]
fn every_state_of_a_refund() {
    let failed = RefundStatus::Failed(Decline::new(DeclineReason::ProcessingError, "CLOSED"));
    for (status, expected) in [
        ("PROCESSING", RefundStatus::Pending),
        ("ABNORMAL", RefundStatus::Pending),
        ("SOMETHING_NEW", RefundStatus::Pending),
        ("CLOSED", failed),
    ] {
        let reported = refunded([answer(200, &refund_body(status))]).unwrap();
        assert_eq!(
            reported.channel_number.as_deref(),
            Some("50300000000000000000000000001")
        );
        assert_eq!(reported.status, expected, "{status}");
    }
    let reported = refunded([answer(200, &refund_body("SUCCESS"))]).unwrap();
    let RefundStatus::Settled(proof) = reported.status else {
        panic!("{reported:?}")
    };
    assert_eq!(proof.source(), Source::Answer);
    assert_eq!(proof.account(), Some(&account().id));
    assert_eq!(proof.refund(), &RefundId::make([9; 16]));
    assert_eq!(proof.amount(), cny(888));
    assert_eq!(proof.at(), UnixTime::from_seconds(NOW + 10));
}

#[test]
fn a_refund_answer_about_something_else_is_malformed() {
    let body = refund_body("SUCCESS");
    let other = RefundId::make([8; 16]);
    for (from, to) in [
        (RefundId::make([9; 16]).as_str(), other.as_str()),
        (REFERENCE, "01HF7YAT00ABCDEFGHJKMNPQRS02"),
        ("\"refund\":888", "\"refund\":8.88"),
        ("\"refund\":888", "\"refund\":0"),
        ("\"status\"", "\"state\""),
    ] {
        let changed = body.replacen(from, to, 1);
        assert_ne!(changed, body);
        let result = refunded([answer(200, &changed)]);
        assert!(
            matches!(result, Err(ChannelError::Malformed(_))),
            "{to}: {result:?}"
        );
    }
}

#[test]
fn every_error_of_a_refund() {
    let declined = |code, reason| {
        let status = RefundStatus::Failed(Decline::new(reason, code));
        Ok(RefundReported {
            channel_number: None,
            status,
        })
    };
    let once = |status, code| refunded([error(status, code)]);
    let no_money = declined("NOT_ENOUGH", DeclineReason::InsufficientFunds);
    assert_eq!(once(403, "NOT_ENOUGH"), no_money);
    let no_account = declined("USER_ACCOUNT_ABNORMAL", DeclineReason::NotSupported);
    assert_eq!(once(403, "USER_ACCOUNT_ABNORMAL"), no_account);
    for (status, code) in [
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (404, "MCH_NOT_EXISTS"),
    ] {
        assert_eq!(once(status, code), Err(refused(code)));
    }
    for (status, code) in [
        (403, "SOMETHING_NEW"),
        (404, "RESOURCE_NOT_EXISTS"),
        (429, "FREQUENCY_LIMITED"),
        (500, "SYSTEM_ERROR"),
        (500, "NOT_ENOUGH"),
    ] {
        assert_eq!(once(status, code), Err(unavailable(code)));
    }
    for code in ["INVALID_REQUEST", "PARAM_ERROR"] {
        let then = |response| refunded([error(400, code), response]);
        assert_eq!(then(error(404, "RESOURCE_NOT_EXISTS")), Err(refused(code)));
        assert_eq!(
            then(error(500, "SYSTEM_ERROR")),
            Err(unavailable("SYSTEM_ERROR"))
        );
        let pending = then(answer(200, &refund_body("PROCESSING"))).unwrap();
        assert_eq!(pending.status, RefundStatus::Pending);
    }
}

#[test]
fn every_error_of_a_refund_query() {
    let fixture = Fixture::new(account());
    let payment = fixture.payment(Flow::Qr);
    let query = |status, code| {
        let next = WechatPay.query_refund(BASE, &payment, &fixture.refund_order(), &fresh());
        result(next, [error(status, code)])
    };
    let not_found = query(404, "RESOURCE_NOT_EXISTS").unwrap();
    assert_eq!(not_found.status, RefundStatus::NotFound);
    // That the question was refused says nothing of the refund.
    for (status, code) in [
        (400, "PARAM_ERROR"),
        (400, "INVALID_REQUEST"),
        (401, "SIGN_ERROR"),
        (403, "NO_AUTH"),
        (429, "FREQUENCY_LIMITED"),
        (500, "SYSTEM_ERROR"),
        (404, "NOT_FOUND"),
    ] {
        assert_eq!(query(status, code), Err(unavailable(code)));
    }
}

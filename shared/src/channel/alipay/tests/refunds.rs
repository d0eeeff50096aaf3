//! What answers to refunds mean.

use super::*;
use crate::channel::{ChannelCode, Decline, DeclineReason, RefundReported, RefundStatus, Source};

fn accepted(fund_change: &str, sum: &str) -> String {
    format!(
        r#"{{"code":"10000","msg":"Success","buyer_logon_id":"ajq***@sandbox.com","fund_change":"{fund_change}","gmt_refund_pay":"2026-01-02 03:04:06","out_trade_no":"{REFERENCE}","refund_fee":"{sum}","send_back_fee":"0.00","trade_no":"{TRADE_NO}"}}"#
    )
}

fn found(amount: &str) -> String {
    format!(
        r#"{{"code":"10000","msg":"Success","gmt_refund_pay":"2026-01-02 03:04:06","out_request_no":"{REFUND}","out_trade_no":"{REFERENCE}","refund_amount":"{amount}","refund_status":"REFUND_SUCCESS","total_amount":"88.88","trade_no":"{TRADE_NO}"}}"#
    )
}

const NOTHING: &str = r#"{"code":"10000","msg":"Success"}"#;

fn refund(script: &[(&str, &str)]) -> Result<RefundReported, ChannelError> {
    let shop = Shop::new(account());
    talk(
        Alipay.refund(BASE, &shop.payment(Flow::Qr), &shop.refund(), &fresh()),
        script,
    )
}

fn query(answer: &str) -> Result<RefundReported, ChannelError> {
    let shop = Shop::new(account());
    let next = Alipay.query_refund(BASE, &shop.payment(Flow::Qr), &shop.refund(), &fresh());
    talk(next, &[(REFUND_QUERY, answer)])
}

#[track_caller]
fn assert_settled(result: Result<RefundReported, ChannelError>, amount: &str) {
    let reported = result.unwrap();
    assert_eq!(reported.channel_number, None);
    let RefundStatus::Settled(proof) = reported.status else {
        panic!("{:?}", reported.status)
    };
    assert_eq!(proof.source(), Source::Answer);
    assert_eq!(proof.account(), Some(&account().id));
    assert_eq!(proof.refund().as_str(), REFUND);
    assert_eq!(proof.amount(), yuan(amount));
    assert_eq!(proof.at().rfc3339(), "2026-01-01T19:04:06.000Z");
}

#[test]
fn the_first_refund_is_proved_by_its_answer() {
    assert_settled(refund(&[(REFUNDED, &accepted("Y", "8.80"))]), "8.80");
}

#[test]
fn a_later_refund_is_proved_by_a_query_since_the_answer_states_the_sum() {
    let sum = accepted("Y", "58.80");
    assert_settled(
        refund(&[(REFUNDED, &sum), (REFUND_QUERY, &found("8.80"))]),
        "8.80",
    );
    let pending = refund(&[(REFUNDED, &sum), (REFUND_QUERY, NOTHING)]).unwrap();
    assert_eq!(pending.status, RefundStatus::Pending);
}

#[test]
fn accepted_without_a_change_of_funds_proves_nothing() {
    let without = accepted("Y", "8.80").replace("fund_change", "fund_chance");
    for answer in [
        accepted("N", "8.80"),
        accepted("", "8.80"),
        accepted("y", "8.80"),
        without,
    ] {
        assert_settled(
            refund(&[(REFUNDED, &answer), (REFUND_QUERY, &found("8.80"))]),
            "8.80",
        );
        let pending = refund(&[(REFUNDED, &answer), (REFUND_QUERY, NOTHING)]).unwrap();
        assert_eq!(pending.status, RefundStatus::Pending);
    }
}

#[test]
fn a_proof_states_alipays_amount() {
    assert_settled(query(&found("8.79")), "8.79");
    assert_settled(query(&found("8.80")), "8.80");
    let malformed = |result| assert!(matches!(result, Err(ChannelError::Malformed(_))));
    malformed(refund(&[(REFUNDED, &accepted("Y", "8.79"))]));
    malformed(refund(&[(REFUNDED, &accepted("Y", ""))]));
    malformed(refund(&[(
        REFUNDED,
        &accepted("Y", "8.80").replace(REFERENCE, "X"),
    )]));
    malformed(query(&found("")));
    malformed(query(
        &found("8.80").replace(REFERENCE, "01KDWQ6J8M3V5T2R9XAZB4C7DE02"),
    ));
    malformed(query(
        &found("8.80").replace(REFUND, "ref_06ANP5V7Q8W9X0Y1Z2A3B4C5D7"),
    ));
}

#[test]
fn asking_for_a_refund() {
    assert_eq!(query(NOTHING).unwrap().status, RefundStatus::NotFound);
    for code in ["ACQ.TRADE_NOT_EXIST", "TRADE_NOT_EXIST"] {
        assert_eq!(
            query(&failure(code)).unwrap().status,
            RefundStatus::NotFound
        );
    }
    for status in ["REFUND_PROCESSING", "REFUND_FAIL", "new"] {
        let answer = found("8.80").replace("REFUND_SUCCESS", status);
        assert_eq!(query(&answer).unwrap().status, RefundStatus::Pending);
    }
    for (code, error) in [
        (
            "ACQ.SYSTEM_ERROR",
            ChannelError::Unavailable(ChannelCode::new("ACQ.SYSTEM_ERROR")),
        ),
        (
            "ACQ.NEW",
            ChannelError::Unavailable(ChannelCode::new("ACQ.NEW")),
        ),
        (
            "ACQ.INVALID_PARAMETER",
            ChannelError::Unavailable(ChannelCode::new("ACQ.INVALID_PARAMETER")),
        ),
    ] {
        assert_eq!(query(&failure(code)), Err(error));
    }
}

#[test]
fn each_failure_of_a_refund() {
    use DeclineReason::{ConfigurationError, InsufficientFunds, LimitExceeded, NotSupported};
    for (code, reason) in [
        ("ACQ.ALLOC_AMOUNT_VALIDATE_ERROR", ConfigurationError),
        ("ACQ.BUYER_ENABLE_STATUS_FORBID", NotSupported),
        ("ACQ.BUYER_ERROR", NotSupported),
        ("ACQ.BUYER_NOT_EXIST", NotSupported),
        ("ACQ.CURRENCY_NOT_SUPPORT", ConfigurationError),
        ("ACQ.CUSTOMER_VALIDATE_ERROR", NotSupported),
        ("ACQ.ENTERPRISE_PAY_BIZ_ERROR", NotSupported),
        ("ACQ.INVALID_PARAMETER", ConfigurationError),
        ("ACQ.NOT_ALLOW_PARTIAL_REFUND", NotSupported),
        ("ACQ.ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND", NotSupported),
        ("ACQ.OVERDRAFT_AGREEMENT_NOT_MATCH", ConfigurationError),
        ("ACQ.OVERDRAFT_ASSIGN_ACCOUNT_INVALID", ConfigurationError),
        ("ACQ.REASON_TRADE_BEEN_FREEZEN", NotSupported),
        ("ACQ.REASON_TRADE_REFUND_FEE_ERR", LimitExceeded),
        ("ACQ.REASON_TRADE_STATUS_INVALID", NotSupported),
        ("ACQ.REFUNDALLOC_UNAUTH_LIMIT", ConfigurationError),
        ("ACQ.REFUND_ACCOUNT_NOT_EXIST", ConfigurationError),
        ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", LimitExceeded),
        ("ACQ.REFUND_FEE_ERROR", LimitExceeded),
        (
            "ACQ.REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST",
            ConfigurationError,
        ),
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", InsufficientFunds),
        ("ACQ.TRADE_HAS_CLOSE", NotSupported),
        ("ACQ.TRADE_HAS_FINISHED", NotSupported),
        ("ACQ.TRADE_NOT_ALLOW_REFUND", NotSupported),
        ("ACQ.TRADE_NOT_EXIST", ConfigurationError),
        ("ACQ.TRADE_SETTLE_ERROR", ConfigurationError),
        ("ACQ.TRADE_STATUS_ERROR", NotSupported),
        ("ACQ.USER_NOT_MATCH_ERR", NotSupported),
    ] {
        let failed = failure(code);
        // Refused, and nothing of an earlier request under this id: a definite no.
        let declined = RefundStatus::Failed(Decline::new(reason, code));
        let result = refund(&[(REFUNDED, &failed), (REFUND_QUERY, NOTHING)]);
        assert_eq!(result.unwrap().status, declined, "{code}");
        // Refused because an earlier request under this id went through.
        assert_settled(
            refund(&[(REFUNDED, &failed), (REFUND_QUERY, &found("8.80"))]),
            "8.80",
        );
        // Whether one did cannot be said: not a definite no.
        let asked = refund(&[
            (REFUNDED, &failed),
            (REFUND_QUERY, &failure("ACQ.SYSTEM_ERROR")),
        ]);
        assert!(!asked.unwrap_err().is_definite(), "{code}");
    }
    // Accepted, and then the question is refused: the refund goes on.
    let asked = refund(&[
        (REFUNDED, &accepted("N", "8.80")),
        (REFUND_QUERY, &failure("ACQ.INVALID_PARAMETER")),
    ]);
    assert!(!asked.unwrap_err().is_definite());
    let conflict = failure("ACQ.DISCORDANT_REPEAT_REQUEST");
    assert_settled(
        refund(&[(REFUNDED, &conflict), (REFUND_QUERY, &found("9.90"))]),
        "9.90",
    );
    let result = refund(&[(REFUNDED, &conflict), (REFUND_QUERY, NOTHING)]).unwrap();
    assert_eq!(result.status, RefundStatus::Pending);
    for code in [
        "ACQ.SYSTEM_ERROR",
        "ACQ.REFUND_CHARGE_ERROR",
        "ACQ.NEW",
        "isv.odd",
    ] {
        let error = ChannelError::Unavailable(ChannelCode::new(code));
        assert_eq!(refund(&[(REFUNDED, &failure(code))]), Err(error));
    }
    let door = failure("isv.invalid-signature").replace("40004", "40002");
    let error = ChannelError::Refused(ChannelCode::new("isv.invalid-signature"));
    assert_eq!(refund(&[(REFUNDED, &door)]), Err(error));
}

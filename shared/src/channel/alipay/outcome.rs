//! What Alipay's codes mean: which are a definite no, which say nothing, which ask for a query.
//!
//! Sources: Alipay's common error codes (opendocs.alipay.com/common/02km9f) and the tables of
//! business error codes of alipay.trade.{precreate,close,refund,fastpay.refund.query}. A code that
//! is not listed here is an unknown outcome.

use super::answer::Answer;
use crate::channel::{ChannelCode, ChannelError, DeclineReason, Diagnosis};

/// The meaning of an answer to precreate, query or close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Code 10000: the call did what it does. Whether money moved stands in the answer.
    Done,
    /// Nothing was done, and what is there already decides: ask for the trade.
    AskTrade,
    /// A definite no that concerns shopper or amount.
    Declined(DeclineReason),
    /// There is no such trade: nobody has opened or scanned it yet.
    NotExist,
    /// A definite no that the merchant has to mend.
    Refused,
    /// Nothing can be said.
    Unknown,
}

/// The meaning of an answer to precreate, query, close or a refund query.
pub(super) fn meaning(answer: &Answer) -> Meaning {
    use DeclineReason::{InsufficientFunds, LimitExceeded, NotSupported, ProcessingError};
    match business_code(answer) {
        // Confirmed in the tables of precreate, query and close. The refund query has it without
        // the prefix as well.
        Some("TRADE_NOT_EXIST") => Meaning::NotExist,
        Some(
            "CONTEXT_INCONSISTENT"
            | "REASON_ILLEGAL_STATUS"
            | "REASON_TRADE_STATUS_INVALID"
            | "TRADE_BUYER_NOT_MATCH"
            | "TRADE_HAS_CLOSE"
            | "TRADE_HAS_FINISHED"
            | "TRADE_HAS_SUCCESS"
            | "TRADE_STATUS_ERROR",
        ) => Meaning::AskTrade,
        Some(
            "ACCESS_FORBIDDEN"
            | "EXIST_FORBIDDEN_WORD"
            | "INVALID_PARAMETER"
            | "PARTNER_ERROR"
            | "RISK_MERCHANT_IP_NOT_EXIST"
            | "SELLER_BEEN_BLOCKED",
        ) => Meaning::Refused,
        Some("TOTAL_FEE_EXCEED") => Meaning::Declined(LimitExceeded),
        Some("BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR" | "BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR") => {
            Meaning::Declined(LimitExceeded)
        }
        Some("BUYER_ENABLE_STATUS_FORBID" | "BUYER_SELLER_EQUAL") => {
            Meaning::Declined(NotSupported)
        }
        Some("BUYER_BALANCE_NOT_ENOUGH" | "BUYER_BANKCARD_BALANCE_NOT_ENOUGH") => {
            Meaning::Declined(InsufficientFunds)
        }
        Some("PAYMENT_FAIL") => Meaning::Declined(ProcessingError),
        Some(_) => Meaning::Unknown,
        None => gateway_meaning(answer),
    }
}

/// The meaning of an answer to a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefundMeaning {
    /// Code 10000: accepted. Whether money moved stands in the answer.
    Accepted,
    /// An earlier request under the same id had another amount: ask for that one.
    Conflict,
    /// This request moved nothing, for this reason.
    Declined(DeclineReason),
    /// A definite no that the merchant has to mend.
    Refused,
    /// Nothing can be said.
    Unknown,
}

/// The meaning of an answer to a refund.
pub(super) fn refund_meaning(answer: &Answer) -> RefundMeaning {
    use DeclineReason::{ConfigurationError, InsufficientFunds, LimitExceeded, NotSupported};
    let reason = match business_code(answer) {
        Some("DISCORDANT_REPEAT_REQUEST") => return RefundMeaning::Conflict,
        Some("SELLER_BALANCE_NOT_ENOUGH") => InsufficientFunds,
        Some("REASON_TRADE_REFUND_FEE_ERR" | "REFUND_AMT_NOT_EQUAL_TOTAL" | "REFUND_FEE_ERROR") => {
            LimitExceeded
        }
        Some(
            "BUYER_ENABLE_STATUS_FORBID"
            | "BUYER_ERROR"
            | "BUYER_NOT_EXIST"
            | "CUSTOMER_VALIDATE_ERROR"
            | "ENTERPRISE_PAY_BIZ_ERROR"
            | "NOT_ALLOW_PARTIAL_REFUND"
            | "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND"
            | "REASON_TRADE_BEEN_FREEZEN"
            | "REASON_TRADE_STATUS_INVALID"
            | "TRADE_HAS_CLOSE"
            | "TRADE_HAS_FINISHED"
            | "TRADE_NOT_ALLOW_REFUND"
            | "TRADE_STATUS_ERROR"
            | "USER_NOT_MATCH_ERR",
        ) => NotSupported,
        Some(
            "ALLOC_AMOUNT_VALIDATE_ERROR"
            | "CURRENCY_NOT_SUPPORT"
            | "INVALID_PARAMETER"
            | "OVERDRAFT_AGREEMENT_NOT_MATCH"
            | "OVERDRAFT_ASSIGN_ACCOUNT_INVALID"
            | "REFUNDALLOC_UNAUTH_LIMIT"
            | "REFUND_ACCOUNT_NOT_EXIST"
            | "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST"
            | "TRADE_NOT_EXIST"
            | "TRADE_SETTLE_ERROR",
        ) => ConfigurationError,
        // REFUND_CHARGE_ERROR among them: "try again later".
        Some(_) => return RefundMeaning::Unknown,
        None => {
            return match gateway_meaning(answer) {
                Meaning::Done => RefundMeaning::Accepted,
                Meaning::Refused => RefundMeaning::Refused,
                _ => RefundMeaning::Unknown,
            };
        }
    };
    RefundMeaning::Declined(reason)
}

/// The error of an answer that has no result.
pub(super) fn unavailable(answer: &Answer) -> ChannelError {
    ChannelError::Unavailable(ChannelCode::new(answer.sub_code()))
}

/// The error of an answer that refuses the request for the merchant to mend.
pub(super) fn refused(answer: &Answer) -> ChannelError {
    ChannelError::Refused(ChannelCode::new(answer.sub_code()))
}

/// The error of an answer to `method` that nobody signed: only the gateway's own words count,
/// never a business system's. A refused question says nothing of what it asked for.
pub(super) fn unsigned(method: &str, answer: &Answer) -> ChannelError {
    let is_question = method.ends_with(".query");
    match (business_code(answer), gateway_meaning(answer)) {
        (None, Meaning::Refused) if is_question => unavailable(answer),
        (None, Meaning::Refused) => refused(answer),
        (None, Meaning::Unknown) if !answer.code().is_empty() => unavailable(answer),
        _ => ChannelError::Unauthentic("the answer is not signed"),
    }
}

/// What a refusal at the door points to (opendocs.alipay.com/common/02km9f).
pub(super) fn diagnosis(sub_code: &str) -> Diagnosis {
    match sub_code {
        "isv.app-cert-expired"
        | "isv.app-cert-not-exist"
        | "isv.app-unbind-partner"
        | "isv.invalid-alipay-root-cert-sn"
        | "isv.invalid-app-cert-sn"
        | "isv.invalid-signature"
        | "isv.invalid-signature-key"
        | "isv.missing-app-cert-sn"
        | "isv.missing-alipay-root-cert-sn"
        | "isv.missing-signature-config"
        | "isv.missing-signature-key" => Diagnosis::BadKey,
        // Sandbox and live gateway know each other's apps not.
        "isv.invalid-app-id" => Diagnosis::WrongMode,
        "isv.invalid-timestamp" => Diagnosis::Clock,
        _ => Diagnosis::Unknown,
    }
}

/// The code of a business system, without its prefix `ACQ.`. The gateway's own begin with `isv.`,
/// `isp.` or `aop.`; a success has none.
fn business_code(answer: &Answer) -> Option<&str> {
    if answer.code() == "10000" {
        return None;
    }
    let code = answer.get("sub_code")?;
    match code.split_once('.') {
        Some(("isv" | "isp" | "aop", _)) => None,
        Some(("ACQ", code)) => Some(code),
        _ => Some(code),
    }
}

/// What the gateway itself says, by its code.
fn gateway_meaning(answer: &Answer) -> Meaning {
    match answer.code() {
        "10000" => Meaning::Done,
        // Token, missing parameter, bad parameter (the signature among them), no permission:
        // refused at the door. A 40004 with an `isv.` code comes from behind it.
        "20001" | "40001" | "40002" | "40006" => Meaning::Refused,
        // 20000 unavailable, 40005 too many calls, 10003 paying, and whatever is new.
        _ => Meaning::Unknown,
    }
}

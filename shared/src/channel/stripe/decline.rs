//! Stripe's many words for "no", as our few.
//!
//! Decline codes: docs.stripe.com/declines/codes; error codes: `LastPaymentError.Code` in npm
//! `stripe` 23.1.0, `cjs/resources/PaymentIntents.d.ts`. The lists are open: a code that is not
//! here is a decline without a stated reason, because whether it *is* a decline is decided
//! elsewhere (see `answer`), by the kind of the error and the state of the payment.

use crate::channel::{Decline, DeclineReason};

/// Reads the issuer's code, or else Stripe's own.
pub(super) fn payment_decline(decline_code: Option<&str>, code: Option<&str>) -> Decline {
    // `card_declined` says nothing beside a `decline_code`; other codes may say more than
    // `generic_decline` does, so the first one that has a reason of its own wins.
    let stated = [decline_code, code].into_iter().flatten();
    let reason = stated
        .clone()
        .find_map(reason)
        .unwrap_or(DeclineReason::CardDeclined);
    Decline::new(reason, stated.clone().next().unwrap_or("card_declined"))
}

/// What a code means; `None` for those that mean no more than "declined".
pub(super) fn reason(code: &str) -> Option<DeclineReason> {
    Some(match code {
        "authentication_failure"
        | "authentication_not_handled"
        | "authentication_required"
        | "mobile_device_authentication_required"
        | "payment_intent_action_required"
        | "payment_intent_authentication_failure" => DeclineReason::AuthenticationFailed,

        "expired_card"
        | "expired_payment_method"
        | "invalid_expiry_month"
        | "invalid_expiry_year" => DeclineReason::ExpiredCard,

        "incorrect_cvc" | "invalid_cvc" | "requested_block_on_incorrect_cvc" => {
            DeclineReason::IncorrectCvc
        }

        "incorrect_number" | "invalid_number" => DeclineReason::IncorrectNumber,

        "insufficient_funds" | "partner_insufficient_funds" => DeclineReason::InsufficientFunds,

        "amount_too_large"
        | "amount_too_small"
        | "card_velocity_exceeded"
        | "charge_exceeds_source_limit"
        | "charge_exceeds_transaction_limit"
        | "invalid_amount"
        | "invalid_charge_amount"
        | "withdrawal_count_limit_exceeded" => DeclineReason::LimitExceeded,

        "card_not_supported"
        | "country_unsupported"
        | "currency_not_supported"
        | "invalid_card_type"
        | "live_mode_test_card"
        | "not_permitted"
        | "offline_pin_required"
        | "online_or_offline_pin_required"
        | "payment_intent_incompatible_payment_method"
        | "payment_method_currency_mismatch"
        | "payment_method_not_available"
        | "payment_method_unsupported_type"
        | "service_not_allowed"
        | "test_mode_live_card"
        | "testmode_decline"
        | "three_d_secure_authentication_not_supported"
        | "transaction_not_allowed" => DeclineReason::NotSupported,

        "approve_with_id"
        | "issuer_not_available"
        | "payment_intent_payment_attempt_failed"
        | "payment_method_provider_timeout"
        | "processing_error"
        | "reenter_transaction"
        | "three_d_secure_authentication_upstream_error"
        | "try_again_later" => DeclineReason::ProcessingError,

        "blocklist"
        | "card_decline_rate_limit_exceeded"
        | "fraudulent"
        | "highest_risk_level"
        | "merchant_blacklist"
        | "previously_declined_do_not_retry"
        | "rule"
        | "security_violation" => DeclineReason::RiskRefused,

        "payment_method_customer_decline" => DeclineReason::ShopperCancelled,

        "payment_intent_payment_attempt_expired" => DeclineReason::TimedOut,

        _ => return None,
    })
}

/// Why a refund did not happen, or came back: `Refund.failure_reason`, or the error's code.
pub(super) fn refund_decline(code: Option<&str>, parameter: Option<&str>) -> Decline {
    let reason = match (code, parameter) {
        (Some("charge_already_refunded"), _) | (_, Some("amount")) => DeclineReason::LimitExceeded,
        (Some("balance_insufficient" | "insufficient_funds"), _) => {
            DeclineReason::InsufficientFunds
        }
        (Some("expired_or_canceled_card"), _) => DeclineReason::ExpiredCard,
        (Some("declined" | "lost_or_stolen_card"), _) => DeclineReason::CardDeclined,
        (
            Some(
                "charge_disputed"
                | "charge_for_pending_refund_disputed"
                | "charge_not_refundable"
                | "refund_disputed_payment",
            ),
            _,
        ) => DeclineReason::NotSupported,
        _ => DeclineReason::ProcessingError,
    };
    Decline::new(reason, code.unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeclineReason::*;

    #[test]
    fn every_code_of_the_documentation_has_its_reason() {
        for (code, expected) in [
            ("approve_with_id", ProcessingError),
            ("authentication_not_handled", AuthenticationFailed),
            ("authentication_required", AuthenticationFailed),
            ("call_issuer", CardDeclined),
            ("card_not_supported", NotSupported),
            ("card_velocity_exceeded", LimitExceeded),
            ("currency_not_supported", NotSupported),
            ("do_not_honor", CardDeclined),
            ("do_not_try_again", CardDeclined),
            ("duplicate_transaction", CardDeclined),
            ("expired_card", ExpiredCard),
            ("fraudulent", RiskRefused),
            ("generic_decline", CardDeclined),
            ("incorrect_address", CardDeclined),
            ("incorrect_cvc", IncorrectCvc),
            ("incorrect_number", IncorrectNumber),
            ("incorrect_pin", CardDeclined),
            ("incorrect_zip", CardDeclined),
            ("insufficient_funds", InsufficientFunds),
            ("invalid_account", CardDeclined),
            ("invalid_amount", LimitExceeded),
            ("invalid_cvc", IncorrectCvc),
            ("invalid_expiry_month", ExpiredCard),
            ("invalid_expiry_year", ExpiredCard),
            ("invalid_number", IncorrectNumber),
            ("invalid_pin", CardDeclined),
            ("issuer_not_available", ProcessingError),
            ("lost_card", CardDeclined),
            ("merchant_blacklist", RiskRefused),
            (
                "mobile_device_authentication_required",
                AuthenticationFailed,
            ),
            ("new_account_information_available", CardDeclined),
            ("no_action_taken", CardDeclined),
            ("not_permitted", NotSupported),
            ("offline_pin_required", NotSupported),
            ("online_or_offline_pin_required", NotSupported),
            ("pickup_card", CardDeclined),
            ("pin_try_exceeded", CardDeclined),
            ("previously_declined_do_not_retry", RiskRefused),
            ("processing_error", ProcessingError),
            ("reenter_transaction", ProcessingError),
            ("restricted_card", CardDeclined),
            ("revocation_of_all_authorizations", CardDeclined),
            ("revocation_of_authorization", CardDeclined),
            ("security_violation", RiskRefused),
            ("service_not_allowed", NotSupported),
            ("stolen_card", CardDeclined),
            ("stop_payment_order", CardDeclined),
            ("testmode_decline", NotSupported),
            ("transaction_not_allowed", NotSupported),
            ("try_again_later", ProcessingError),
            ("withdrawal_count_limit_exceeded", LimitExceeded),
        ] {
            let decline = payment_decline(Some(code), Some("card_declined"));
            assert_eq!(decline, Decline::new(expected, code));
        }
    }

    #[test]
    fn error_codes_speak_where_the_issuer_gives_none() {
        for (decline_code, code, expected, channel_code) in [
            (None, Some("expired_card"), ExpiredCard, "expired_card"),
            (
                None,
                Some("incorrect_number"),
                IncorrectNumber,
                "incorrect_number",
            ),
            (
                None,
                Some("processing_error"),
                ProcessingError,
                "processing_error",
            ),
            (
                None,
                Some("payment_intent_authentication_failure"),
                AuthenticationFailed,
                "payment_intent_authentication_failure",
            ),
            (
                None,
                Some("payment_intent_payment_attempt_expired"),
                TimedOut,
                "payment_intent_payment_attempt_expired",
            ),
            (
                Some("generic_decline"),
                Some("incorrect_cvc"),
                IncorrectCvc,
                "generic_decline",
            ),
            (
                Some("never_heard_of"),
                Some("card_declined"),
                CardDeclined,
                "never_heard_of",
            ),
            (None, None, CardDeclined, "card_declined"),
        ] {
            let decline = payment_decline(decline_code, code);
            assert_eq!(decline, Decline::new(expected, channel_code));
        }
    }

    #[test]
    fn refund_failures_have_reasons() {
        for (code, parameter, expected) in [
            (Some("charge_already_refunded"), None, LimitExceeded),
            (None, Some("amount"), LimitExceeded),
            (Some("balance_insufficient"), None, InsufficientFunds),
            (Some("insufficient_funds"), None, InsufficientFunds),
            (Some("expired_or_canceled_card"), None, ExpiredCard),
            (Some("lost_or_stolen_card"), None, CardDeclined),
            (Some("declined"), None, CardDeclined),
            (
                Some("charge_for_pending_refund_disputed"),
                None,
                NotSupported,
            ),
            (Some("charge_disputed"), None, NotSupported),
            (Some("merchant_request"), None, ProcessingError),
            (Some("unknown"), None, ProcessingError),
            (None, None, ProcessingError),
        ] {
            assert_eq!(
                refund_decline(code, parameter).reason,
                expected,
                "{code:?} {parameter:?}"
            );
        }
    }
}

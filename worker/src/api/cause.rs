//! What there is to mend, in a form that can be told in any language: a code, the values that
//! belong into its words, and the words in English. Other languages are the readers' own.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::page::fill;

/// Something to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What.
    pub code: Code,
    /// What goes into its words, by name; all texts.
    pub values: Map<String, Value>,
    /// It in English.
    pub detail: String,
}

impl Cause {
    /// A cause with its values.
    #[must_use]
    pub fn new(code: Code, values: &[(&str, &str)]) -> Self {
        let kept = values.iter();
        Self {
            code,
            values: kept.map(|(n, v)| ((*n).to_owned(), (*v).into())).collect(),
            detail: fill(code.english(), values),
        }
    }
}

/// What there is to mend, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// There is no account that new payments may use.
    AccountNone,
    /// The last check of `account` is too old.
    AccountCheckOld,
    /// The last check of `account` had findings.
    AccountToMend,
    /// `account` was not checked as it is now.
    AccountUnchecked,
    /// Nothing is stated about cards.
    CardsUnstated,
    /// Our clock is `seconds` ahead.
    ClockAhead,
    /// Our clock is `seconds` behind.
    ClockBehind,
    /// No way to reach the shop is told to shoppers.
    ContactMissing,
    /// The credential `field` is not of its form.
    Credential,
    /// No webhook endpoint is on.
    EndpointNone,
    /// There is no API key.
    KeyNone,
    /// The legal name is missing.
    LegalNameMissing,
    /// The channel's answer cannot be read.
    Malformed,
    /// The channel did not answer.
    NoAnswer,
    /// `channel` has no notice address of ours: `url` there, `field` here.
    NoticesUnknown,
    /// Nobody can sign in but by the owner token.
    OperatorNone,
    /// Only pages inside may show the checkout.
    OriginsLocal,
    /// No page may show the checkout.
    OriginsNone,
    /// Nothing in the price book can be bought.
    PricesNone,
    /// The channel refused the request with its `channel_code`.
    Refused,
    /// The policy on refunds is missing.
    RefundsMissing,
    /// The registration `number`, of its `kind`, has lapsed.
    RegistrationLapsed,
    /// The registration `number`, of its `kind`, lapses in `days`.
    RegistrationLapses,
    /// The policy on returns is missing.
    ReturnsMissing,
    /// Shoppers get no messages.
    SenderNone,
    /// The store has no settings.
    StoreUnset,
    /// The channel's signature does not hold.
    Unauthentic,
    /// The channel did not serve the request, with its `channel_code`.
    Unavailable,
    /// The channel cannot do what is asked.
    Unsupported,
    /// Our address `url` is one of this machine or network.
    UrlLocal,
    /// Our address `url` has no https.
    UrlNotHttps,
}

impl Code {
    /// The words of the API, with gaps for values.
    const fn english(self) -> &'static str {
        match self {
            Self::AccountNone => "no account at a channel is switched on in this mode",
            Self::AccountCheckOld => "{account} was not checked for a month",
            Self::AccountToMend => "{account} had something to mend when it was checked last",
            Self::AccountUnchecked => "{account} was not checked with its present credentials",
            Self::CardsUnstated => {
                "cards are not offered: state in card_lane that this deployment is assessed (PCI \
                 DSS SAQ D), or switch cards off"
            }
            Self::ClockAhead => {
                "the clock here is {seconds} seconds ahead of the channel's: signatures of another \
                 time are refused; set the clock of this machine by NTP"
            }
            Self::ClockBehind => {
                "the clock here is {seconds} seconds behind the channel's: signatures of another \
                 time are refused; set the clock of this machine by NTP"
            }
            Self::ContactMissing => {
                "the store profile lacks an e-mail address or telephone number for shoppers"
            }
            Self::Credential => "`{field}` does not have the form of this channel's values",
            Self::EndpointNone => {
                "no webhook endpoint is switched on in this mode: the shop is not told of payments"
            }
            Self::KeyNone => "the shop has no API key of this mode",
            Self::LegalNameMissing => "the store profile lacks the legal name",
            Self::Malformed => "the channel's answer is not as it documents",
            Self::NoAnswer => "the channel did not answer within ten seconds",
            Self::NoticesUnknown => {
                "{channel} is not known to send notices: enter {url} there, and its secret here as \
                 `{field}`"
            }
            Self::OperatorNone => {
                "no operator has a passkey or a token: only the owner token opens the store"
            }
            Self::OriginsLocal => "only pages of this machine or network may show the checkout",
            Self::OriginsNone => {
                "no page may show the checkout: name the shop's origin in allowed_origins"
            }
            Self::PricesNone => {
                "there is a publishable key, but nothing in the price book can be bought"
            }
            Self::Refused => "the channel refused the request: {channel_code}",
            Self::RefundsMissing => "the store profile lacks the policy on refunds",
            Self::RegistrationLapsed => "registration {number} ({kind}) has lapsed",
            Self::RegistrationLapses => "registration {number} ({kind}) lapses in {days} days",
            Self::ReturnsMissing => "the store profile lacks the policy on returns",
            Self::SenderNone => "no sender of messages is set in this mode: shoppers get none",
            Self::StoreUnset => "the store has no settings yet: PUT /v1/store",
            Self::Unauthentic => "the answer is not signed with the channel's key that is set here",
            Self::Unavailable => {
                "the channel did not serve the request, with its code {channel_code}"
            }
            Self::Unsupported => "the channel cannot do what is asked",
            Self::UrlLocal => {
                "PUBLIC_URL ({url}) is an address of this machine or network alone: channels \
                 cannot send their notices there, and shoppers cannot come; set it to the https \
                 address under which this worker is reached from outside"
            }
            Self::UrlNotHttps => {
                "PUBLIC_URL ({url}) does not begin with https://: channels cannot send their \
                 notices there, and shoppers cannot come; set it to the https address under which \
                 this worker is reached from outside"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Locale, Texts};
    use Code::*;

    /// All of them. A new one does not compile before it is listed in both places.
    fn all() -> Vec<Code> {
        let listed = |code: Code| match code {
            AccountNone | AccountCheckOld | AccountToMend | AccountUnchecked | CardsUnstated
            | ClockAhead | ClockBehind | ContactMissing | Credential | EndpointNone | KeyNone
            | LegalNameMissing | Malformed | NoAnswer | NoticesUnknown | OperatorNone
            | OriginsLocal | OriginsNone | PricesNone | Refused | RefundsMissing
            | RegistrationLapsed | RegistrationLapses | ReturnsMissing | SenderNone
            | StoreUnset | Unauthentic | Unavailable | Unsupported | UrlLocal | UrlNotHttps => code,
        };
        [
            AccountNone,
            AccountCheckOld,
            AccountToMend,
            AccountUnchecked,
            CardsUnstated,
            ClockAhead,
            ClockBehind,
            ContactMissing,
            Credential,
            EndpointNone,
            KeyNone,
            LegalNameMissing,
            Malformed,
            NoAnswer,
            NoticesUnknown,
            OperatorNone,
            OriginsLocal,
            OriginsNone,
            PricesNone,
            Refused,
            RefundsMissing,
            RegistrationLapsed,
            RegistrationLapses,
            ReturnsMissing,
            SenderNone,
            StoreUnset,
            Unauthentic,
            Unavailable,
            Unsupported,
            UrlLocal,
            UrlNotHttps,
        ]
        .map(listed)
        .into()
    }

    fn gaps(text: &str) -> Vec<&str> {
        let parts = text.split('{').skip(1);
        let mut gaps: Vec<_> = parts
            .filter_map(|p| p.split_once('}'))
            .map(|p| p.0)
            .collect();
        gaps.retain(|gap| *gap != "advice");
        gaps.sort_unstable();
        gaps.dedup();
        gaps
    }

    #[test]
    fn every_code_has_words_in_every_language_with_the_values_it_has() {
        assert_eq!(all().len(), UrlNotHttps as usize + 1);
        for code in all() {
            let name = serde_json::to_value(code).unwrap();
            let key = format!("cause.{}", name.as_str().unwrap());
            for locale in [Locale::En, Locale::ZhCn] {
                let words = Texts::of_dashboard(locale).get(&key);
                assert_ne!(words, key);
                assert_eq!(
                    gaps(words),
                    gaps(code.english()),
                    "{key} in {}",
                    locale.tag()
                );
            }
        }
    }

    #[test]
    fn values_stand_in_the_words_and_beside_them() {
        let cause = Cause::new(ClockAhead, &[("seconds", "7200")]);
        assert!(
            cause
                .detail
                .starts_with("the clock here is 7200 seconds ahead")
        );
        let json = serde_json::to_value(&cause).unwrap();
        assert_eq!(json["code"], "clock_ahead");
        assert_eq!(json["values"], serde_json::json!({ "seconds": "7200" }));
    }
}

//! The words of the pages, from `www/locales`.

use causeway_shared::json;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::Locale;

/// What the widget says later than the page does. Other texts stand in the page already, and come
/// from the locale's asset when the shopper changes the language.
const WIDGET_GROUPS: &[&str] = &[
    "authorized.",
    "brand.",
    "bridge.",
    "cancelled.",
    "challenge.frame",
    "closing.",
    "decline.",
    "error.",
    "expired.",
    "field.cvc_help",
    "leave.",
    "method.",
    "notice.",
    "other.",
    "paid.",
    "partly_refunded.",
    "qr.",
    "refunded.",
    "return.",
    "summary.until",
    "wait.",
];

/// The texts of one language by key.
pub struct Texts(BTreeMap<String, String>);

/// Texts that are files of the site: they would be a fiftieth of the worker, and what has to be
/// fast, the checkout, does without them. The worker has to load them before it shows one
/// ([`crate::site::load_texts`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The dashboard.
    Dashboard,
    /// Messages.
    Mail,
    /// The shopper's pages.
    Orders,
}

impl Part {
    /// The folder below `www/locales`.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard",
            Self::Mail => "mail",
            Self::Orders => "orders",
        }
    }

    /// Where the texts of a language are kept.
    fn place(self, locale: Locale) -> &'static OnceLock<Texts> {
        static PLACES: [OnceLock<Texts>; 6] = [const { OnceLock::new() }; 6];
        let [
            dashboard_en,
            dashboard_zh,
            mail_en,
            mail_zh,
            orders_en,
            orders_zh,
        ] = &PLACES;
        match (self, locale) {
            (Self::Dashboard, Locale::En) => dashboard_en,
            (Self::Dashboard, Locale::ZhCn) => dashboard_zh,
            (Self::Mail, Locale::En) => mail_en,
            (Self::Mail, Locale::ZhCn) => mail_zh,
            (Self::Orders, Locale::En) => orders_en,
            (Self::Orders, Locale::ZhCn) => orders_zh,
        }
    }

    /// The file as it is in the source: tests have no site.
    #[cfg(not(target_arch = "wasm32"))]
    const fn source(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::Dashboard, Locale::En) => {
                include_str!("../../../www/locales/dashboard/en.json")
            }
            (Self::Dashboard, Locale::ZhCn) => {
                include_str!("../../../www/locales/dashboard/zh-CN.json")
            }
            (Self::Mail, Locale::En) => include_str!("../../../www/locales/mail/en.json"),
            (Self::Mail, Locale::ZhCn) => include_str!("../../../www/locales/mail/zh-CN.json"),
            (Self::Orders, Locale::En) => include_str!("../../../www/locales/orders/en.json"),
            (Self::Orders, Locale::ZhCn) => {
                include_str!("../../../www/locales/orders/zh-CN.json")
            }
        }
    }
}

impl Texts {
    /// The texts of a language, read once per isolate.
    pub fn of(locale: Locale) -> &'static Self {
        static EN: OnceLock<Texts> = OnceLock::new();
        static ZH_CN: OnceLock<Texts> = OnceLock::new();
        match locale {
            Locale::En => {
                EN.get_or_init(|| Self::parse(include_str!("../../../www/locales/en.json")))
            }
            Locale::ZhCn => {
                ZH_CN.get_or_init(|| Self::parse(include_str!("../../../www/locales/zh-CN.json")))
            }
        }
    }

    /// The texts of the shopper's pages of a language; names of methods and brands come from those
    /// of the checkout.
    pub fn of_orders(locale: Locale) -> &'static Self {
        Self::of_part(Part::Orders, locale)
    }

    /// The texts of messages.
    pub fn of_mail(locale: Locale) -> &'static Self {
        Self::of_part(Part::Mail, locale)
    }

    /// The texts of the dashboard in a language.
    pub fn of_dashboard(locale: Locale) -> &'static Self {
        Self::of_part(Part::Dashboard, locale)
    }

    fn of_part(part: Part, locale: Locale) -> &'static Self {
        static NONE: Texts = Texts(BTreeMap::new());
        #[cfg(not(target_arch = "wasm32"))]
        if !Self::is_kept(part, locale) {
            Self::keep(part, locale, part.source(locale)).ok();
        }
        part.place(locale).get().unwrap_or(&NONE)
    }

    /// Whether this isolate has the texts of a part.
    #[must_use]
    pub fn is_kept(part: Part, locale: Locale) -> bool {
        part.place(locale).get().is_some()
    }

    /// Keeps the texts of a part, given its file, for as long as the isolate lives.
    ///
    /// # Errors
    /// When it cannot be read, such as a file of which only the beginning came. Nothing is kept
    /// then: shoppers would get messages without words until the isolate ends.
    pub fn keep(part: Part, locale: Locale, json: &str) -> serde_json::Result<()> {
        let mut texts = Self(json::from_str(json)?);
        if part == Part::Orders {
            for (key, text) in &Self::of(locale).0 {
                if key.starts_with("brand.") || key.starts_with("method.") {
                    texts.0.insert(key.clone(), text.clone());
                }
            }
        }
        // Another request may have been quicker, with the same.
        part.place(locale).set(texts).ok();
        Ok(())
    }

    /// Whether there is a text of this key.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The text of a key. A key without a text shows itself, which no test lets pass.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.0.get(key).map_or(key, String::as_str)
    }

    /// The text of a key, if there is one.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The text of a key with its gaps filled, see [`fill()`].
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.get(key), values)
    }

    /// The texts that the widget needs from the start, as JSON.
    pub fn for_widget(&self) -> Map<String, Value> {
        self.0
            .iter()
            .filter(|(key, _)| WIDGET_GROUPS.iter().any(|group| key.starts_with(group)))
            .map(|(key, text)| (key.clone(), Value::from(text.as_str())))
            .collect()
    }

    fn parse(json: &str) -> Self {
        // The files are compiled in, and a test reads them.
        Self(json::from_str(json).unwrap_or_default())
    }
}

/// A text with `{name}` replaced by values. Values are not searched again, so a store called
/// `{total}` stays what it is.
#[must_use]
pub fn fill(mut rest: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => text.push_str(value),
            None => text.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}').map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn a_file_of_which_only_the_beginning_came_is_refused() {
        for json in ["", r#"{"paid.subject":"Pa"#] {
            assert!(Texts::keep(Part::Mail, Locale::En, json).is_err());
        }
        assert!(Texts::of_mail(Locale::En).has("paid.subject"));
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        for of in [Texts::of, Texts::of_orders, Texts::of_mail] {
            let en = &of(Locale::En).0;
            let zh = &of(Locale::ZhCn).0;
            assert!(en.len() > 30, "the files are read");
            assert_eq!(en.keys().collect::<Vec<_>>(), zh.keys().collect::<Vec<_>>());
            for (key, text) in en {
                assert_eq!(placeholders(text), placeholders(&zh[key]), "{key}");
            }
        }
    }

    #[test]
    fn no_text_is_empty_or_left_in_english() {
        for of in [Texts::of, Texts::of_orders, Texts::of_mail] {
            for (key, zh) in &of(Locale::ZhCn).0 {
                assert!(!zh.trim().is_empty(), "{key}");
                // Some brands have one name everywhere, and figures have no language.
                if !key.starts_with("brand.") && key != "order.quantity" {
                    assert_ne!(zh, of(Locale::En).get(key), "{key}");
                }
            }
        }
    }

    #[test]
    fn the_dashboard_says_the_same_in_both_languages() {
        let en = &Texts::of_dashboard(Locale::En).0;
        let zh = &Texts::of_dashboard(Locale::ZhCn).0;
        assert!(en.len() > 10, "the files are read");
        assert_eq!(en.keys().collect::<Vec<_>>(), zh.keys().collect::<Vec<_>>());
        for (key, text) in en {
            assert_eq!(placeholders(text), placeholders(&zh[key]), "{key}");
            assert!(
                !text.trim().is_empty() && !zh[key].trim().is_empty(),
                "{key}"
            );
        }
    }

    #[test]
    fn every_decline_reason_has_a_text() {
        use causeway_shared::channel::DeclineReason::{self, *};
        // The match makes a new reason fail to compile until it is listed here.
        let listed = |reason: DeclineReason| match reason {
            AuthenticationFailed | CardDeclined | ConfigurationError | ExpiredCard
            | IncorrectCvc | IncorrectNumber | InsufficientFunds | LimitExceeded | NotSupported
            | ProcessingError | ShopperCancelled | RiskRefused | TimedOut => reason,
        };
        let all = [
            AuthenticationFailed,
            CardDeclined,
            ConfigurationError,
            ExpiredCard,
            IncorrectCvc,
            IncorrectNumber,
            InsufficientFunds,
            LimitExceeded,
            NotSupported,
            ProcessingError,
            ShopperCancelled,
            RiskRefused,
            TimedOut,
        ];
        for reason in all.map(listed) {
            let name = serde_json::to_value(reason).unwrap();
            let key = format!("decline.{}", name.as_str().unwrap());
            let text = Texts::of(Locale::En).get(&key);
            assert!(
                text.contains("Nothing was charged"),
                "{key} says what happened: {text}"
            );
        }
    }

    #[test]
    fn every_method_and_flow_has_a_text() {
        for key in [
            "method.card",
            "method.alipay",
            "method.wechat_pay",
            "hint.bridge",
            "hint.qr",
            "hint.redirect_desktop",
            "hint.redirect_phone",
        ] {
            assert_ne!(Texts::of(Locale::En).get(key), key);
        }
    }

    #[test]
    fn values_are_not_searched_again() {
        let texts = Texts(BTreeMap::from([(
            "k".to_owned(),
            "{a} and {b} {c".to_owned(),
        )]));
        assert_eq!(texts.fill("k", &[("a", "{b}"), ("b", "2")]), "{b} and 2 {c");
    }

    #[test]
    fn the_widget_gets_what_it_says_and_not_the_rest() {
        let texts = Texts::of(Locale::En).for_widget();
        assert!(texts.contains_key("decline.card_declined") && texts.contains_key("wait.title"));
        assert!(!texts.contains_key("problem.unavailable.text"));
        assert!(!texts.contains_key("leave_page.title"));
    }
}

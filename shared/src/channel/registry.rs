//! The registry of channels: one line of each table for a channel.

use super::{Channel, ChannelId, alipay, stripe, wechatpay};

/// The channel of an id.
#[must_use]
pub fn channel(id: ChannelId) -> &'static dyn Channel {
    match id {
        ChannelId::Alipay => &alipay::Alipay,
        ChannelId::Stripe => &stripe::Stripe,
        ChannelId::WechatPay => &wechatpay::WechatPay,
    }
}

impl ChannelId {
    /// All of them, in alphabetical order.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        &[Self::Alipay, Self::Stripe, Self::WechatPay]
    }

    /// The name in the API and in storage, the same as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alipay => "alipay",
            Self::Stripe => "stripe",
            Self::WechatPay => "wechat_pay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{FieldKind, Words};

    #[test]
    fn every_channel_is_registered_under_its_own_id() {
        for &id in ChannelId::all() {
            assert_eq!(channel(id).declaration().id, id);
            assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
        }
    }

    #[test]
    fn every_channel_can_be_shown_in_a_form_in_both_languages() {
        for &id in ChannelId::all() {
            let declaration = channel(id).declaration();
            assert!(!declaration.methods.is_empty());
            let mut names: Vec<&str> = declaration.fields.iter().map(|f| f.name).collect();
            if let Some(secret) = declaration.notice_secret {
                assert!(names.contains(&secret), "{id:?}");
            }
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), declaration.fields.len(), "{id:?}");
            for field in declaration.fields {
                check_words(field.name, field.label);
                check_words(field.name, field.help);
                assert!(field.help.en.ends_with('.'), "{}", field.name);
                assert!(field.help.zh_cn.ends_with('。'), "{}", field.name);
                assert!(field.label.en.chars().count() <= 40, "{}", field.name);
                assert!(!field.label.en.ends_with('.'), "{}", field.name);
                assert!(
                    !(field.kind.is_secret() && field.example.chars().count() > 12),
                    "{}",
                    field.name
                );
                if let FieldKind::Choice(choices) = field.kind {
                    assert!(choices.len() > 1, "{}", field.name);
                    for choice in choices {
                        check_words(choice.value, choice.label);
                    }
                }
            }
        }
    }

    /// English in one, Chinese in the other, and neither with a gap of a broken line.
    fn check_words(what: &str, words: Words) {
        let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(words.en.chars().any(|c| c.is_ascii_lowercase()), "{what}");
        assert!(words.zh_cn.chars().any(is_han), "{what}");
        for text in [words.en, words.zh_cn] {
            assert!(!text.contains("  ") && text.trim() == text, "{what}");
        }
    }
}

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

    #[test]
    fn every_channel_is_registered_under_its_own_id() {
        for &id in ChannelId::all() {
            assert_eq!(channel(id).declaration().id, id);
            assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
        }
    }

    #[test]
    fn every_channel_can_be_shown_in_a_form() {
        for &id in ChannelId::all() {
            let declaration = channel(id).declaration();
            assert!(!declaration.methods.is_empty());
            for field in declaration.fields {
                assert!(field.help.ends_with('.'), "{}", field.name);
                assert!(!field.help.contains("  "), "{}", field.name);
            }
        }
    }
}

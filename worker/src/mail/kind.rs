//! Which messages there are.

use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A payment came that did not fit the order.
    LatePayment,
    /// The way to one's orders.
    OrdersLink,
    /// The order was paid.
    Paid,
    /// The shopper asked for a refund.
    RefundAsked,
    /// The merchant declined it.
    RefundDeclined,
    /// Money was given back.
    RefundMade,
    /// A licence or a number of the store lapses; to its owners.
    RegistrationLapses,
    /// The order was sent.
    Shipped,
    /// The way into the dashboard.
    SignInLink,
}

impl MessageKind {
    /// All kinds, in the order in which an order meets them.
    pub const ALL: [Self; 9] = [
        Self::Paid,
        Self::Shipped,
        Self::RefundAsked,
        Self::RefundMade,
        Self::RefundDeclined,
        Self::LatePayment,
        Self::OrdersLink,
        Self::SignInLink,
        Self::RegistrationLapses,
    ];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LatePayment => "late_payment",
            Self::OrdersLink => "orders_link",
            Self::Paid => "paid",
            Self::RefundAsked => "refund_asked",
            Self::RefundDeclined => "refund_declined",
            Self::RefundMade => "refund_made",
            Self::RegistrationLapses => "registration_lapses",
            Self::Shipped => "shipped",
            Self::SignInLink => "sign_in_link",
        }
    }

    /// Reads the word of the API.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// Whether it is about an order; else it is a link that somebody asked for, or goes to owners.
    #[must_use]
    pub const fn is_about_order(self) -> bool {
        match self {
            Self::LatePayment
            | Self::Paid
            | Self::RefundAsked
            | Self::RefundDeclined
            | Self::RefundMade
            | Self::Shipped => true,
            Self::OrdersLink | Self::RegistrationLapses | Self::SignInLink => false,
        }
    }

    /// What a template of this kind can name in braces.
    #[must_use]
    pub const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::LatePayment => &[
                "store", "order", "link", "total", "items", "amount", "outcome",
            ],
            Self::OrdersLink | Self::SignInLink => &["store", "link", "minutes"],
            Self::Paid => &["store", "order", "link", "total", "items", "method"],
            Self::RefundAsked => &[
                "store", "order", "link", "total", "items", "amount", "reason",
            ],
            Self::RefundDeclined => &[
                "store",
                "order",
                "link",
                "total",
                "items",
                "amount",
                "reason",
                "explanation",
            ],
            Self::RefundMade => &[
                "store", "order", "link", "total", "items", "amount", "reason", "method",
            ],
            Self::RegistrationLapses => &[
                "store",
                "link",
                "registration",
                "number",
                "country",
                "date",
                "days",
            ],
            Self::Shipped => &[
                "store",
                "order",
                "link",
                "total",
                "items",
                "carrier",
                "tracking",
                "tracking_url",
            ],
        }
    }

    /// The text on the button that its link is.
    #[must_use]
    pub const fn button(self) -> &'static str {
        match self {
            Self::LatePayment
            | Self::Paid
            | Self::RefundAsked
            | Self::RefundDeclined
            | Self::RefundMade
            | Self::Shipped => "button.order",
            Self::OrdersLink => "button.orders",
            Self::RegistrationLapses => "button.settings",
            Self::SignInLink => "button.sign_in",
        }
    }

    /// The text at the foot that says why it came.
    #[must_use]
    pub const fn footer(self) -> &'static str {
        match self {
            Self::LatePayment
            | Self::Paid
            | Self::RefundAsked
            | Self::RefundDeclined
            | Self::RefundMade
            | Self::Shipped => "footer.order",
            Self::OrdersLink | Self::SignInLink => "footer.link",
            Self::RegistrationLapses => "footer.owners",
        }
    }
}

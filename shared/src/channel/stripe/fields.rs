//! The fields of an account at Stripe, and where a merchant finds their values.

use crate::channel::{FieldKind, FieldSpec, Words};

/// The fields, in the order in which a form asks for them.
pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec {
        name: "secret_key",
        kind: FieldKind::Secret,
        required: true,
        label: Words::new("Secret key", "密钥（Secret key）"),
        help: Words::new(
            "Stripe dashboard, Developers, API keys: the secret key, or a restricted key that \
             may write PaymentIntents, Charges and Refunds, and read balance transactions so that \
             fees are known, of a Stripe account that may use raw card data. In test mode it begins with sk_test_ or rk_test_.",
            "Stripe 后台，“Developers”中的“API keys”：密钥，或对 PaymentIntents、Charges 和 Refunds \
             有写权限的受限密钥（另需余额交易的读权限，才能得知手续费）；该 Stripe 账户须已获准使用原始卡数据。测试模式的密钥以 sk_test_ 或 rk_test_ 开头。",
        ),
        example: "sk_test_…",
    },
    FieldSpec {
        name: "webhook_secret",
        kind: FieldKind::Secret,
        required: false,
        label: Words::new(
            "Signing secret of notices",
            "通知签名密钥（Signing secret）",
        ),
        help: Words::new(
            "Save the account first: it then shows its notice address. Stripe dashboard, \
             Developers, Webhooks: add that address as an endpoint for payment_intent.*, \
             charge.refunded and refund.*, and copy the endpoint's signing secret. Until then \
             Stripe is only asked, and payments are known later.",
            "请先保存账户，之后会显示它的通知地址。Stripe 后台，“Developers”中的“Webhooks”：用该地址添加接收端，选择 \
             payment_intent.*、charge.refunded 和 refund.* 事件，并复制其签名密钥。在此之前只能主动查询 Stripe，\
             付款结果会晚些得知。",
        ),
        example: "whsec_…",
    },
];

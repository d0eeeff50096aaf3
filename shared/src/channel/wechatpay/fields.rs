//! The fields of an account at WeChat Pay, as the merchant platform calls them, and where a merchant finds their values.

use crate::channel::{FieldKind, FieldSpec, Words};

/// The fields, in the order in which a form asks for them.
pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec {
        name: "mchid",
        kind: FieldKind::Text,
        required: true,
        label: Words::new("Merchant number", "商户号"),
        help: Words::new(
            "8 to 10 digits: WeChat Pay merchant platform (pay.weixin.qq.com), Account \
             Center, Merchant Information.",
            "8 到 10 位数字：登录微信支付商户平台（pay.weixin.qq.com），在“账户中心”的“商户信息”中。",
        ),
        example: "1900000000",
    },
    FieldSpec {
        name: "appid",
        kind: FieldKind::Text,
        required: true,
        label: Words::new("App ID", "公众号或小程序 AppID"),
        help: Words::new(
            "Begins with wx: the official account or mini program that is bound to the \
             merchant number. Merchant platform, Product Center, AppID Accounts.",
            "以 wx 开头：与商户号绑定的公众号或小程序。商户平台，“产品中心”的“AppID账号管理”。",
        ),
        example: "wx0000000000000000",
    },
    FieldSpec {
        name: "merchant_serial",
        kind: FieldKind::Text,
        required: true,
        label: Words::new("Certificate serial number", "商户证书序列号"),
        help: Words::new(
            "40 hexadecimal digits, of your merchant API certificate: merchant platform, \
             Account Center, API Security.",
            "商户 API 证书的 40 位十六进制序列号：商户平台，“账户中心”的“API安全”。",
        ),
        example: "0000000000000000000000000000000000000000",
    },
    FieldSpec {
        name: "merchant_private_key",
        kind: FieldKind::SecretArea,
        required: true,
        label: Words::new("Merchant private key", "商户私钥"),
        help: Words::new(
            "The whole text of the file apiclient_key.pem, which was made with that certificate.",
            "与上述证书一同生成的文件 apiclient_key.pem 的全部内容。",
        ),
        example: "-----BEGIN…",
    },
    FieldSpec {
        name: "api_v3_key",
        kind: FieldKind::Secret,
        required: true,
        label: Words::new("APIv3 key", "APIv3 密钥"),
        help: Words::new(
            "The 32 letters and digits that you set yourself: merchant platform, Account \
             Center, API Security.",
            "您自己设置的 32 位字母和数字：商户平台，“账户中心”的“API安全”。",
        ),
        example: "",
    },
    FieldSpec {
        name: "public_key_id",
        kind: FieldKind::Text,
        required: false,
        label: Words::new("WeChat Pay public key ID", "微信支付公钥 ID"),
        help: Words::new(
            "Begins with PUB_KEY_ID_, and is shown beside the public key under API Security. \
             New merchants need it.",
            "以 PUB_KEY_ID_ 开头，显示在“API安全”的微信支付公钥旁。新商户必填。",
        ),
        example: "PUB_KEY_ID_…",
    },
    FieldSpec {
        name: "public_key",
        kind: FieldKind::Area,
        required: false,
        label: Words::new("WeChat Pay public key", "微信支付公钥"),
        help: Words::new(
            "The whole text of the file pub_key.pem, downloaded under API Security. It goes \
             with the ID above.",
            "从“API安全”下载的文件 pub_key.pem 的全部内容，与上面的 ID 成对。",
        ),
        example: "-----BEGIN PUBLIC KEY-----",
    },
    FieldSpec {
        name: "platform_certificates",
        kind: FieldKind::Area,
        required: false,
        label: Words::new("WeChat Pay platform certificates", "微信支付平台证书"),
        help: Words::new(
            "Only if your account still uses them: the certificates, one after the other. \
             Without them they are downloaded again for each request, which is slower.",
            "仅当您的账户仍在使用时需要：逐个粘贴证书内容。不填时，每次请求都会重新下载，速度较慢。",
        ),
        example: "-----BEGIN CERTIFICATE-----",
    },
];

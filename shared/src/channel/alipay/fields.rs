//! The fields of an account at Alipay, and where a merchant finds their values.

use crate::channel::{Choice, FieldKind, FieldSpec, Words};

/// What a contract for codes in the checkout can be for. Alipay assumes the second.
const PRECREATE: FieldKind = FieldKind::Choice(&[
    Choice {
        value: "QR_CODE_OFFLINE",
        label: Words::new("Order code payment (订单码支付)", "订单码支付"),
    },
    Choice {
        value: "FACE_TO_FACE_PAYMENT",
        label: Words::new("Face-to-face payment (当面付)", "当面付"),
    },
]);

/// The fields, in the order in which a form asks for them.
pub(super) const FIELDS: &[FieldSpec] = &[
    FieldSpec {
        name: "app_id",
        kind: FieldKind::Text,
        required: true,
        label: Words::new("App ID (APPID)", "应用 APPID"),
        help: Words::new(
            "The number of your app: open.alipay.com, Console, your app, at the top. In test \
             mode, the one of the sandbox app: Console, Sandbox.",
            "您的应用的编号：登录 open.alipay.com，进入“控制台”，打开应用，在页面顶部。测试模式请填写“控制台”中“沙箱”应用的 APPID。",
        ),
        example: "2021000000000000",
    },
    FieldSpec {
        name: "seller_id",
        kind: FieldKind::Text,
        required: false,
        label: Words::new("Merchant number (PID)", "商户号（PID）"),
        help: Words::new(
            "16 digits that begin with 2088: b.alipay.com, Account, Merchant information. If \
             you fill it in, notices for any other seller are refused.",
            "以 2088 开头的 16 位数字：登录 b.alipay.com，在“账户中心”的“商户信息”中。填写后，其他收款方的通知会被拒绝。",
        ),
        example: "2088000000000000",
    },
    FieldSpec {
        name: "precreate_product",
        kind: PRECREATE,
        required: false,
        label: Words::new("Product for codes in the checkout", "收银台二维码所用产品"),
        help: Words::new(
            "Only if shoppers are to scan a code in the checkout (flow `qr`): which of the \
             two products your contract is for. Alipay assumes the second when it is left out.",
            "仅当买家在收银台内扫码付款（流程 `qr`）时需要：您签约的是哪一个产品。不填时，支付宝按第二个处理。",
        ),
        example: "",
    },
    FieldSpec {
        name: "private_key",
        kind: FieldKind::SecretArea,
        required: true,
        label: Words::new("App private key", "应用私钥"),
        help: Words::new(
            "The private key that Alipay's key tool made for the app, as PKCS#1 or PKCS#8, \
             with or without BEGIN and END lines. It belongs to the public key that you \
             uploaded under Development settings, Signing method.",
            "支付宝密钥工具为应用生成的私钥，PKCS#1 或 PKCS#8 均可，可不带 BEGIN 和 END 行。与您在“开发设置”的“接口加签方式”中上传的公钥是一对。",
        ),
        example: "MII…",
    },
    FieldSpec {
        name: "alipay_public_key",
        kind: FieldKind::Area,
        required: false,
        label: Words::new("Alipay public key", "支付宝公钥"),
        help: Words::new(
            "Only when the app signs with a public key: the key of Alipay, not your app's. \
             Alipay shows it after you uploaded yours under Development settings, Signing \
             method.",
            "仅当应用使用“公钥”加签时需要：支付宝的公钥，不是应用公钥。在“开发设置”的“接口加签方式”中上传应用公钥后，由支付宝显示。",
        ),
        example: "MIIBIjANBgkq…",
    },
    FieldSpec {
        name: "app_cert",
        kind: FieldKind::Area,
        required: false,
        label: Words::new("App certificate", "应用公钥证书"),
        help: Words::new(
            "Only when the app signs with certificates: the whole text of the file \
             appCertPublicKey_….crt from Development settings, Signing method.",
            "仅当应用使用“公钥证书”加签时需要：从“开发设置”的“接口加签方式”下载的文件 appCertPublicKey_….crt 的全部内容。",
        ),
        example: "-----BEGIN CERTIFICATE-----",
    },
    FieldSpec {
        name: "alipay_cert",
        kind: FieldKind::Area,
        required: false,
        label: Words::new("Alipay certificate", "支付宝公钥证书"),
        help: Words::new(
            "Only when the app signs with certificates: the whole text of the file \
             alipayCertPublicKey_RSA2.crt from the same place.",
            "仅当应用使用“公钥证书”加签时需要：从同一处下载的文件 alipayCertPublicKey_RSA2.crt 的全部内容。",
        ),
        example: "-----BEGIN CERTIFICATE-----",
    },
    FieldSpec {
        name: "alipay_root_cert",
        kind: FieldKind::Area,
        required: false,
        label: Words::new("Alipay root certificate", "支付宝根证书"),
        help: Words::new(
            "Only when the app signs with certificates: the whole text of the file \
             alipayRootCert.crt from the same place.",
            "仅当应用使用“公钥证书”加签时需要：从同一处下载的文件 alipayRootCert.crt 的全部内容。",
        ),
        example: "-----BEGIN CERTIFICATE-----",
    },
];

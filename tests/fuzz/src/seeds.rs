//! The first inputs of every target: the recorded exchanges of `tests/transcripts`, and texts of
//! each form. They are written anew at each run, so that nothing is kept twice.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use base64ct::{Base64, Encoding};

use crate::messages::{answers_text, notice_text};
use crate::notices::unseal;
use crate::passkeys;
use crate::transcripts::{Transcript, of};

const CHANNELS: [&str; 3] = ["alipay", "stripe", "wechatpay"];

/// Writes them to `folder/TARGET/…`, and says how many there are.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path) -> io::Result<usize> {
    let mut count = 0;
    let mut known = HashSet::new();
    let mut put = |target: &str, seed: Vec<u8>| {
        // An account stands in many transcripts.
        if !known.insert((target.to_owned(), seed.clone())) {
            return io::Result::Ok(());
        }
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{count:04}")), seed)?;
        count += 1;
        Ok(())
    };
    for channel in CHANNELS {
        for transcript in of(channel, true) {
            for seed in notices(transcript) {
                put(&format!("{channel}_notice"), seed)?;
            }
        }
        for transcript in of(channel, false) {
            put(&format!("{channel}_answer"), answers(transcript))?;
            for seed in credentials(channel, transcript) {
                put("credentials", seed)?;
            }
        }
    }
    for seed in passkeys::seeds() {
        put("passkey", seed)?;
    }
    for (target, seeds) in TEXTS {
        for seed in *seeds {
            put(target, seed.as_bytes().to_vec())?;
        }
    }
    Ok(count)
}

fn notices(transcript: &Transcript) -> Vec<Vec<u8>> {
    let Some(notice) = &transcript.notice else {
        return Vec::new();
    };
    let seed = |how: &str, text: Vec<u8>| {
        let head = format!("{}\n{how}\n", transcript.name);
        [head.as_bytes(), &text].concat()
    };
    let text = || notice_text(&notice.headers, notice.body.as_bytes());
    let mut seeds = vec![seed("stranger", text()), seed("channel", text())];
    if let Some((kind, opened)) = unseal(&transcript.account(), &notice.body) {
        seeds.push(seed(&format!("sealed {kind}"), notice_text(&[], &opened)));
    }
    seeds
}

fn answers(transcript: &Transcript) -> Vec<u8> {
    let answers = transcript.exchanges.iter().map(|exchange| {
        let answer = &exchange.answer;
        (
            answer.status,
            answer.headers.as_slice(),
            answer.body.as_str(),
        )
    });
    let head = format!("{}\n?\n", transcript.name);
    [head.as_bytes(), &answers_text(answers)].concat()
}

/// Each long field of an account, as text and, where it is one PEM, as DER.
fn credentials(channel: &str, transcript: &Transcript) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (field, value) in &transcript.account.credentials {
        let head = |prefix: &str| format!("{channel}/\n{prefix}{field}\n").into_bytes();
        seeds.push([head(""), value.clone().into_bytes()].concat());
        let body: String = value.lines().filter(|l| !l.starts_with('-')).collect();
        if let Ok(der) = Base64::decode_vec(&body)
            && der.len() > 64
        {
            seeds.push([head("der "), der].concat());
        }
    }
    seeds
}

const ORDER: &str = r#"orders
{"items":[{"name":"Tea","sku":"tea","quantity":2,"unit_price":{"amount":"6.00","currency":"USD"},"image_url":"https://shop.example/tea.png"}],"shipping":{"amount":"1.00","currency":"USD"},"tax":{"amount":"0.34","currency":"USD"},"discount":{"amount":"1.00","currency":"USD"},"total":{"amount":"12.34","currency":"USD"},"shopper":{"email":"a@b.example","name":"A","phone":"1","country":"DE","locale":"en","wechat_openid":"o"},"description":"Tea","merchant_reference":"1","return_url":"https://shop.example/thanks?a=1","metadata":{"a":"b"},"capture":"manual","expires_at":"2026-11-22T05:00:00Z","methods":["card","alipay"]}"#;

const TEXTS: &[(&str, &[&str])] = &[
    // Short ones, so that their headers are what is changed.
    (
        "alipay_notice",
        &[
            "alipay/qr-05-notice-paid\nstranger\n\nsign_type=RSA2&sign=AA==&notify_type=trade_status_sync",
        ],
    ),
    (
        "stripe_notice",
        &[
            "stripe/notice_paid\nstranger\nstripe-signature: t=1795319369,v1=0\n\n{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":1,\"livemode\":false,\"data\":{\"object\":{}}}",
            "stripe/notice_paid\nstranger\nstripe-signature: t=1795319369,v1=\n\n{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":1,\"livemode\":false,\"data\":{\"object\":{}}}",
            "stripe/notice_paid\nstranger\nstripe-signature: t=1795319369,v0=0\n\n{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":1,\"livemode\":false,\"data\":{\"object\":{}}}",
            "stripe/notice_paid\nstranger\nstripe-signature: t=1795319369\n\n{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":1,\"livemode\":false,\"data\":{\"object\":{}}}",
        ],
    ),
    (
        "wechatpay_notice",
        &["wechatpay/notice_paid\nsealed OTHER\n\n{}"],
    ),
    (
        "body",
        &[
            ORDER,
            "carts\n{\"items\":[{\"sku\":\"tea\",\"quantity\":1}],\"currency\":\"USD\",\"shopper\":{},\"locale\":\"en\",\"return_url\":\"https://a.example/\"}",
            "attempts\n{\"id\":\"att_01040G2081040G2081040G2081\",\"method\":\"card\",\"account\":\"acc_demo_0123456789\",\"device\":\"desktop\",\"envelope\":\"AAAA\",\"browser\":{\"language\":\"en\"}}",
            "refunds\n{\"amount\":{\"amount\":\"1.00\",\"currency\":\"USD\"},\"attempt\":\"att_01040G2081040G2081040G2081\",\"reason\":\"Broken\"}",
            "captures\n{\"amount\":{\"amount\":\"1.00\",\"currency\":\"USD\"}}",
            "cancels\n{\"reason\":\"fraudulent\"}",
            "keys\n{\"kind\":\"secret\",\"label\":\"a\"}",
            "accounts\n{\"channel\":\"stripe\",\"label\":\"a\",\"credentials\":{\"secret_key\":\"sk\"},\"enabled\":true,\"methods\":[\"card\"]}",
            "account\n{\"label\":\"a\",\"credentials\":{\"secret_key\":\"sk\"},\"enabled\":false}",
            "endpoints\n{\"url\":\"https://shop.example/hook\",\"events\":[\"order.paid\"],\"description\":\"a\"}",
            "endpoint\n{\"enabled\":true,\"events\":[\"order.paid\"]}",
            "prices\n{\"name\":\"Tea\",\"description\":\"d\",\"image_url\":\"https://a.example/a.png\",\"prices\":[{\"amount\":\"1.00\",\"currency\":\"USD\"}],\"active\":true}",
            "store\n{\"name\":\"Tea\",\"allowed_origins\":[\"https://shop.example\"],\"default_locale\":\"en\",\"country\":\"DE\",\"card_lane\":{\"lane\":\"worker_key\",\"statement\":\"saq_d_assessed\"},\"late_payments\":\"refund\",\"tills\":1}",
            "url\nhttps://shop.example:8443/a/b?c=d#e",
            "url\nhttp://localhost:8788/",
        ],
    ),
    (
        "card",
        &[
            r#"{"number":"4242424242424242","exp_month":12,"exp_year":2029,"cvc":"123","name":"CHEN WEI"}"#,
            r#"{"number":"378282246310005","exp_month":1,"exp_year":2031,"cvc":"","name":"\u9f99 \"\\/\n"}"#,
            "4242 4242 4242 4242",
            "6212345678901232",
            "12/29",
            "2029-12",
            "１２／２９",
        ],
    ),
    (
        "envelope",
        &[
            "r4242424242424242",
            "k",
            "c",
            "c\u{0}\u{9}a",
            "s{\"number\":\"4242424242424242\"}",
            "p",
        ],
    ),
    (
        "id",
        &[
            "01M80P4A90000G2081040G2081",
            "01M80P4A90000G2081040G208101",
            "att_01040G2081040G2081040G2081",
            "ref_01040G2081040G2081040G2081",
            "evt_01040G2081040G2081040G2081",
            "whe_01040G2081040G2081040G2081",
            "acc_demo_0123456789",
            "demo",
            "sk_test_demo_0123456789abcdefghijABCDEFGHIJ01",
            "pk_live_demo_0123456789abcdefghijABCDEFGHIJ01",
            "ct_demo_01M80P4A90000G2081040G2081_01M80P4A90000G2081040G2081",
            "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "1795319541000_evt_01040G2081040G2081040G2081",
        ],
    ),
    (
        "money",
        &[
            r#"{"amount":"12.34","currency":"USD"}"#,
            "USD\n12.34\n0.01\n7.25",
            "JPY\n-1000\n3\n0.0001",
            "CLF\n1.2345\n9007199254740991\n150",
            "KWD\n90071992547.409\n1\n-3",
        ],
    ),
    (
        "time",
        &[
            "2026-11-22T03:04:05.678Z",
            "2026-11-22T11:04:05+08:00",
            "2026-11-22 11:04:05",
            "2000-02-29t23:59:59.999999-23:59",
            "1795319541000",
        ],
    ),
];

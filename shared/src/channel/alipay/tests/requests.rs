//! What is sent, and where shoppers are sent to.

use super::*;
use crate::channel::testing::run_offline;
use crate::channel::{Action, DeclineReason, Status};
use crate::sign::{Algorithm, Step, ToVerify};

fn redirect(payment: &Payment<'_>) -> String {
    let reported = run_offline(Alipay.create(BASE, payment, &fresh())).unwrap();
    match reported.status {
        Status::RequiresAction(Action::Redirect { url }) => url,
        other => panic!("{other:?}"),
    }
}

/// The request that is sent first, as it is; the answer is no concern here.
fn first_request<T>(next: Next<T>) -> Request {
    let mut first = None;
    let _ = run(next, |request| {
        first.get_or_insert(request);
        Response::new(503, "text/plain", "")
    });
    first.unwrap()
}

/// Checks the signature of a request's parameters with the merchant's public key, and gives the
/// text that it covers.
fn signed_text(pairs: &str) -> String {
    let mut pairs: Vec<(String, String)> = parse(pairs.as_bytes()).into_owned().collect();
    let at = pairs.iter().position(|(name, _)| name == "sign").unwrap();
    let (_, signature) = pairs.remove(at);
    pairs.sort();
    let text: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let text = text.join("&");
    let pem = TestKey::named("merchant").public;
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let to_verify = ToVerify {
        algorithm: Algorithm::RsaSha256,
        key_spki: Base64::decode_vec(&lines.collect::<String>()).unwrap(),
        message: text.clone().into_bytes(),
        signature: Base64::decode_vec(&signature).unwrap(),
    };
    run_offline(Ok(Step::verify(to_verify, || Ok(Step::Done(()))))).unwrap();
    text
}

#[test]
fn page_pay_is_a_signed_url_and_sends_nothing() {
    let shop = Shop::new(account());
    let url = redirect(&shop.payment(Flow::RedirectDesktop));
    let (address, query) = url.split_once('?').unwrap();
    assert_eq!(address, "https://gateway.test/gateway.do");
    assert_eq!(
        signed_text(query),
        "app_id=2021000000000001&biz_content={\"out_trade_no\":\"01KDWQ6J8M3V5T2R9XAZB4C7DE01\",\
         \"product_code\":\"FAST_INSTANT_TRADE_PAY\",\"total_amount\":\"88.88\",\
         \"subject\":\"测试 item\",\"time_expire\":\"2026-01-02 03:34:05\"}&charset=utf-8&\
         format=JSON&method=alipay.trade.page.pay&\
         notify_url=https://pay.example.com/notices/acc_demo_0123456789&\
         return_url=https://pay.example.com/return/acc_demo_0123456789/r?a=1&b=2&\
         sign_type=RSA2&timestamp=2026-01-02 03:04:05&version=1.0"
    );
    let (before_sign, _) = query.split_once("&sign=").unwrap();
    assert_eq!(
        before_sign,
        "app_id=2021000000000001&biz_content=%7B%22out_trade_no%22%3A%22\
         01KDWQ6J8M3V5T2R9XAZB4C7DE01%22%2C%22product_code%22%3A%22FAST_INSTANT_TRADE_PAY%22%2C\
         %22total_amount%22%3A%2288.88%22%2C%22subject%22%3A%22%E6%B5%8B%E8%AF%95+item%22%2C\
         %22time_expire%22%3A%222026-01-02+03%3A34%3A05%22%7D&charset=utf-8&format=JSON&\
         method=alipay.trade.page.pay&\
         notify_url=https%3A%2F%2Fpay.example.com%2Fnotices%2Facc_demo_0123456789&\
         return_url=https%3A%2F%2Fpay.example.com%2Freturn%2Facc_demo_0123456789%2Fr%3F\
         a%3D1%26b%3D2&sign_type=RSA2&timestamp=2026-01-02+03%3A04%3A05&version=1.0"
    );
}

#[test]
fn wap_pay_brings_the_shopper_back_when_they_quit() {
    let shop = Shop::new(account());
    let url = redirect(&shop.payment(Flow::RedirectPhone));
    let text = signed_text(url.split_once('?').unwrap().1);
    assert!(text.contains(
        "biz_content={\"out_trade_no\":\"01KDWQ6J8M3V5T2R9XAZB4C7DE01\",\
         \"product_code\":\"QUICK_WAP_WAY\",\"total_amount\":\"88.88\",\
         \"subject\":\"测试 item\",\"time_expire\":\"2026-01-02 03:34:05\",\
         \"quit_url\":\"https://pay.example.com/return/acc_demo_0123456789/r?a=1&b=2\"}"
    ));
    assert!(text.contains("&method=alipay.trade.wap.pay&"));
}

#[test]
fn precreate_has_its_parameters_in_the_url_and_its_content_in_the_body() {
    let shop = Shop::new(account());
    let request = first_request(Alipay.create(BASE, &shop.payment(Flow::Qr), &fresh()));
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded;charset=utf-8")
    );
    assert_eq!(
        String::from_utf8(request.body.clone()).unwrap(),
        "biz_content=%7B%22out_trade_no%22%3A%2201KDWQ6J8M3V5T2R9XAZB4C7DE01%22%2C\
         %22total_amount%22%3A%2288.88%22%2C%22subject%22%3A%22%E6%B5%8B%E8%AF%95+item%22%2C\
         %22time_expire%22%3A%222026-01-02+03%3A34%3A05%22%7D"
    );
    let query = request
        .url
        .strip_prefix("https://gateway.test/gateway.do?")
        .unwrap();
    let (before_sign, _) = query.split_once("&sign=").unwrap();
    assert_eq!(
        before_sign,
        "app_id=2021000000000001&charset=utf-8&format=JSON&method=alipay.trade.precreate&\
         notify_url=https%3A%2F%2Fpay.example.com%2Fnotices%2Facc_demo_0123456789&\
         sign_type=RSA2&timestamp=2026-01-02+03%3A04%3A05&version=1.0"
    );
    let body = String::from_utf8(request.body.clone()).unwrap();
    signed_text(&format!("{query}&{body}"));
}

#[test]
fn precreate_names_the_product_that_the_merchant_has() {
    for product in ["QR_CODE_OFFLINE", "FACE_TO_FACE_PAYMENT"] {
        let shop = Shop::new(account_with(&[("precreate_product", product)]));
        let request = first_request(Alipay.create(BASE, &shop.payment(Flow::Qr), &fresh()));
        let body = String::from_utf8(request.body.clone()).unwrap();
        let named = format!("%22product_code%22%3A%22{product}%22");
        assert!(body.contains(&named), "{body}");
    }
}

#[test]
fn certificate_mode_names_both_certificates() {
    let shop = Shop::new(certificate_account());
    let text = signed_text(
        redirect(&shop.payment(Flow::RedirectDesktop))
            .split_once('?')
            .unwrap()
            .1,
    );
    assert!(text.starts_with(&format!(
        "alipay_root_cert_sn={}&app_cert_sn={}&app_id=2021000000000001&",
        certificate("root", "serial"),
        certificate("app", "serial")
    )));
}

#[test]
fn the_other_calls_say_which_trade_and_no_more() {
    let shop = Shop::new(account());
    let payment = shop.payment(Flow::Qr);
    let content = |request: Request| {
        assert!(parameter(&request, "notify_url").is_none());
        parameter(&request, "biz_content").unwrap()
    };
    let query = first_request(Alipay.query(BASE, &payment, &fresh()));
    assert_eq!(
        content(query),
        r#"{"out_trade_no":"01KDWQ6J8M3V5T2R9XAZB4C7DE01"}"#
    );
    let close = first_request(Alipay.close(BASE, &payment, &fresh()));
    assert_eq!(
        content(close),
        r#"{"out_trade_no":"01KDWQ6J8M3V5T2R9XAZB4C7DE01"}"#
    );
    let refund = first_request(Alipay.refund(BASE, &payment, &shop.refund(), &fresh()));
    assert_eq!(
        content(refund),
        r#"{"out_trade_no":"01KDWQ6J8M3V5T2R9XAZB4C7DE01","refund_amount":"8.80","out_request_no":"ref_06ANP5V7Q8W9X0Y1Z2A3B4C5D6","refund_reason":"too small"}"#
    );
    let asked = first_request(Alipay.query_refund(BASE, &payment, &shop.refund(), &fresh()));
    assert_eq!(
        content(asked),
        r#"{"out_trade_no":"01KDWQ6J8M3V5T2R9XAZB4C7DE01","out_request_no":"ref_06ANP5V7Q8W9X0Y1Z2A3B4C5D6","query_options":["gmt_refund_pay"]}"#
    );
}

#[test]
fn texts_are_cut_at_characters_and_cleaned() {
    let shop = Shop::new(account());
    let long = "茶".repeat(300);
    for (description, subject) in [
        (long.as_str(), "茶".repeat(256)),
        (
            "  Tea & cake = 1/2\nkg ",
            "Tea ＆ cake ＝ 1／2 kg".to_owned(),
        ),
        (" \t ", REFERENCE.to_owned()),
    ] {
        let payment = Payment {
            description,
            ..shop.payment(Flow::Qr)
        };
        let request = first_request(Alipay.create(BASE, &payment, &fresh()));
        let content = parameter(&request, "biz_content").unwrap();
        let content: serde_json::Value = serde_json::from_str(&content).unwrap();
        assert_eq!(content["subject"], subject);
    }
    let refund = RefundOrder {
        reason: Some(&long),
        ..shop.refund()
    };
    let request = first_request(Alipay.refund(BASE, &shop.payment(Flow::Qr), &refund, &fresh()));
    let content = parameter(&request, "biz_content").unwrap();
    let content: serde_json::Value = serde_json::from_str(&content).unwrap();
    assert_eq!(content["refund_reason"], "茶".repeat(256));
    let refund = RefundOrder {
        reason: Some(" "),
        ..shop.refund()
    };
    let request = first_request(Alipay.refund(BASE, &shop.payment(Flow::Qr), &refund, &fresh()));
    assert!(
        !parameter(&request, "biz_content")
            .unwrap()
            .contains("refund_reason")
    );
}

#[test]
fn the_time_to_pay_is_held_to_what_alipay_allows() {
    let shop = Shop::new(account());
    for (seconds, expire) in [
        (1, "2026-01-02 03:05:05"),
        (61, "2026-01-02 03:05:06"),
        (40 * 24 * 3600, "2026-01-17 03:04:05"),
    ] {
        let expires_at = now().plus_seconds(seconds);
        let payment = Payment {
            expires_at,
            ..shop.payment(Flow::Qr)
        };
        let request = first_request(Alipay.create(BASE, &payment, &fresh()));
        let content = parameter(&request, "biz_content").unwrap();
        assert!(
            content.contains(&format!(r#""time_expire":"{expire}""#)),
            "{content}"
        );
    }
}

#[test]
fn an_expired_order_is_declined_without_a_request() {
    let shop = Shop::new(account());
    for flow in [Flow::Qr, Flow::RedirectDesktop, Flow::RedirectPhone] {
        let payment = Payment {
            expires_at: now(),
            ..shop.payment(flow)
        };
        let reported = run_offline(Alipay.create(BASE, &payment, &fresh())).unwrap();
        assert!(matches!(
            reported.status,
            Status::Declined(decline) if decline.reason == DeclineReason::TimedOut
        ));
    }
}

#[test]
fn what_alipay_cannot_do_is_refused_before_anything_is_sent() {
    let shop = Shop::new(account());
    let usual = || shop.payment(Flow::Qr);
    let long = format!("https://pay.example.com/{}", "x".repeat(300));
    let payments = [
        Payment {
            flow: Flow::Bridge,
            ..usual()
        },
        Payment {
            flow: Flow::Card,
            ..usual()
        },
        Payment {
            method: Method::Card,
            ..usual()
        },
        Payment {
            capture: CaptureMode::Manual,
            ..usual()
        },
        Payment {
            amount: yuan("0.00"),
            ..usual()
        },
        Payment {
            amount: yuan("100000000.01"),
            ..usual()
        },
        Payment {
            amount: Money::parse("1.00", Currency::USD).unwrap(),
            ..usual()
        },
        Payment {
            notice_url: &long,
            ..usual()
        },
    ];
    for payment in payments {
        let result = run_offline(Alipay.create(BASE, &payment, &fresh()));
        assert!(
            matches!(result, Err(ChannelError::Unsupported(_))),
            "{payment:?}"
        );
    }
    let result = run_offline(Alipay.capture(BASE, &usual(), yuan("1.00"), &fresh()));
    assert!(matches!(result, Err(ChannelError::Unsupported(_))));
    for amount in [yuan("0.00"), Money::parse("1.00", Currency::USD).unwrap()] {
        let refund = RefundOrder {
            amount,
            ..shop.refund()
        };
        let result = run_offline(Alipay.refund(BASE, &usual(), &refund, &fresh()));
        assert!(matches!(result, Err(ChannelError::Unsupported(_))));
    }
}

#[test]
fn hosts_and_acknowledgements() {
    let mut account = account();
    assert_eq!(
        Alipay.host(&account),
        "https://openapi-sandbox.dl.alipaydev.com"
    );
    account.mode = Mode::Live;
    assert_eq!(Alipay.host(&account), "https://openapi.alipay.com");
    assert_eq!(Alipay.acknowledge().status, 200);
    assert_eq!(Alipay.acknowledge().body, b"success");
    assert_eq!(Alipay.reject().body, b"fail");
}

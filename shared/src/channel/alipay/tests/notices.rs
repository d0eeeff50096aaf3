//! Notices: what they say, and which are not believed.

use form_urlencoded::Serializer;

use super::*;
use crate::channel::alipay::notice::Form;
use crate::channel::testing::run_offline;
use crate::channel::{
    Fact, Noticed, PaymentProof, RefundReported, RefundStatus, Reported, Source, Status, Subject,
};

/// A notice's fields, all but the signature.
type Fields = Vec<(&'static str, String)>;

fn fields(changes: &[(&'static str, &str)]) -> Fields {
    let mut fields: Fields = [
        ("gmt_create", "2026-01-02 03:04:10"),
        ("charset", "utf-8"),
        ("subject", "测试 100% + item"),
        ("buyer_id", "2088102534368455"),
        ("notify_id", "2026010200222030408068450559358070"),
        (
            "fund_bill_list",
            r#"[{"amount":"88.88","fundChannel":"ALIPAYACCOUNT"}]"#,
        ),
        ("notify_type", "trade_status_sync"),
        ("trade_status", "TRADE_SUCCESS"),
        ("receipt_amount", "88.00"),
        ("buyer_pay_amount", "80.00"),
        ("sign_type", "RSA2"),
        ("app_id", APP_ID),
        ("seller_id", "2088531891668739"),
        ("gmt_payment", "2026-01-02 03:04:15"),
        ("notify_time", "2026-01-02 03:04:16"),
        ("version", "1.0"),
        ("out_trade_no", REFERENCE),
        ("total_amount", "88.88"),
        ("trade_no", TRADE_NO),
        ("body", ""),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        if *value != "-" {
            fields.push((name, (*value).to_owned()));
        }
    }
    fields
}

/// The body that Alipay posts, signed by the key `signer`. The text is put together here, not by
/// the code under test: sorted, decoded, without `sign_type`.
fn posted(signer: &str, mut fields: Fields) -> Vec<u8> {
    fields.sort();
    let pairs: Vec<String> = fields
        .iter()
        .filter(|(name, _)| *name != "sign_type")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let signature = TestKey::named(signer).sign(pairs.join("&").as_bytes());
    fields.push(("sign", Base64::encode_string(&signature)));
    Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
        .into_bytes()
}

fn read_as(account: &Account, body: Vec<u8>, now: UnixTime) -> Result<Noticed, ChannelError> {
    let notice = Request::post(
        BASE,
        "application/x-www-form-urlencoded; charset=utf-8",
        body,
    );
    run_offline(Alipay.read_notice(BASE, account, &notice, &Fresh { now, ..fresh() }))
}

fn read(changes: &[(&'static str, &str)]) -> Result<Noticed, ChannelError> {
    read_as(
        &account(),
        posted("channel", fields(changes)),
        now().plus_seconds(12),
    )
}

#[track_caller]
fn assert_unauthentic(result: Result<Noticed, ChannelError>) {
    assert!(
        matches!(result, Err(ChannelError::Unauthentic(_))),
        "{result:?}"
    );
}

#[track_caller]
fn assert_malformed(result: Result<Noticed, ChannelError>) {
    assert!(
        matches!(result, Err(ChannelError::Malformed(_))),
        "{result:?}"
    );
}

fn payment(noticed: Noticed) -> (Subject, Reported) {
    match noticed.facts.into_iter().next() {
        Some(Fact::Payment { subject, reported }) => (subject, reported),
        other => panic!("{other:?}"),
    }
}

fn proof(noticed: Noticed) -> PaymentProof {
    match payment(noticed).1.status {
        Status::Paid(proof) => proof,
        other => panic!("{other:?}"),
    }
}

fn subject() -> Subject {
    Subject {
        reference: Some(Reference::parse(REFERENCE).unwrap()),
        channel_number: Some(TRADE_NO.to_owned()),
    }
}

#[test]
fn a_payment() {
    let noticed = read(&[]).unwrap();
    assert_eq!(noticed.notice_id, "2026010200222030408068450559358070");
    assert_eq!(noticed.facts.len(), 1);
    let (about, reported) = payment(noticed.clone());
    assert_eq!(about, subject());
    assert_eq!(reported.channel_number.as_deref(), Some(TRADE_NO));
    let proof = proof(noticed);
    assert_eq!(proof.source(), Source::Notice);
    assert_eq!(proof.account(), Some(&account().id));
    assert_eq!(proof.reference().unwrap().as_str(), REFERENCE);
    assert_eq!(proof.channel_number(), TRADE_NO);
    // The order's amount, not what is left of it after fees or coupons.
    assert_eq!(proof.amount(), yuan("88.88"));
    assert_eq!(proof.at().rfc3339(), "2026-01-01T19:04:15.000Z");
}

#[test]
fn each_status_of_a_trade() {
    let status = |changes: &[(&'static str, &str)]| payment(read(changes).unwrap()).1.status;
    assert!(matches!(
        status(&[("trade_status", "TRADE_FINISHED")]),
        Status::Paid(_)
    ));
    for unknown in ["WAIT_BUYER_PAY", "TRADE_PENDING", "trade_success", "-"] {
        assert_eq!(status(&[("trade_status", unknown)]), Status::Pending);
    }
    let closed = ("trade_status", "TRADE_CLOSED");
    assert_eq!(status(&[closed, ("gmt_payment", "-")]), Status::Closed);
    assert!(matches!(status(&[closed]), Status::Paid(_)));
}

#[test]
fn a_refund_is_told_without_an_amount() {
    let reported = RefundReported {
        channel_number: None,
        status: RefundStatus::Pending,
    };
    for (id, refund) in [
        (REFUND, Some(RefundId::parse(REFUND).unwrap())),
        (TRADE_NO, None),
        ("-", None),
    ] {
        // The form of a real one: fraction of a second, sum of all refunds.
        let noticed = read(&[
            ("trade_status", "TRADE_CLOSED"),
            ("gmt_refund", "2026-01-02 03:04:15.143"),
            ("refund_fee", "88.88"),
            ("out_biz_no", id),
        ])
        .unwrap();
        assert!(matches!(payment(noticed.clone()).1.status, Status::Paid(_)));
        assert_eq!(
            noticed.facts[1..],
            [Fact::Refund {
                subject: subject(),
                refund,
                reported: reported.clone()
            }]
        );
    }
    // A payment's notice may state that nothing was refunded.
    assert_eq!(read(&[("refund_fee", "0.00")]).unwrap().facts.len(), 1);
    assert_eq!(read(&[("refund_fee", "0.01")]).unwrap().facts.len(), 2);
}

#[test]
fn other_amounts_currencies_and_orders_come_out_as_they_are() {
    assert_eq!(
        proof(read(&[("total_amount", "0.01")]).unwrap()).amount(),
        yuan("0.01")
    );
    let dollars = Money::parse("88.88", Currency::USD).unwrap();
    assert_eq!(
        proof(read(&[("trans_currency", "USD")]).unwrap()).amount(),
        dollars
    );
    let other = "01KDWQ6J8M3V5T2R9XAZB4C7DE02";
    let noticed = read(&[("out_trade_no", other)]).unwrap();
    assert_eq!(
        payment(noticed.clone()).0.reference.unwrap().as_str(),
        other
    );
    assert_eq!(proof(noticed).reference().unwrap().as_str(), other);
}

#[test]
fn a_trade_that_is_not_ours_is_acknowledged_and_forgotten() {
    for number in ["20190815155618536-564-57", "-"] {
        let noticed = read(&[("out_trade_no", number)]).unwrap();
        assert_eq!(noticed.facts, []);
    }
}

#[test]
fn a_repeated_notice_has_the_same_id() {
    let body = posted("channel", fields(&[]));
    let first = read_as(&account(), body.clone(), now().plus_seconds(12)).unwrap();
    let again = read_as(&account(), body, now().plus_seconds(15 * 3600)).unwrap();
    assert_eq!(first, again);
}

#[test]
fn rejects_a_changed_body() {
    let body = String::from_utf8(posted("channel", fields(&[]))).unwrap();
    let at = now().plus_seconds(12);
    assert!(read_as(&account(), body.clone().into_bytes(), at).is_ok());
    for (from, to) in [
        ("total_amount=88.88", "total_amount=88.89"),
        (
            "total_amount=88.88",
            "total_amount=88.88&trans_currency=USD",
        ),
        ("TRADE_SUCCESS", "TRADE_CLOSED"),
        (REFERENCE, "01KDWQ6J8M3V5T2R9XAZB4C7DE02"),
        ("body=&", ""),
        ("notify_type=trade_status_sync", "notify_type=other"),
        ("version=1.0", "version=1.0&extra=1"),
        ("100%25+%2B+item", "100%25+++item"),
    ] {
        assert!(body.contains(from), "{from}");
        assert_unauthentic(read_as(
            &account(),
            body.replacen(from, to, 1).into_bytes(),
            at,
        ));
    }
}

#[test]
fn rejects_another_key_and_another_algorithm() {
    let at = now().plus_seconds(12);
    // Not even our own: the merchant's key signs requests.
    for signer in ["stranger", "merchant"] {
        assert_unauthentic(read_as(&account(), posted(signer, fields(&[])), at));
    }
    for sign_type in ["RSA", "rsa2", "MD5", "-"] {
        assert_unauthentic(read(&[("sign_type", sign_type)]));
    }
    let body = String::from_utf8(posted("channel", fields(&[]))).unwrap();
    let (unsigned, _) = body.split_once("&sign=").unwrap();
    for sign in ["", "&sign=", "&sign=%25%25", "&sign=QUJD"] {
        assert_unauthentic(read_as(
            &account(),
            format!("{unsigned}{sign}").into_bytes(),
            at,
        ));
    }
}

#[test]
fn rejects_an_old_notice() {
    let body = || posted("channel", fields(&[]));
    let sent = UnixTime::parse_beijing("2026-01-02 03:04:16").unwrap();
    let oldest = 25 * 3600 + 600;
    assert!(read_as(&account(), body(), sent.plus_seconds(oldest)).is_ok());
    assert_unauthentic(read_as(&account(), body(), sent.plus_seconds(oldest + 1)));
    for time in ["-", "", "yesterday", "2026-01-02T03:04:16Z"] {
        assert_malformed(read(&[("notify_time", time)]));
    }
}

#[test]
fn rejects_another_merchants_notice() {
    // In certificate mode, Alipay signs for all merchants with one key.
    let at = now().plus_seconds(12);
    assert!(read_as(&certificate_account(), posted("channel", fields(&[])), at).is_ok());
    assert_unauthentic(read(&[("app_id", "2021000000000002")]));
    assert_unauthentic(read(&[("app_id", "-")]));
    let account = account_with(&[("seller_id", "2088531891668739")]);
    let read_seller = |seller: &str| {
        read_as(
            &account,
            posted("channel", fields(&[("seller_id", seller)])),
            at,
        )
    };
    assert!(read_seller("2088531891668739").is_ok());
    assert_unauthentic(read_seller("2088531891668730"));
    assert_unauthentic(read_seller("-"));
}

#[test]
fn rejects_what_is_no_notice() {
    assert_malformed(read(&[("notify_id", "-")]));
    assert_malformed(read(&[("notify_id", &"1".repeat(129))]));
    for id in ["1\u{8}1", "1 1", "支付"] {
        assert_malformed(read(&[("notify_id", id)]));
    }
    for amount in ["-", "", "88.888", "88,88", "0.00", "-1.00", "1e3"] {
        assert_malformed(read(&[(
            "total_amount",
            if amount == "-" { "" } else { amount },
        )]));
    }
    assert_malformed(read(&[("trade_no", "-")]));
    assert_malformed(read(&[("trans_currency", "XXX")]));
    let at = now().plus_seconds(12);
    let body = String::from_utf8(posted("channel", fields(&[]))).unwrap();
    assert_malformed(read_as(
        &account(),
        format!("{body}&app_id=1").into_bytes(),
        at,
    ));
    assert_malformed(read_as(&account(), format!("{body}&=1").into_bytes(), at));
    assert_malformed(read_as(
        &account(),
        format!("{body}&%ff=1").into_bytes(),
        at,
    ));
    assert_malformed(read_as(
        &account(),
        format!("{body}&x={}", "1".repeat(70_000)).into(),
        at,
    ));
    let many: String = (0..300).map(|n| format!("&x{n}=1")).collect();
    assert_malformed(read_as(
        &account(),
        format!("{body}{many}").into_bytes(),
        at,
    ));
    assert_unauthentic(read_as(&account(), Vec::new(), at));
    let get = Request::get(format!("{BASE}?{body}"));
    assert_malformed(run_offline(Alipay.read_notice(
        BASE,
        &account(),
        &get,
        &fresh(),
    )));
}

#[test]
fn the_signed_text_is_in_the_bytes_of_the_notices_character_set() {
    // "中" in GBK is D6 D0, which is no UTF-8.
    let body = b"charset=gbk&notify_type=trade_status_sync&sign_type=RSA2&subject=%D6%D0+%2525";
    let signed = Form::parse(body).unwrap().signed();
    assert_eq!(
        signed,
        b"charset=gbk&notify_type=trade_status_sync&subject=\xd6\xd0 %25"
    );
}

//! Notices: what is rejected, and what the others say.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use super::*;
use crate::channel::{Decline, DeclineReason, Fact, Subject};

/// A notice before it is signed.
struct Draft {
    id: String,
    event: &'static str,
    resource: String,
    api_v3_key: &'static str,
    algorithm: &'static str,
}

impl Draft {
    fn payment(resource: &str) -> Self {
        Self {
            id: "EV-2018022511223320873".to_owned(),
            event: "TRANSACTION.SUCCESS",
            resource: resource.to_owned(),
            api_v3_key: API_V3_KEY,
            algorithm: "AEAD_AES_256_GCM",
        }
    }

    fn refund(event: &'static str, resource: &str) -> Self {
        Self {
            event,
            ..Self::payment(resource)
        }
    }

    fn body(&self) -> String {
        let cipher = Aes256Gcm::new_from_slice(self.api_v3_key.as_bytes()).unwrap();
        let nonce = Nonce::try_from(b"fdasflkja484".as_slice()).unwrap();
        let payload = Payload {
            msg: self.resource.as_bytes(),
            aad: b"transaction",
        };
        let ciphertext = Base64::encode_string(&cipher.encrypt(&nonce, payload).unwrap());
        serde_json::json!({
            "id": self.id,
            "create_time": "2023-11-15T06:13:26+08:00",
            "resource_type": "encrypt-resource",
            "event_type": self.event,
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction",
                "algorithm": self.algorithm,
                "ciphertext": ciphertext,
                "associated_data": "transaction",
                "nonce": "fdasflkja484",
            },
        })
        .to_string()
    }

    fn signed(&self, signing: &Signing) -> Request {
        let body = self.body();
        let mut notice = Request::post(
            "https://pay.example.com/notices/a",
            "application/json",
            body,
        );
        notice.headers.extend(signing.headers(&notice.body));
        notice
    }
}

fn read(notice: &Request) -> Result<Noticed, ChannelError> {
    result(
        WechatPay.read_notice(BASE, &account(), notice, &fresh()),
        [],
    )
}

fn noticed(draft: &Draft) -> Result<Noticed, ChannelError> {
    read(&draft.signed(&Signing::default()))
}

fn is_unauthentic(result: &Result<Noticed, ChannelError>) -> bool {
    matches!(result, Err(ChannelError::Unauthentic(_)))
}

fn paid() -> String {
    transaction("SUCCESS")
}

fn refund_resource(status: &str) -> String {
    format!(
        r#"{{"mchid":"{MCHID}","transaction_id":"{TRANSACTION}","out_trade_no":"{REFERENCE}",
        "refund_id":"50300000000000000000000000001","out_refund_no":"{}",
        "refund_status":"{status}","success_time":"2023-11-15T06:13:30+08:00",
        "user_received_account":"招商银行信用卡0403",
        "amount":{{"total":8888,"refund":888,"payer_total":8000,"payer_refund":800}}}}"#,
        RefundId::make([9; 16])
    )
}

fn subject() -> Subject {
    Subject {
        reference: Some(Reference::parse(REFERENCE).unwrap()),
        channel_number: Some(TRANSACTION.to_owned()),
    }
}

#[test]
fn a_payment_is_proved_by_a_notice() {
    let noticed = noticed(&Draft::payment(&paid())).unwrap();
    assert_eq!(noticed.notice_id, "EV-2018022511223320873");
    let [
        Fact::Payment {
            subject: about,
            reported,
        },
    ] = noticed.facts.as_slice()
    else {
        panic!("{noticed:?}")
    };
    assert_eq!(about, &subject());
    let Status::Paid(proof) = &reported.status else {
        panic!("{reported:?}")
    };
    assert_eq!(proof.source(), Source::Notice);
    assert_eq!(proof.amount(), cny(8888));
    assert_eq!(proof.reference().unwrap().as_str(), REFERENCE);
    assert_eq!(proof.account(), Some(&account().id));
}

#[test]
fn a_repeated_notice_has_the_same_id() {
    let draft = Draft::payment(&paid());
    let first = read(&draft.signed(&Signing::default())).unwrap();
    // Each repetition is signed afresh.
    let later = Signing {
        timestamp: NOW + 15,
        ..Signing::default()
    };
    assert_eq!(read(&draft.signed(&later)).unwrap(), first);
}

#[test]
fn what_differs_from_the_order_comes_out_as_it_is() {
    let hkd = Money::from_minor(8888, Currency::parse("HKD").unwrap()).unwrap();
    for (from, to, amount, reference) in [
        ("\"total\":8888", "\"total\":1", cny(1), REFERENCE),
        (
            "\"currency\":\"CNY\"",
            "\"currency\":\"HKD\"",
            hkd,
            REFERENCE,
        ),
        (
            REFERENCE,
            "01HF7YAT00ABCDEFGHJKMNPQRS02",
            cny(8888),
            "01HF7YAT00ABCDEFGHJKMNPQRS02",
        ),
        (
            REFERENCE,
            "01HF7YAT00ABCDEFGHJKMNPQRT01",
            cny(8888),
            "01HF7YAT00ABCDEFGHJKMNPQRT01",
        ),
    ] {
        let noticed = noticed(&Draft::payment(&paid().replacen(from, to, 1))).unwrap();
        let [Fact::Payment { subject, reported }] = noticed.facts.as_slice() else {
            panic!("{noticed:?}")
        };
        let Status::Paid(proof) = &reported.status else {
            panic!("{reported:?}")
        };
        assert_eq!(proof.amount(), amount);
        assert_eq!(proof.reference().unwrap().as_str(), reference);
        assert_eq!(subject.reference.as_ref(), proof.reference());
    }
}

#[test]
fn another_merchants_notice_is_rejected() {
    for (from, to) in [(MCHID, "1234567892"), (APPID, "wx0000000000000000")] {
        let result = noticed(&Draft::payment(&paid().replacen(from, to, 1)));
        assert!(is_unauthentic(&result), "{result:?}");
    }
    let refund = refund_resource("SUCCESS");
    for resource in [
        refund.replacen(MCHID, "1234567892", 1),
        refund.replacen("\"mchid\"", "\"merchant\"", 1),
    ] {
        assert!(is_unauthentic(&noticed(&Draft::refund(
            "REFUND.SUCCESS",
            &resource
        ))));
    }
    // Another merchant's keys: the signature holds for none of ours, or the resource stays closed.
    let draft = Draft::payment(&paid());
    let key = "PUB_KEY_ID_0198765432102026010100000000000001";
    assert!(is_unauthentic(&read(&draft.signed(&Signing::serial(key)))));
    let foreign = Draft {
        api_v3_key: "ffffffffffffffffffffffffffffffff",
        ..draft
    };
    assert!(is_unauthentic(&noticed(&foreign)));
}

#[test]
fn a_tampered_notice_is_rejected() {
    let good = Draft::payment(&paid()).signed(&Signing::default());
    assert!(read(&good).is_ok());
    for at in 0..good.body.len() {
        // Every 37th byte, to save time: each is under the same signature.
        if at % 37 == 0 {
            let mut notice = good.clone();
            notice.body[at] ^= 1;
            assert!(is_unauthentic(&read(&notice)), "byte {at}");
        }
    }
    for body in [
        Vec::new(),
        good.body[1..].to_vec(),
        [&good.body[..], b"\n"].concat(),
    ] {
        let mut notice = good.clone();
        notice.body = body;
        assert!(is_unauthentic(&read(&notice)));
    }
    for name in [
        "wechatpay-serial",
        "wechatpay-timestamp",
        "wechatpay-nonce",
        "wechatpay-signature",
    ] {
        let mut notice = good.clone();
        notice.headers.retain(|(header, _)| header != name);
        assert!(is_unauthentic(&read(&notice)), "{name}");
    }
    let mut bare = good.clone();
    bare.headers
        .retain(|(header, _)| !header.starts_with("wechatpay-"));
    assert!(is_unauthentic(&read(&bare)));
}

#[test]
fn a_notice_signed_with_a_wrong_key_is_rejected() {
    let draft = Draft::payment(&paid());
    for key in ["stranger", "merchant"] {
        let notice = draft.signed(&Signing {
            key,
            ..Signing::default()
        });
        assert!(is_unauthentic(&read(&notice)));
    }
}

#[test]
fn an_old_notice_is_rejected() {
    let draft = Draft::payment(&paid());
    for (timestamp, believed) in [
        (NOW - 86_400, false),
        (NOW - 300, false),
        (NOW - 299, true),
        (NOW + 299, true),
        (NOW + 300, false),
        (i64::MIN, false),
        (i64::MAX, false),
    ] {
        let notice = draft.signed(&Signing {
            timestamp,
            ..Signing::default()
        });
        assert_eq!(!is_unauthentic(&read(&notice)), believed, "{timestamp}");
    }
}

#[test]
fn a_signature_probe_is_rejected() {
    let mut notice = Draft::payment(&paid()).signed(&Signing::default());
    for (name, value) in &mut notice.headers {
        if name == "wechatpay-signature" {
            *value = format!("WECHATPAY/SIGNTEST/{value}");
        }
    }
    assert_eq!(
        read(&notice),
        Err(ChannelError::Unauthentic("a signature probe of WeChat Pay"))
    );
}

#[test]
fn a_signed_notice_of_another_form_is_malformed() {
    let malformed = |draft: Draft| {
        let result = noticed(&draft);
        assert!(
            matches!(result, Err(ChannelError::Malformed(_))),
            "{result:?}"
        );
    };
    malformed(Draft {
        id: String::new(),
        ..Draft::payment(&paid())
    });
    malformed(Draft {
        id: "E".repeat(129),
        ..Draft::payment(&paid())
    });
    malformed(Draft {
        algorithm: "AEAD_SM4_GCM",
        ..Draft::payment(&paid())
    });
    malformed(Draft::payment("[]"));
    malformed(Draft::payment(&paid().replacen("\"total\":8888,", "", 1)));
    malformed(Draft::refund("REFUND.SUCCESS", &paid()));
}

#[test]
fn every_state_of_a_refund() {
    let failed = RefundStatus::Failed(Decline::new(DeclineReason::ProcessingError, "CLOSED"));
    for (event, status, expected) in [
        ("REFUND.CLOSED", "CLOSED", Some(failed)),
        ("REFUND.ABNORMAL", "ABNORMAL", Some(RefundStatus::Pending)),
        ("REFUND.SUCCESS", "SUCCESS", None),
    ] {
        let noticed = noticed(&Draft::refund(event, &refund_resource(status))).unwrap();
        let [
            Fact::Refund {
                subject: about,
                refund,
                reported,
            },
        ] = noticed.facts.as_slice()
        else {
            panic!("{noticed:?}")
        };
        assert_eq!(about, &subject());
        assert_eq!(refund, &Some(RefundId::make([9; 16])));
        assert_eq!(
            reported.channel_number.as_deref(),
            Some("50300000000000000000000000001")
        );
        match (&reported.status, expected) {
            (RefundStatus::Settled(proof), None) => {
                assert_eq!(proof.source(), Source::Notice);
                assert_eq!(proof.refund(), &RefundId::make([9; 16]));
                assert_eq!(proof.amount(), cny(888));
                assert_eq!(proof.at(), UnixTime::from_seconds(NOW + 10));
            }
            (status, expected) => assert_eq!(Some(status), expected.as_ref()),
        }
    }
}

#[test]
fn a_notice_about_something_that_we_do_not_keep_has_no_facts() {
    let refund = refund_resource("SUCCESS");
    let ours = RefundId::make([9; 16]);
    for draft in [
        Draft {
            event: "PAYSCORE.USER_PAID",
            ..Draft::payment("{}")
        },
        Draft::payment(&paid().replacen(REFERENCE, "SHOP-2023-11-15-1", 1)),
        Draft::refund(
            "REFUND.SUCCESS",
            &refund.replacen(ours.as_str(), "50000000001", 1),
        ),
        Draft::refund(
            "REFUND.SUCCESS",
            &refund.replacen(REFERENCE, "SHOP-2023-11-15-1", 1),
        ),
    ] {
        assert_eq!(noticed(&draft).unwrap().facts, Vec::new());
    }
}

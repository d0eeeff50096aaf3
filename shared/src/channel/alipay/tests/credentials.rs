//! What merchants paste, right and wrong.

use super::*;
use crate::channel::alipay::keys::Keys;
use crate::channel::{ChannelCode, Diagnosis};

fn check(account: &Account) -> Result<(), ChannelError> {
    Alipay.check_credentials(account)
}

#[track_caller]
fn assert_field(account: &Account, field: &'static str) {
    match check(account) {
        Err(ChannelError::Credentials { field: named, .. }) => assert_eq!(named, field),
        other => panic!("{field}: {other:?}"),
    }
}

fn bare(pem: &str) -> String {
    pem.lines()
        .filter(|line| !line.starts_with("-----"))
        .collect()
}

fn pkcs1() -> String {
    let text = include_str!("../../../../../tests/vectors/channels/test_keys.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    file["keys"]["merchant"]["pkcs1_pem"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn both_modes_are_accepted() {
    assert_eq!(check(&account()), Ok(()));
    assert_eq!(check(&certificate_account()), Ok(()));
    assert_eq!(
        check(&account_with(&[("seller_id", "2088531891668739")])),
        Ok(())
    );
}

#[test]
fn all_four_forms_of_a_private_key_are_the_same_key() {
    let pkcs8 = TestKey::named("merchant").private;
    let expected = Keys::read(&account().credentials).unwrap().private_key;
    for form in [pkcs8.clone(), bare(&pkcs8), pkcs1(), bare(&pkcs1())] {
        let account = account_with(&[("private_key", &form)]);
        assert_eq!(check(&account), Ok(()));
        assert!(Keys::read(&account.credentials).unwrap().private_key == expected);
    }
}

#[test]
fn a_public_key_is_taken_with_and_without_armour() {
    let pem = TestKey::named("channel").public;
    let with = Keys::read(&account().credentials).unwrap().alipay_key;
    let without = account_with(&[("alipay_public_key", &bare(&pem))]);
    assert_eq!(Keys::read(&without.credentials).unwrap().alipay_key, with);
}

#[test]
fn the_missing_field_is_named() {
    assert_field(&account_with(&[("app_id", "")]), "app_id");
    assert_field(&account_with(&[("private_key", "")]), "private_key");
    assert_field(
        &account_with(&[("alipay_public_key", "")]),
        "alipay_public_key",
    );
    for field in ["app_cert", "alipay_cert", "alipay_root_cert"] {
        let account = certificate_account();
        let mut all = vec![("alipay_public_key", "")];
        let pems: Vec<(&str, String)> = ["app_cert", "alipay_cert", "alipay_root_cert"]
            .into_iter()
            .map(|name| (name, account.credentials.optional(name).unwrap().to_owned()))
            .collect();
        all.extend(
            pems.iter()
                .filter(|(name, _)| *name != field)
                .map(|(n, v)| (*n, v.as_str())),
        );
        assert_field(&account_with(&all), field);
    }
}

#[test]
fn half_of_certificate_mode_is_not_overlooked_for_a_public_key() {
    let account = account_with(&[("app_cert", &certificate("app", "pem"))]);
    assert_field(&account, "alipay_cert");
}

#[test]
fn the_malformed_field_is_named() {
    let public = TestKey::named("channel").public;
    for (field, value) in [
        ("app_id", "2021-0001"),
        ("app_id", "20210000000000012021000000000001x"),
        ("precreate_product", "QUICK_WAP_WAY"),
        ("precreate_product", "qr_code_offline"),
        ("seller_id", "2088"),
        ("seller_id", "1088531891668739"),
        ("seller_id", "20885318916687xx"),
        ("private_key", "not a key"),
        ("private_key", "MIIB"),
        ("private_key", public.as_str()),
        ("alipay_public_key", "not a key"),
        ("alipay_public_key", &TestKey::named("stranger").private),
    ] {
        assert_field(&account_with(&[(field, value)]), field);
    }
    let certificates = [
        ("app_cert", certificate("app", "pem")),
        ("alipay_cert", certificate("alipay", "pem")),
        ("alipay_root_cert", certificate("root", "pem")),
    ];
    for wrong in 0..3 {
        let fields: Vec<(&str, &str)> = certificates
            .iter()
            .enumerate()
            .map(|(at, (name, pem))| (*name, if at == wrong { public.as_str() } else { pem }))
            .collect();
        assert_field(&account_with(&fields), certificates[wrong].0);
    }
}

#[test]
fn keys_mistaken_for_one_another_are_found() {
    let own = TestKey::named("merchant").public;
    assert_field(
        &account_with(&[("alipay_public_key", &own)]),
        "alipay_public_key",
    );
    let (app, alipay) = (certificate("app", "pem"), certificate("alipay", "pem"));
    let root = certificate("root", "pem");
    assert_field(
        &account_with(&[
            ("app_cert", &app),
            ("alipay_cert", &app),
            ("alipay_root_cert", &root),
        ]),
        "alipay_cert",
    );
    assert_field(
        &account_with(&[
            ("app_cert", &alipay),
            ("alipay_cert", &alipay),
            ("alipay_root_cert", &root),
        ]),
        "app_cert",
    );
}

#[test]
fn the_serial_numbers_are_those_of_the_sdk() {
    let serials = Keys::read(&certificate_account().credentials)
        .unwrap()
        .serials
        .unwrap();
    assert_eq!(serials.app, certificate("app", "serial"));
    assert_eq!(serials.alipay, certificate("alipay", "serial"));
    assert_eq!(serials.root, certificate("root", "serial"));
}

#[test]
fn errors_and_steps_show_no_secret() {
    let account = account_with(&[("alipay_public_key", "S3CRET")]);
    let text = format!("{:?} {account:?}", check(&account));
    assert!(!text.contains("S3CRET") && !text.contains("MII"), "{text}");
    let shop = Shop::new(self::account());
    let step = Alipay
        .query(BASE, &shop.payment(Flow::Qr), &fresh())
        .unwrap();
    assert!(!format!("{step:?}").contains(APP_ID));
}

#[test]
fn every_field_is_known_and_one_is_secret() {
    let fields = Alipay.declaration().fields;
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    assert_eq!(
        names,
        [
            "app_id",
            "seller_id",
            "precreate_product",
            "private_key",
            "alipay_public_key",
            "app_cert",
            "alipay_cert",
            "alipay_root_cert",
        ]
    );
    let secret: Vec<_> = fields
        .iter()
        .filter(|field| field.kind.is_secret())
        .map(|f| f.name)
        .collect();
    assert_eq!(secret, ["private_key"]);
}

#[test]
fn a_refused_question_points_to_key_mode_or_clock() {
    let unavailable = |code| ChannelError::Unavailable(ChannelCode::new(code));
    for (error, meant) in [
        (unavailable("isv.invalid-signature"), Diagnosis::BadKey),
        (unavailable("isv.app-cert-not-exist"), Diagnosis::BadKey),
        (unavailable("isv.invalid-app-id"), Diagnosis::WrongMode),
        (unavailable("isv.invalid-timestamp"), Diagnosis::Clock),
        (unavailable("http-500"), Diagnosis::Unknown),
        (unavailable("ACQ.SYSTEM_ERROR"), Diagnosis::Unknown),
        (ChannelError::Unauthentic("signature"), Diagnosis::BadKey),
    ] {
        assert_eq!(Alipay.diagnose(&error, Some(200)), meant, "{error:?}");
    }
}

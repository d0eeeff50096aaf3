use super::*;
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

const ORDER: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const KEY: [u8; 32] = [7; 32];

fn store() -> StoreId {
    StoreId::parse("tea1").unwrap()
}

fn order() -> OrderId {
    OrderId::parse(ORDER).unwrap()
}

/// JSON both ways, and refusal of the same texts that `parse` refuses.
fn assert_json<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(id: &T, text: &str) {
    let json = format!("\"{text}\"");
    assert_eq!(serde_json::to_string(id).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), id);
    assert!(serde_json::from_str::<T>(&format!("\"{text}!\"")).is_err());
    assert!(serde_json::from_str::<T>("1").is_err());
}

#[test]
fn store_ids() {
    for text in ["a", "tea1", "abcdefghijklmnopqrstuvwx"] {
        let id = StoreId::parse(text).unwrap();
        assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
        assert_json(&id, text);
    }
    assert_eq!(StoreId::parse(""), Err(IdError::Length));
    assert_eq!(
        StoreId::parse("abcdefghijklmnopqrstuvwxy"),
        Err(IdError::Length)
    );
    assert_eq!(StoreId::parse("1tea"), Err(IdError::Prefix));
    for text in ["Tea", "te_a", "te-a", "tea ", "té", "te\0"] {
        assert_eq!(StoreId::parse(text), Err(IdError::Character), "{text:?}");
    }
}

#[test]
fn order_ids_are_the_ulids_of_the_specification() {
    // The example of the ULID specification, and its time.
    assert_eq!(order().time_ms(), 1_469_922_850_259);
    assert_json(&order(), ORDER);
    // The largest valid ULID, as the specification names it.
    let largest = OrderId::make((1 << 48) - 1, Till::new(1023).unwrap(), [0xff; 10]);
    assert_eq!(largest.as_str(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    let smallest = OrderId::make(0, Till::new(0).unwrap(), [0; 10]);
    assert_eq!(smallest.as_str(), "00000000000000000000000000");
}

#[test]
fn an_order_id_names_its_till_in_characters_11_and_12() {
    let id = OrderId::make(
        1_469_922_850_259,
        Till::new(0b00001_11111).unwrap(),
        [0; 10],
    );
    assert_eq!(id.as_str(), "01ARZ3NDEK1Z00000000000000");
    assert_eq!(id.till().number(), 0b00001_11111);
    let id = OrderId::make(0, Till::new(0).unwrap(), [0xff; 10]);
    assert_eq!(id.as_str(), "000000000000ZZZZZZZZZZZZZZ");
    assert_eq!(id.till().number(), 0);
}

#[test]
fn an_event_id_names_its_till_as_an_order_id_does() {
    let till = Till::new(0b00001_11111).unwrap();
    let id = EventId::of_till(1_469_922_850_259, till, [0; 10]);
    assert_eq!(id.as_str(), "evt_01ARZ3NDEK1Z00000000000000");
    assert_eq!(id.till(), till);
    // One of the time when they did not can be read, whatever it seems to name.
    let old = EventId::parse("evt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ").unwrap();
    assert_eq!(old.till().number(), 1023);
}

#[test]
fn rejects_what_is_no_order_id() {
    let cases = [
        ("", IdError::Length),
        ("01ARZ3NDEKTSV4RRFFQ69G5FA", IdError::Length),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAVV", IdError::Length),
        ("81ARZ3NDEKTSV4RRFFQ69G5FAV", IdError::Range),
        ("01arz3ndektsv4rrffq69g5fav", IdError::Character),
        ("O1ARZ3NDEKTSV4RRFFQ69G5FAV", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAI", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAL", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAU", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5FA ", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5Fé", IdError::Character),
    ];
    for (text, error) in cases {
        assert_eq!(OrderId::parse(text), Err(error), "{text}");
    }
}

#[test]
fn till_numbers_are_bounded() {
    assert_eq!(Till::new(1023).map(Till::number), Ok(1023));
    assert_eq!(Till::new(1024), Err(IdError::Range));
}

#[test]
fn jump_hash_gives_the_published_buckets() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/jump-hash.json")).unwrap();
    for vector in file["vectors"].as_array().unwrap() {
        let key: u64 = vector["key"].as_str().unwrap().parse().unwrap();
        let buckets = u16::try_from(vector["buckets"].as_u64().unwrap()).unwrap();
        assert_eq!(
            u64::from(order::jump(key, buckets)),
            vector["bucket"].as_u64().unwrap()
        );
    }
}

#[test]
fn choosing_a_till_is_pinned() {
    // A change here would send a repeated Idempotency-Key to another till.
    let chosen = |key: &str, tills| Till::choose(key.as_bytes(), tills).number();
    assert_eq!(chosen("", 1024), PINNED[0]);
    assert_eq!(chosen("order-1", 16), PINNED[1]);
    assert_eq!(chosen("order-2", 1024), PINNED[2]);
    for tills in [0, 1] {
        assert_eq!(chosen("order-1", tills), 0);
    }
    assert_eq!(chosen("order-2", u16::MAX), PINNED[2]);
}

#[test]
fn random_ids_are_pinned() {
    let random = [0xff; 16];
    let body = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
    assert_json(&AttemptId::make(random), &format!("att_{body}"));
    assert_json(&RefundId::make(random), &format!("ref_{body}"));
    assert_json(&EventId::make(random), &format!("evt_{body}"));
    assert_json(&EndpointId::make(random), &format!("whe_{body}"));
    assert_eq!(
        AttemptId::make([0; 16]).as_str(),
        "att_00000000000000000000000000"
    );
}

#[test]
fn rejects_what_is_no_random_id() {
    let cases = [
        ("", IdError::Prefix),
        ("att", IdError::Prefix),
        ("ref_01ARZ3NDEKTSV4RRFFQ69G5FAV", IdError::Prefix),
        ("ATT_01ARZ3NDEKTSV4RRFFQ69G5FAV", IdError::Prefix),
        ("att_", IdError::Length),
        ("att_01ARZ3NDEKTSV4RRFFQ69G5FA", IdError::Length),
        ("att_01ARZ3NDEKTSV4RRFFQ69G5FAVV", IdError::Length),
        ("att_81ARZ3NDEKTSV4RRFFQ69G5FAV", IdError::Range),
        ("att_01arz3ndektsv4rrffq69g5fav", IdError::Character),
    ];
    for (text, error) in cases {
        assert_eq!(AttemptId::parse(text), Err(error), "{text}");
    }
    assert_eq!(
        RefundId::parse("att_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        Err(IdError::Prefix)
    );
    assert_eq!(
        EventId::parse("att_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        Err(IdError::Prefix)
    );
    assert_eq!(
        EndpointId::parse("att_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        Err(IdError::Prefix)
    );
}

#[test]
fn account_ids_name_their_store() {
    let id = AccountId::make(&store(), [0xff; 8]);
    assert_json(&id, "acc_tea1_zzzzzzzzzz");
    assert_eq!(id.store(), store());
    assert_eq!(
        AccountId::make(&store(), [0; 8]).as_str(),
        "acc_tea1_0000000000"
    );
    let cases = [
        ("tea1_zzzzzzzzzz", IdError::Prefix),
        ("acc_tea1", IdError::Prefix),
        ("acc_tea1_zzzzzzzzz", IdError::Length),
        ("acc_tea1_zzzzzzzzzzz", IdError::Length),
        ("acc_tea1_zzzzzzzzz_", IdError::Character),
        ("acc_tea1_ZZZZZZZZZZ", IdError::Character),
        ("acc_tea1_zzzzzzzzzu", IdError::Character),
        ("acc__zzzzzzzzzz", IdError::Length),
        ("acc_Tea_zzzzzzzzzz", IdError::Character),
        ("acc_1tea_zzzzzzzzzz", IdError::Prefix),
    ];
    for (text, error) in cases {
        assert_eq!(AccountId::parse(text), Err(error), "{text}");
    }
}

#[test]
fn references_are_28_characters_with_the_attempt_number() {
    let reference = Reference::make(&order(), 7).unwrap();
    assert_json(&reference, "01ARZ3NDEKTSV4RRFFQ69G5FAV07");
    assert_eq!(reference.as_str().len(), 28);
    assert_eq!((reference.order(), reference.number()), (order(), 7));
    assert_eq!(Reference::make(&order(), 99).unwrap().number(), 99);
    for number in [0, 100, 255] {
        assert_eq!(Reference::make(&order(), number), Err(IdError::Range));
    }
    let cases = [
        (ORDER, IdError::Length),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV7", IdError::Length),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV007", IdError::Length),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV00", IdError::Range),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV+7", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV7A", IdError::Character),
        ("01arz3ndektsv4rrffq69g5fav07", IdError::Character),
        ("81ARZ3NDEKTSV4RRFFQ69G5FAV07", IdError::Range),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAé7", IdError::Character),
        ("01ARZ3NDEKTSV4RRFFQ69G5FA07é", IdError::Length),
    ];
    for (text, error) in cases {
        assert_eq!(Reference::parse(text), Err(error), "{text}");
    }
}

#[test]
fn api_keys_name_what_they_are_for() {
    let key = ApiKey::make(KeyKind::Secret, Mode::Live, &store(), [0; 24]);
    assert_eq!(
        key.expose(),
        "sk_live_tea1_00000000000000000000000000000000"
    );
    assert_eq!(
        (key.kind(), key.mode(), key.store()),
        (KeyKind::Secret, Mode::Live, &store())
    );
    let key = ApiKey::make(KeyKind::Publishable, Mode::Test, &store(), [0xff; 24]);
    assert_eq!(key.expose(), format!("pk_test_tea1_{}", PINNED_KEY_BODY));
    let again = ApiKey::parse(key.expose()).unwrap();
    assert_eq!(
        (again.kind(), again.mode(), again.store()),
        (key.kind(), key.mode(), key.store())
    );
    assert!(again.has_hash(&key.hash()));
}

#[test]
fn an_api_key_is_known_by_its_hash_alone() {
    let key = ApiKey::make(KeyKind::Secret, Mode::Test, &store(), [1; 24]);
    let other = ApiKey::make(KeyKind::Secret, Mode::Test, &store(), [2; 24]);
    assert_ne!(key.hash(), other.hash());
    assert!(!key.has_hash(&other.hash()));
    let mut hash = key.hash();
    hash[31] ^= 1;
    assert!(!key.has_hash(&hash));
}

#[test]
fn rejects_what_is_no_api_key() {
    let body = "0".repeat(32);
    let cases = [
        (String::new(), IdError::Prefix),
        (format!("xk_test_tea1_{body}"), IdError::Prefix),
        (format!("sk_prod_tea1_{body}"), IdError::Prefix),
        (format!("sk_test_{body}"), IdError::Length),
        ("sk_test_tea1".to_owned(), IdError::Prefix),
        (format!("sk_test_1tea_{body}"), IdError::Prefix),
        (format!("sk_test_Tea_{body}"), IdError::Character),
        (format!("sk_test_tea1_{body}0"), IdError::Length),
        (format!("sk_test_tea1_{}", &body[1..]), IdError::Length),
        (format!("sk_test_tea1_{}-", &body[1..]), IdError::Character),
        (format!("sk_test_tea1_{body}_"), IdError::Character),
        (format!(" sk_test_tea1_{body}"), IdError::Prefix),
    ];
    for (text, error) in cases {
        assert_eq!(ApiKey::parse(&text).err(), Some(error), "{text}");
    }
}

#[test]
fn modes_in_json() {
    assert_eq!(serde_json::to_string(&Mode::Live).unwrap(), r#""live""#);
    assert_eq!(serde_json::to_string(&Mode::Test).unwrap(), r#""test""#);
    assert_eq!(
        serde_json::to_string(&KeyKind::Publishable).unwrap(),
        r#""publishable""#
    );
    assert!(serde_json::from_str::<Mode>(r#""Live""#).is_err());
    assert_eq!(Mode::parse("live"), Ok(Mode::Live));
    assert_eq!(Mode::parse("LIVE"), Err(IdError::Prefix));
}

#[test]
fn client_tokens_are_pinned_and_verify() {
    let token = ClientToken::make(&KEY, &store(), &order());
    assert_eq!(
        token.expose(),
        format!("ct_tea1_{ORDER}_{PINNED_TOKEN_BODY}")
    );
    let unverified = ClientToken::parse(token.expose()).unwrap();
    assert_eq!(
        (unverified.store(), unverified.order()),
        (&store(), &order())
    );
    assert_eq!(unverified.verify(&KEY), Ok((store(), order())));
}

#[test]
fn rejects_client_tokens_of_another_key_store_or_order() {
    let token = ClientToken::make(&KEY, &store(), &order());
    let verify = |text: &str| ClientToken::parse(text).unwrap().verify(&KEY);
    assert_eq!(
        ClientToken::parse(token.expose()).unwrap().verify(&[8; 32]),
        Err(IdError::Signature)
    );
    for (from, to) in [("tea1", "tea2"), ("G5FAV", "G5FAW"), ("tea1_", "tea_")] {
        assert_eq!(
            verify(&token.expose().replace(from, to)),
            Err(IdError::Signature)
        );
    }
    // Every character of the signature counts.
    let start = token.expose().len() - base32::LENGTH;
    for place in start..token.expose().len() {
        let mut bytes = token.expose().as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
        assert_eq!(
            verify(&String::from_utf8(bytes).unwrap()),
            Err(IdError::Signature),
            "{place}"
        );
    }
}

#[test]
fn rejects_what_is_no_client_token() {
    let body = "0".repeat(26);
    let cases = [
        (String::new(), IdError::Prefix),
        (format!("tea1_{ORDER}_{body}"), IdError::Prefix),
        ("ct_tea1".to_owned(), IdError::Prefix),
        (format!("ct_tea1_{ORDER}"), IdError::Prefix),
        (format!("ct_tea1_{body}"), IdError::Prefix),
        (format!("ct_tea1_{ORDER}_"), IdError::Length),
        (format!("ct_tea1_{ORDER}_{body}_"), IdError::Character),
        (format!("ct_tea1_{ORDER}_8{}", &body[1..]), IdError::Range),
        (format!("ct__{ORDER}_{body}"), IdError::Length),
    ];
    for (text, error) in cases {
        assert_eq!(ClientToken::parse(&text).err(), Some(error), "{text}");
    }
}

#[test]
fn debug_shows_no_key_and_no_token() {
    let key = ApiKey::make(KeyKind::Secret, Mode::Live, &store(), [9; 24]);
    assert_eq!(format!("{key:?}"), "ApiKey(sk_live_tea1_…)");
    let token = ClientToken::make(&KEY, &store(), &order());
    assert_eq!(format!("{token:?}"), "ClientToken(…)");
    let unverified = ClientToken::parse(token.expose()).unwrap();
    assert_eq!(
        format!("{unverified:?}"),
        format!("UnverifiedToken(tea1 {ORDER} …)")
    );
}

proptest! {
    #![proptest_config(crate::testing::same_cases())]

    #[test]
    fn an_order_id_keeps_what_it_is_made_of(
        time_ms in 0u64..1 << 48,
        till in 0u16..1024,
        random: [u8; 10],
    ) {
        let till = Till::new(till).unwrap();
        let id = OrderId::make(time_ms, till, random);
        prop_assert_eq!((id.time_ms(), id.till()), (time_ms, till));
        prop_assert_eq!(OrderId::parse(id.as_str()), Ok(id.clone()));
        // Ids sort by their time.
        let later = OrderId::make(time_ms + 1, Till::new(0).unwrap(), [0; 10]);
        prop_assert!(time_ms + 1 == 1 << 48 || id < later);
    }

    #[test]
    fn made_ids_parse(random: [u8; 16], eight: [u8; 8], bytes: [u8; 24]) {
        let id = AttemptId::make(random);
        prop_assert_eq!(AttemptId::parse(id.as_str()), Ok(id));
        let id = AccountId::make(&store(), eight);
        prop_assert_eq!(AccountId::parse(id.as_str()), Ok(id));
        let key = ApiKey::make(KeyKind::Secret, Mode::Test, &store(), bytes);
        prop_assert!(ApiKey::parse(key.expose()).is_ok());
    }

    #[test]
    fn more_tills_move_a_key_only_to_a_new_one(key: [u8; 8], tills in 1u16..1024) {
        let before = Till::choose(&key, tills);
        let after = Till::choose(&key, tills + 1);
        prop_assert!(before.number() < tills);
        prop_assert!(after == before || after.number() == tills);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC*|(acc|att|sk_live|ct)_[a-zA-Z0-9_é]{0,60}") {
        let _ = (StoreId::parse(&text), OrderId::parse(&text), Reference::parse(&text));
        let _ = (AttemptId::parse(&text), AccountId::parse(&text));
        let _ = (ApiKey::parse(&text).err(), ClientToken::parse(&text).err());
    }
}

/// Computed apart from this crate, by Python with `hashlib` and `hmac`.
const PINNED: [u16; 3] = [22, 10, 602];
const PINNED_KEY_BODY: &str = "3EMiMMquwrSdT1K2HQdl0xx2LobL6AFl";
const PINNED_TOKEN_BODY: &str = "7TWSP03652ZVZNSQK986050SQ5";

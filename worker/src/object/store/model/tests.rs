use causeway_shared::id::{KeyKind, StoreId};
use serde_json::json;

use super::*;

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(1_790_000_000 + seconds)
}

fn account(n: u8) -> AccountDoc {
    AccountDoc {
        id: AccountId::make(&StoreId::parse("demo").unwrap(), [n; 8]),
        channel: ChannelId::Stripe,
        mode: Mode::Test,
        label: String::new(),
        enabled: true,
        methods: None,
        flows: None,
        fields: Vec::new(),
        sealed: String::new(),
        retired: false,
        created_at: at(0),
    }
}

fn profile(tills: u16) -> StoreChange {
    let profile = json!({ "name": "Tea", "tills": tills });
    StoreChange::PutProfile(serde_json::from_value(profile).unwrap())
}

#[test]
fn a_deleted_account_counts_no_more_and_is_kept() {
    let mut config = StoreConfig::default();
    let add =
        |config: &mut StoreConfig, n| config.apply(StoreChange::AddAccount(account(n)), at(0));
    for n in 0..100 {
        assert_eq!(add(&mut config, n), Ok(true));
    }
    assert!(add(&mut config, 100).is_err());
    let id = account(0).id;
    let removed = config.apply(StoreChange::RemoveAccount { id }, at(0));
    assert_eq!(removed, Ok(true));
    assert_eq!(add(&mut config, 100), Ok(true));
    assert_eq!(config.accounts.len(), 101);
}

#[test]
fn deleted_accounts_do_not_fill_the_settings_without_end() {
    let mut config = StoreConfig::default();
    for n in 0..200 {
        let added = config.apply(StoreChange::AddAccount(account(n)), at(0));
        assert_eq!(added, Ok(true));
        let id = account(n).id;
        config
            .apply(StoreChange::RemoveAccount { id }, at(0))
            .unwrap();
    }
    assert!(
        config
            .apply(StoreChange::AddAccount(account(201)), at(0))
            .is_err()
    );
}

/// Another isolate may have read the account just before it was deleted.
#[test]
fn a_deleted_account_cannot_be_switched_on_again() {
    let mut config = StoreConfig::default();
    let id = account(1).id;
    config
        .apply(StoreChange::AddAccount(account(1)), at(0))
        .unwrap();
    let remove = StoreChange::RemoveAccount { id: id.clone() };
    config.apply(remove, at(0)).unwrap();
    let edit = StoreChange::EditAccount {
        id,
        label: None,
        enabled: Some(true),
        methods: None,
        flows: None,
        credentials: None,
    };
    assert_eq!(config.apply(edit, at(0)), Ok(false));
    assert!(!config.accounts[0].enabled);
}

#[test]
fn every_number_of_tills_of_the_last_seven_days_is_known() {
    let mut config = StoreConfig::default();
    let before = |config: &StoreConfig| -> Vec<u16> {
        let profile = config.profile.as_ref().unwrap();
        profile.tills_before.iter().map(|b| b.tills).collect()
    };
    config.apply(profile(1), at(0)).unwrap();
    assert!(before(&config).is_empty());
    config.apply(profile(2), at(10)).unwrap();
    config.apply(profile(4), at(20)).unwrap();
    config.apply(profile(4), at(30)).unwrap();
    assert_eq!(before(&config), [1, 2]);
    assert!(config.apply(profile(3), at(30)).is_err());
    config.apply(profile(8), at(11 + KEY_LIFE_S)).unwrap();
    assert_eq!(before(&config), [2, 4]);
}

fn key(n: u8) -> KeyDoc {
    KeyDoc {
        id: format!("key_{n}"),
        kind: KeyKind::Secret,
        mode: Mode::Test,
        label: String::new(),
        hash: String::new(),
        hint: String::new(),
        created_at: at(0),
        expires_at: None,
        replaced_by: None,
    }
}

#[test]
fn a_rolled_key_ends_when_it_was_said_to_and_is_rolled_once() {
    let mut config = StoreConfig::default();
    config.apply(StoreChange::AddKey(key(1)), at(0)).unwrap();
    let roll = |config: &mut StoreConfig, id: &str, n, now| {
        let change = StoreChange::RollKey {
            id: id.to_owned(),
            expires_at: at(100),
            new: Box::new(key(n)),
        };
        config.apply(change, at(now))
    };
    assert_eq!(roll(&mut config, "key_0", 2, 0), Ok(false));
    assert_eq!(roll(&mut config, "key_1", 2, 0), Ok(true));
    assert!(config.keys[0].is_valid(at(99)) && !config.keys[0].is_valid(at(100)));
    assert!(config.keys[1].is_valid(at(1_000)));
    assert_eq!(config.keys[0].replaced_by.as_deref(), Some("key_2"));
    assert!(roll(&mut config, "key_1", 3, 1).is_err());
    assert_eq!(roll(&mut config, "key_2", 3, 2), Ok(true));
    // What has ended is gone with the next key.
    config.apply(StoreChange::AddKey(key(4)), at(100)).unwrap();
    let ids: Vec<&str> = config.keys.iter().map(|k| k.id.as_str()).collect();
    assert_eq!(ids, ["key_3", "key_4"]);
}

#[test]
fn every_one_of_a_hundred_keys_can_be_rolled_in_its_turn() {
    let mut config = StoreConfig::default();
    for n in 0..100 {
        config.apply(StoreChange::AddKey(key(n)), at(0)).unwrap();
    }
    let roll = |config: &mut StoreConfig, n: u8, ends| {
        let change = StoreChange::RollKey {
            id: format!("key_{n}"),
            expires_at: at(ends),
            new: Box::new(key(100 + n)),
        };
        config.apply(change, at(0))
    };
    // The first ends at once, so that it is gone when the next one is rolled.
    assert_eq!(roll(&mut config, 0, 0), Ok(true));
    assert_eq!(roll(&mut config, 1, 100), Ok(true));
    assert!(
        roll(&mut config, 2, 100).is_err(),
        "more than a hundred and one"
    );
}

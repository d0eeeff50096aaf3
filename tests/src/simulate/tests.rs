//! The simulation itself, and that it bites.

use super::{PAYMENTS, Plan, Plant, simulate};

fn plan(payments: u64, plant: Plant) -> Plan {
    Plan {
        seed: 1,
        payments,
        plant,
    }
}

#[test]
fn books_agree_after_many_payments_whatever_goes_wrong() {
    match simulate(plan(PAYMENTS, Plant::Nothing)) {
        Ok(tally) => assert!(tally.payments >= PAYMENTS, "{tally:?}"),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn a_seed_makes_the_same_worlds_again() {
    let first = simulate(plan(500, Plant::Nothing)).unwrap();
    assert_eq!(first, simulate(plan(500, Plant::Nothing)).unwrap());
}

#[test]
fn planted_mistakes_are_found() {
    // Which of its signs shows first depends on the worlds.
    let signs: [(Plant, &[&str]); 4] = [
        (Plant::BelievesForged, &["took"]),
        (Plant::DropIsDecline, &["holds money for nothing"]),
        (Plant::ForgetsKey, &["charged 2 times", "still owed"]),
        (Plant::LosesLease, &["still owed"]),
    ];
    for (plant, signs) in signs {
        let found = simulate(plan(20_000, plant)).expect_err("a planted mistake was not found");
        let found = found.to_string();
        assert!(found.contains("--seed "), "{plant:?}: {found}");
        let shows = signs.iter().any(|sign| found.contains(sign));
        assert!(shows, "{plant:?}: {found}");
    }
}

#[test]
fn options_are_read() {
    let plan = Plan::parse(&["--seed", "7", "--payments", "9"]).unwrap();
    assert_eq!((plan.seed, plan.payments), (7, 9));
    assert!(Plan::parse(&["--seed", "x"]).is_err());
    assert!(Plan::parse(&["--speed", "1"]).is_err());
}

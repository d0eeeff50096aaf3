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
    for (plant, sign) in [
        (Plant::BelievesForged, "took"),
        (Plant::DropIsDecline, "holds money for nothing"),
        (Plant::ForgetsKey, "charged 2 times"),
        (Plant::LosesLease, "still owed"),
    ] {
        let found = simulate(plan(20_000, plant)).expect_err("a planted mistake was not found");
        let found = found.to_string();
        assert!(found.contains("--seed "), "{plant:?}: {found}");
        assert!(found.contains(sign), "{plant:?}: {found}");
    }
}

#[test]
fn options_are_read() {
    let plan = Plan::parse(&["--seed", "7", "--payments", "9"]).unwrap();
    assert_eq!((plan.seed, plan.payments), (7, 9));
    assert!(Plan::parse(&["--seed", "x"]).is_err());
    assert!(Plan::parse(&["--speed", "1"]).is_err());
}

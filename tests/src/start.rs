//! `cargo xtask start`: the whole of Causeway on this machine, until Ctrl-C.

use std::thread;
use std::time::Duration;

use crate::build::build;
use crate::checkout::Checkout;
use crate::failure::Done;
use crate::setup::{Need, ensure};
use crate::stack::{Past, Ports, Runtime, Stack, stop_on_signals};

/// How often it is checked that all servers still run.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// Sets up, builds, starts, prints the addresses and waits.
pub fn start(checkout: &Checkout) -> Done {
    // First, so that a taken port is told before minutes of building.
    let ports = Ports::fixed()?;
    let tools = ensure(checkout, Need::Run)?;
    build(checkout, &tools)?;
    // Ctrl-C is how it is meant to end.
    stop_on_signals(0)?;
    let state = checkout.target("start");
    let place = (ports, Runtime::Wrangler);
    let mut stack = Stack::bring_up(checkout, &tools, place, (&state, Past::FourWeeks))?;
    let at = &stack.addresses;
    println!("\nCauseway runs, with throw-away keys and simulated channels.\n");
    println!("  Demo shop    {}", at.shop);
    println!("  Dashboard    {}", stack.sign_in_link()?);
    println!("               (signs in once, within fifteen minutes; the next start has another)");
    println!(
        "  Worker       {}   (its API: {}/openapi.json)",
        at.worker, at.worker
    );
    println!(
        "  Simulators   Stripe {}, Alipay {}, WeChat Pay {}",
        at.stripe, at.alipay, at.wechatpay
    );
    println!("  Messages     {}", at.mail);
    println!("  Keys, state and logs are in target/start; delete it to begin afresh.");
    println!(
        "\nPay with the card 4242 4242 4242 4242, any later date, any CVC. Ctrl-C stops all of it."
    );
    loop {
        thread::park_timeout(CHECK_EVERY);
        stack.check()?;
    }
}

//! What Causeway can decide without a clock, a random number, a network or a browser.

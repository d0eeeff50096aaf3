//! Following the order: by push, and by asking with back-off where push fails.

use crate::browser;

/// The longest pause between two questions, in milliseconds.
const PAUSE_MAX_MS: u32 = 10_000;
/// How often the socket is asked whether it still lives, in milliseconds.
const PING_MS: u32 = 25_000;

/// The timer that asks.
pub const TIMER_ASK: u8 = 0;
/// The timer that looks after the socket.
pub const TIMER_PING: u8 = 1;

/// A watch over one order.
#[derive(Default)]
pub struct Live {
    poll_ms: u32,
    /// How often push and question have failed in a row.
    failures: u32,
    has_socket: bool,
    /// Whether the socket said anything since the last ping.
    heard: bool,
    asking: bool,
    ended: bool,
}

impl Live {
    /// A watch that asks after `poll_ms` milliseconds at first. It begins with [`Live::connect`].
    pub fn new(poll_ms: u32) -> Self {
        Self {
            poll_ms,
            ..Self::default()
        }
    }

    /// Opens the socket, unless it is open or the watch has ended.
    pub fn connect(&mut self) {
        if !self.ended && !self.has_socket {
            self.has_socket = true;
            self.heard = true;
            browser::connect();
            browser::timer(TIMER_PING, PING_MS);
        }
    }

    /// The socket is open.
    pub fn opened(&mut self) {
        self.failures = 0;
    }

    /// The socket said something.
    pub fn heard(&mut self) {
        self.heard = true;
    }

    /// The socket is gone, or the last question had no answer: asks after a pause, and then tries
    /// push again.
    pub fn lost(&mut self) {
        self.has_socket = false;
        browser::disconnect();
        browser::timer(TIMER_PING, 0);
        if !self.ended {
            browser::timer(TIMER_ASK, pause_ms(self.poll_ms, self.failures));
            self.failures = self.failures.saturating_add(1);
        }
    }

    /// Asks now: something has changed, or the browser is back on the net.
    pub fn hurry(&mut self) {
        if !self.ended {
            self.failures = 0;
            self.ask();
        }
    }

    /// The question has an answer, good or not.
    pub fn asked(&mut self, is_good: bool) {
        self.asking = false;
        if is_good {
            self.connect();
        } else if !self.has_socket {
            // An open socket needs no question.
            self.lost();
        }
    }

    /// One of the two timers has run out.
    pub fn fired(&mut self, name: u8) {
        if name == TIMER_ASK {
            self.ask();
        } else if !self.heard {
            // Silence since the last ping: the line is dead, though nobody said so.
            self.lost();
        } else {
            self.heard = false;
            browser::ping();
            browser::timer(TIMER_PING, PING_MS);
        }
    }

    /// Stops for good: nothing more will change that matters here.
    pub fn end(&mut self) {
        self.ended = true;
        self.lost();
        browser::timer(TIMER_ASK, 0);
    }

    fn ask(&mut self) {
        if !self.asking && !self.ended {
            self.asking = true;
            browser::ask();
        }
    }
}

/// The pause after so many failures in a row: half as long again each time, up to ten seconds.
pub fn pause_ms(first_ms: u32, failures: u32) -> u32 {
    let mut ms = first_ms.clamp(500, PAUSE_MAX_MS);
    for _ in 0..failures.min(16) {
        ms = (ms + ms / 2).min(PAUSE_MAX_MS);
    }
    ms
}

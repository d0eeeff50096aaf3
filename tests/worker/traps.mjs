// Ways to make the Rust of a worker panic or trap where nothing in it would.

/** What is to fail next. */
let armed = null;

const { setTimeout: trueTimeout } = globalThis;

// Rust sets the clock of a time-out once its request is on its way; entry.js has a longer one.
globalThis.setTimeout = (run, ms, ...more) => {
  if (ms >= 10_000 && ms < 60_000 && take("send")) throw new WebAssembly.RuntimeError("unreachable");
  return trueTimeout(run, ms, ...more);
};

/**
 * Has the next `send` trap, or the next `waitUntil` panic, or the next request find tills that have
 * too much to do (`overloaded`); or each call of a counter object fail
 * (`counter_fails`) or hang (`counter_hangs`) until something else is armed.
 */
export function arm(what) {
  armed = what;
}

/** Whether `what` fails until something else is armed. */
export const isArmed = (what) => armed === what;

/** Whether it is the turn of `what`, once. */
export function take(what) {
  if (armed !== what) return false;
  armed = null;
  return true;
}

/** What an entry point's context is while its `waitUntil` fails: Rust panics at that. */
export function failing(ctx) {
  return {
    props: ctx.props,
    exports: ctx.exports,
    passThroughOnException() {},
    waitUntil() {
      throw new Error("no more is waited for");
    },
  };
}

// A `Date` whose now can be moved ahead, and run faster. Loading this replaces the global one, in
// workerd as well as in Node, for our code and for all that it uses.

const TrueDate = Date;

/** Our time at a moment, the true time then, and how many of our seconds pass in a true one. */
let ours_ms = 0;
let true_ms = 0;
let rate = 1;
/** How many times as fast time-outs are. */
let haste = 1;

globalThis.Date = class extends TrueDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [Date.now()] : parts));
  }

  static now() {
    return fromTrue(TrueDate.now());
  }
};

/** Moves now ahead. */
export function forward(ms) {
  ours_ms += ms;
}

/**
 * From now on, so many seconds pass in a true one: a whole number. Time-outs are `hasty` times as
 * fast where that is heeded: less than the clock, because a busy machine is not.
 */
export function run(times, hasty = times) {
  const now = TrueDate.now();
  ours_ms = fromTrue(now);
  true_ms = now;
  rate = times;
  haste = hasty;
}

/** What a time-out of `ms` takes in true time. */
export const shortened = (ms) => ms / haste;

/** What the true clock shows when ours shows `ms`. */
export const toTrue = (ms) => true_ms + Math.ceil((ms - ours_ms) / rate);

/** What our clock shows when the true one shows `ms`. */
export const fromTrue = (ms) => ours_ms + (ms - true_ms) * rate;

/** The true time, in milliseconds. */
export const trueNow = () => TrueDate.now();

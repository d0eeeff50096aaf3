// A `Date` whose now can be moved ahead. Loading this replaces the global one, in workerd as well
// as in Node, for our code and for all that it uses.

const TrueDate = Date;

/** How far now is ahead of the true time, in milliseconds. */
let ahead_ms = 0;

globalThis.Date = class extends TrueDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [Date.now()] : parts));
  }

  static now() {
    return TrueDate.now() + ahead_ms;
  }
};

/** Moves now ahead. */
export function forward(ms) {
  ahead_ms += ms;
}

/** What the true clock shows when ours shows `ms`. */
export const toTrue = (ms) => ms - ahead_ms;

/** What our clock shows when the true one shows `ms`. */
export const fromTrue = (ms) => ms + ahead_ms;

/** The true time, in milliseconds. */
export const trueNow = () => TrueDate.now();

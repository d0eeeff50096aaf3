/**
 * The fault language: what a test can make a simulated gateway do wrong.
 *
 * A fault is `{fault, on?, times?, ms?, seconds?, code?}`. `on` names the operation it waits for,
 * `times` how often it happens (a number, or "always"). Faults are looked at in the order given.
 *
 * | fault | on | what happens |
 * |---|---|---|
 * | delay | an operation, notice, any | acts at once, answers after `ms`; a notice waits `ms` |
 * | drop_answer | an operation, any | acts, then closes the connection without an answer |
 * | error_500 | an operation, any | answers 500 and does not act |
 * | refuse | an operation, any | refuses with the channel's own error `code` and does not act |
 * | wrong_amount | notice, query, any | rightly signed, but states another amount than the books |
 * | clock_skew | notice, an operation, any | signed timestamps are off by `seconds` |
 * | signature_probe | notice, an operation, any | WeChat Pay: a signature that must be rejected |
 * | duplicate_notice | notice | each notice is sent three times at once |
 * | no_notice | notice | the notice is never sent (it stays in the books, `withheld`) |
 * | reorder_notices | notice | notices are held, and leave in reverse when two are, or on flush |
 * | forged_notice | notice | before the true notice, the same one signed with a stranger's key |
 * | late_payment | pay | a closed payment can still be paid |
 * | no_fee | create, capture, query, any | Stripe, Alipay: paid, without what it has cost |
 * | pending_refund | refund | the refund stays pending until `/refunds/{id}/{succeed,fail}` |
 *
 * `any` means every operation of the API, and for the faults of notices every notice; a delay of
 * notices is asked for with `on: "notice"` only.
 */

const OPERATIONS = ['create', 'query', 'close', 'capture', 'refund', 'refund_query', 'other'];

/** What each fault may wait for, and what it waits for when `on` is left out. */
const FAULTS = {
  delay: { on: [...OPERATIONS, 'notice', 'any'], needs: 'ms' },
  drop_answer: { on: [...OPERATIONS, 'any'] },
  error_500: { on: [...OPERATIONS, 'any'] },
  refuse: { on: [...OPERATIONS, 'any'], needs: 'code' },
  wrong_amount: { on: ['notice', 'query', 'any'] },
  clock_skew: { on: [...OPERATIONS, 'notice', 'any'], needs: 'seconds' },
  signature_probe: { on: [...OPERATIONS, 'notice', 'any'] },
  duplicate_notice: { on: ['notice', 'any'] },
  no_notice: { on: ['notice', 'any'] },
  reorder_notices: { on: ['notice', 'any'], times: 2 },
  forged_notice: { on: ['notice', 'any'] },
  late_payment: { on: ['pay', 'any'] },
  no_fee: { on: ['create', 'capture', 'query', 'any'] },
  pending_refund: { on: ['refund', 'any'] },
};

/** The faults of one merchant. */
export class Faults {
  #list = [];
  #strikes;

  /** `strikes(entry)` says whether a fault can happen at all at this channel. */
  constructor(strikes = () => true) {
    this.#strikes = strikes;
  }

  /**
   * Replaces the list.
   * @throws {TypeError} saying which entry is wrong and why; the old list then stays.
   */
  replace(list) {
    if (!Array.isArray(list)) throw new TypeError('Faults are a list.');
    this.#list = list.map((entry, index) => {
      const fault = checked(entry, `Fault ${index}`);
      if (this.#strikes(fault)) return fault;
      throw new TypeError(`Fault ${index}: this channel has no ${fault.fault} on ${fault.on}.`);
    });
  }

  /** The list with the times that are left. */
  list() {
    return this.#list.map((entry) => ({ ...entry }));
  }

  /** Uses up one occurrence of `fault` on `operation`, and returns its entry, or `undefined`. */
  take(fault, operation) {
    const entry = this.#list.find((candidate) => matches(candidate, fault, operation));
    if (entry === undefined) return undefined;
    if (entry.times !== 'always') {
      entry.times -= 1;
      if (entry.times === 0) this.#list.splice(this.#list.indexOf(entry), 1);
    }
    return { ...entry };
  }
}

function matches(entry, fault, operation) {
  if (entry.fault !== fault) return false;
  if (entry.on === operation) return true;
  return entry.on === 'any' && !(fault === 'delay' && operation === 'notice');
}

function checked(entry, name) {
  const rule = FAULTS[entry?.fault];
  if (!rule) throw new TypeError(`${name}: unknown fault ${JSON.stringify(entry?.fault)}.`);
  const on = entry.on ?? (rule.on.length === 2 ? rule.on[0] : 'any');
  if (!rule.on.includes(on)) {
    throw new TypeError(`${name}: ${entry.fault} does not happen on ${on}.`);
  }
  const times = entry.times ?? rule.times ?? 1;
  if (times !== 'always' && !(Number.isInteger(times) && times > 0)) {
    throw new TypeError(`${name}: times is a positive number or "always".`);
  }
  if (rule.needs === 'code' && typeof entry.code !== 'string') {
    throw new TypeError(`${name}: refuse needs the channel's error code.`);
  }
  if (rule.needs && rule.needs !== 'code' && !Number.isInteger(entry[rule.needs])) {
    throw new TypeError(`${name}: ${entry.fault} needs ${rule.needs}, a whole number.`);
  }
  const unknown = Object.keys(entry).filter((key) => !KNOWN_KEYS.has(key));
  if (unknown.length) throw new TypeError(`${name}: unknown field ${unknown[0]}.`);
  return { ...entry, on, times };
}

const KNOWN_KEYS = new Set(['fault', 'on', 'times', 'ms', 'seconds', 'code']);

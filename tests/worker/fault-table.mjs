// What can go wrong at a channel, as data: fault points, the ways to pay that they are tried on,
// and the rules that leave out what makes no sense. `pairs.test.mjs` plays them.

/** A channel is waited for 10 s; time-outs are `HASTE` times as fast. */
export const HASTE = 4;
const TOO_LONG_MS = 2700;

/** What each channel says when it refuses an operation with an error of its own. */
const REFUSALS = {
  stripe: { create: "do_not_honor", query: "rate_limit", close: "lock_timeout",
    capture: "charge_disputed", refund: "charge_disputed", refund_query: "rate_limit" },
  alipay: { create: "ACQ.TOTAL_FEE_EXCEED", query: "ACQ.SYSTEM_ERROR", close: "ACQ.SYSTEM_ERROR",
    refund: "ACQ.SELLER_BALANCE_NOT_ENOUGH", refund_query: "ACQ.SYSTEM_ERROR" },
  wechat_pay: { create: "NO_AUTH", query: "FREQUENCY_LIMITED", close: "SYSTEM_ERROR",
    refund: "NOT_ENOUGH", refund_query: "FREQUENCY_LIMITED" },
};

/** Operations of a channel's API, in the order of an order's life. */
const OPERATIONS = ["create", "query", "close", "capture", "refund", "refund_query"];

/** What goes wrong with an operation. */
const WITH_OPERATIONS = [
  { fault: "delay", ms: TOO_LONG_MS },
  { fault: "drop_answer", times: 2 },
  { fault: "error_500", times: 2 },
  { fault: "refuse" },
  { fault: "clock_skew", seconds: -3600, times: 2 },
  { fault: "signature_probe", times: 2 },
];

/** What goes wrong with notices. */
const WITH_NOTICES = [
  { fault: "delay", on: "notice", ms: TOO_LONG_MS, times: "always" },
  { fault: "wrong_amount", on: "notice", times: "always" },
  { fault: "clock_skew", on: "notice", seconds: -3600, times: "always" },
  { fault: "signature_probe", on: "notice", times: 2 },
  { fault: "duplicate_notice", on: "notice", times: "always" },
  { fault: "no_notice", on: "notice", times: "always" },
  { fault: "reorder_notices", on: "notice", times: "always" },
  { fault: "forged_notice", on: "notice", times: "always" },
];

/** What goes wrong with the money. */
const WITH_MONEY = [
  { fault: "wrong_amount", on: "query" },
  { fault: "late_payment", on: "pay" },
  { fault: "pending_refund", on: "refund" },
];

/** Every fault point: `{name, fault, on, entry}`; `entry` is what a simulator takes. */
export const POINTS = [
  ...OPERATIONS.flatMap((on) => WITH_OPERATIONS.map((entry) => ({ on, ...entry }))),
  ...WITH_NOTICES,
  ...WITH_MONEY,
].map((entry) => {
  const { fault, on } = entry;
  return { name: `${fault} on ${on}`, fault, on, entry };
});

/**
 * Ways to pay. `presses`: the shopper has to press pay at a cashier. `opens`: the cashier has to be
 * opened, before which the channel knows of nothing. `captures`: the merchant takes held money.
 */
export const WAYS = [
  { name: "Stripe, a card at once", channel: "stripe", method: "card", currency: "USD",
    card: "paid" },
  { name: "Stripe, 3-D Secure and capture", channel: "stripe", method: "card", currency: "USD",
    card: "challenged", presses: true, captures: true },
  { name: "Alipay", channel: "alipay", method: "alipay", currency: "CNY", presses: true,
    opens: true },
  { name: "WeChat Pay", channel: "wechat_pay", method: "wechat_pay", currency: "CNY",
    presses: true },
];

/**
 * What the people do. `paid`: pay, then a part is refunded. `left`: the shopper leaves a first
 * attempt and pays by a second. `cancelled`: the merchant cancels while the shopper could pay.
 */
export const STORIES = ["paid", "left", "cancelled"];

const isNotice = ({ on }) => on === "notice";
const isAnswer = ({ on }) => OPERATIONS.includes(on);
const has = (points, wanted) => points.some(wanted);
const isLate = ({ fault }) => fault === "late_payment";

/** What is left out, and why. The first rule that applies to a combination is the reason. */
export const RULES = [
  { because: "only WeChat Pay signs its answers with a time, and probes signatures",
    applies: ({ way, points }) => way.channel !== "wechat_pay" && has(points, (point) =>
      point.fault === "signature_probe" || (point.fault === "clock_skew" && isAnswer(point))) },
  { because: "what is not held is not captured",
    applies: ({ way, points }) => !way.captures && has(points, ({ on }) => on === "capture") },
  { because: "what is paid at once cannot be left or cancelled",
    applies: ({ way, story }) => !way.presses && story !== "paid" },
  { because: "nothing is closed where the shopper pays the first attempt",
    applies: ({ story, points }) => story === "paid"
      && has(points, (point) => point.on === "close" || isLate(point)) },
  { because: "without a close or a late payment it is the story in which the shopper pays",
    applies: ({ story, points }) => story !== "paid"
      && !has(points, (point) => point.on === "close" || isLate(point)) },
  { because: "what is cancelled is neither captured, nor given back unless it was paid late",
    applies: ({ story, points }) => story === "cancelled" && has(points, ({ on }) =>
      on === "capture" || (/^refund/.test(on) && !has(points, isLate))) },
  { because: "held money is released, not given back",
    applies: ({ way, story, points }) => way.captures && story === "cancelled"
      && has(points, ({ on }) => /^refund/.test(on)) },
  { because: "what is paid after its close is learned from a notice alone, and none holds",
    applies: ({ points }) => has(points, isLate) && has(points, ({ fault, on }) =>
      fault === "no_notice" || (fault === "clock_skew" && on === "notice")) },
  { because: "without notices nothing else can go wrong with them",
    applies: ({ points }) => has(points, ({ fault }) => fault === "no_notice")
      && points.filter(isNotice).length > 1 },
];

/** Every combination of one or two points with a way and a story, and those that are left out. */
export function combinations() {
  const kept = [];
  const excluded = new Map();
  for (const way of WAYS) {
    for (const story of STORIES) {
      for (const points of onesAndTwos(POINTS)) {
        const rule = RULES.find(({ applies }) => applies({ way, story, points }));
        if (rule) excluded.set(rule.because, (excluded.get(rule.because) ?? 0) + 1);
        else kept.push({ way, story, points });
      }
    }
  }
  return { kept, excluded };
}

function onesAndTwos(list) {
  return list.flatMap((one, index) => [[one], ...list.slice(index + 1).map((two) => [one, two])]);
}

/** What goes wrong at a point, as the simulator of a channel takes it. */
export function entryOf({ entry }, { channel }) {
  if (entry.fault !== "refuse") return entry;
  return { ...entry, code: REFUSALS[channel][entry.on] };
}

/** What has to go wrong beside it, so that a point can be reached at all. */
export function leadingTo({ on }, { presses }) {
  // A refund is asked about while it is undecided, a card that is paid at once when its answer and
  // the two notices of it were lost.
  if (on === "refund_query") return [{ fault: "pending_refund", on: "refund" }];
  return on === "query" && !presses ? [{ fault: "drop_answer", on: "create" },
    { fault: "no_notice", on: "notice", times: 2 }] : [];
}

/** Whether a channel states, over its own signature, an amount that its books do not have. */
export function lies(points) {
  return has(points, ({ fault, on }) => fault === "wrong_amount" && on === "query");
}

// What can become of an order: each kind of story with how often it is told, who can live it, and
// its steps. A step is `{after_s, do, …}`: so many seconds after the step before.

import { CARDS } from "../worker/seal.mjs";

/** Stripe's published test cards by brand, all of which pay. */
const PAYING = ["4242424242424242", "4242424242424242", "4242424242424242", "5555555555554444",
  "5555555555554444", "5200828282828210", "378282246310005"];
const PAYING_IN = {
  CN: ["6200000000000005", "4242424242424242"],
  JP: ["3566002020360505", "4242424242424242"],
  US: [...PAYING, "6011111111111117"],
};
/** Test cards that are declined, each for a reason of its own. */
const DECLINED = [CARDS.declined, CARDS.poor, "4000000000000069", "4000000000000127"];
const CHALLENGED = [CARDS.challenged, "4000000000003220"];
const CHALLENGED_IN_VAIN = "4000008400001629";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
/** When an unpaid order has expired for certain: two hours, and what a busy machine takes. */
const EXPIRED_S = 2 * HOUR_S + 60;

const card = (random, after_s, number) => ({ after_s, do: "card", number });
const paying = (random, { country }, after_s = random.between(40, 210)) =>
  card(random, after_s, random.one(PAYING_IN[country] ?? PAYING));
const declined = (random) => card(random, random.between(40, 160), random.one(DECLINED));
const challenged = (random) => card(random, random.between(40, 160), random.one(CHALLENGED));
const press = (random, action) => ({ after_s: random.between(15, 70), do: "press", action });
const wallet = (random, method) => ({ after_s: random.between(25, 120), do: "wallet", method });
const expires = { after_s: EXPIRED_S, do: "wait" };
const later = (random) => random.between(DAY_S, 6 * DAY_S);

const WHOLE_REASONS = ["Arrived broken", "Sent back unopened", "Ordered twice by mistake",
  "Lost on the way", "包裹在运输途中丢失", "顾客退货，商品完好"];
const PART_REASONS = ["One cup was chipped", "Lid did not fit",
  "Delivered late: shipping given back", "One bag was missing", "一罐茶叶受潮", "茶壶盖有裂纹"];

const refund = (random, what) => ({
  after_s: later(random), do: "refund", what,
  reason: random.one(what === "whole" ? WHOLE_REASONS : PART_REASONS),
});
const part = (random) => refund(random, random.one(["item", "item", "shipping", "tenth"]));
const ask = (random) => ({
  after_s: later(random), do: "ask", what: random.one(["item", "tenth"]),
  reason: random.one(PART_REASONS),
});
const approve = (random, more) =>
  ({ after_s: random.between(HOUR_S, DAY_S), do: "approve", ...more });
/** The bank holds the money back: the channel refuses to give it out twice. */
const DISPUTED = { refused: "charge_disputed" };
const cancel = (random, reason, after_s = random.between(300, 3000)) =>
  ({ after_s, do: "cancel", reason });

/** Stories of shoppers with wallets, and of all others. */
export const STORIES = [
  story("card_paid", 0, "paid", (random, who) => [paying(random, who)]),
  story("card_declined_paid", 18, "paid", (random, who) =>
    [declined(random), paying(random, who, random.between(30, 90))]),
  story("card_declined_left", 8, "expired", (random) => [declined(random), expires]),
  story("card_3ds_paid", 12, "paid", (random) => [challenged(random), press(random, "pay")]),
  story("card_3ds_failed_paid", 3, "paid", (random, who) =>
    [challenged(random), press(random, "decline"), paying(random, who, random.between(30, 90))]),
  story("card_3ds_declined", 1, "expired", (random) =>
    [card(random, 70, CHALLENGED_IN_VAIN), press(random, "pay"), expires]),
  story("card_3ds_left", 4, "expired", (random) => [challenged(random), expires]),
  story("card_refunded", 8, "refunded", (random, who) =>
    [paying(random, who), refund(random, "whole")]),
  story("card_part_refunded", 9, "partly_refunded", (random, who) =>
    [paying(random, who), part(random)]),
  story("card_refund_fails", 1, "paid", (random) =>
    [card(random, 90, CARDS.refundFails), refund(random, "item")]),
  story("card_captured", 4, "paid", (random, who) =>
    [paying(random, who), { after_s: random.between(HOUR_S, DAY_S), do: "capture" }],
  { capture: "manual" }),
  story("card_captured_less", 2, "paid", (random, who) =>
    [paying(random, who), { after_s: random.between(HOUR_S, DAY_S), do: "capture", less: true }],
  { capture: "manual" }),
  story("card_released", 2, "cancelled", (random, who) =>
    [paying(random, who), cancel(random, "merchant", random.between(HOUR_S, DAY_S))],
  { capture: "manual" }),
  story("alipay_paid", 30, "paid", (random) => [wallet(random, "alipay"), press(random, "pay")]),
  story("alipay_refunded", 4, "refunded", (random) =>
    [wallet(random, "alipay"), press(random, "pay"), refund(random, "whole")]),
  story("alipay_left", 4, "expired", (random) => [wallet(random, "alipay"), expires]),
  story("wechat_paid", 30, "paid", (random) =>
    [wallet(random, "wechat_pay"), press(random, "pay")]),
  story("wechat_part_refunded", 5, "partly_refunded", (random) =>
    [wallet(random, "wechat_pay"), press(random, "pay"), part(random)]),
  story("wechat_left", 4, "expired", (random) => [wallet(random, "wechat_pay"), expires]),
  story("wechat_then_alipay", 5, "paid", (random) =>
    [wallet(random, "wechat_pay"), wallet(random, "alipay"), press(random, "pay")]),
  story("wechat_paid_late", 2, "cancelled", (random) =>
    [wallet(random, "wechat_pay"), cancel(random, "merchant"), press(random, "pay_late")]),
  story("request_settled", 4, "partly_refunded", (random, who) =>
    [paying(random, who), ask(random), approve(random)]),
  story("request_declined", 4, "paid", (random, who) =>
    [paying(random, who), ask(random), { after_s: random.between(HOUR_S, DAY_S), do: "decline" }]),
  story("request_refused", 2, "paid", (random, who) =>
    [paying(random, who), ask(random), approve(random, DISPUTED)]),
  story("request_settled_late", 1, "partly_refunded", (random, who) =>
    [paying(random, who), ask(random), approve(random, DISPUTED), approve(random)]),
  story("request_open", 3, "paid", (random, who) => [paying(random, who), ask(random)]),
  story("wechat_request_open", 2, "paid", (random) =>
    [wallet(random, "wechat_pay"), press(random, "pay"), ask(random)]),
  story("never_tried", 6, "expired", () => [expires]),
  story("cancelled", 5, "cancelled", (random) => [cancel(random, "merchant")]),
  story("cancelled_by_shopper", 2, "cancelled", (random) => [cancel(random, "shopper")]),
];

/** Stories of the last hour, which have no end yet, with how long ago they began. */
export const OPEN_STORIES = [
  { ...story("open_authorized", 1, "authorized", (random, who) => [paying(random, who, 80)],
    { capture: "manual" }), ago_s: 55 * 60 },
  { ...story("open_created", 1, "created", () => []), ago_s: 42 * 60 },
  { ...story("alipay_open", 1, "requires_action", (random) => [wallet(random, "alipay")]),
    ago_s: 23 * 60 },
  { ...story("card_3ds_open", 1, "requires_action", (random) => [challenged(random)]),
    ago_s: 14 * 60 },
  { ...story("wechat_open", 1, "requires_action", (random) => [wallet(random, "wechat_pay")]),
    ago_s: 9 * 60 },
  { ...story("card_paid_just_now", 1, "paid", (random, who) => [paying(random, who, 60)]),
    ago_s: 5 * 60 },
];

/**
 * `often`: of 300 orders, how many; none for the one that fills up. `ends` is the state that its
 * order comes to. `order` is what it asks of the API beyond what the shop asks.
 */
function story(name, often, ends, steps, order) {
  const wallets = /^(alipay|wechat)/.test(name);
  return { name, often, ends, steps, order, wallets };
}

// What channels keep: told with the payment, or asked for later, on a worker and simulators whose
// clocks the test moves. Unknown is shown as unknown, and no other amount is less by a fee.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startOwnSimulators } from "./own-simulators.mjs";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

const MINUTE_MS = HOUR_MS / 60;
const DAY_MS = 24 * HOUR_MS;

const simulators = await startOwnSimulators();
const own = await startWorker({ ...process.env, ...simulators.env });
Object.assign(process.env, simulators.env,
  { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, cny, newKey, read, usd } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");
const { CARDS } = await import("./seal.mjs");
const { Shopper, reference } = await import("./shopper.mjs");

let receiver;
before(async () => {
  receiver = await Receiver.start();
  receiver.clockMoves = true;
});
after(async () => {
  await receiver.stop();
  await own.stop();
  await simulators.stop();
});

/** Moves all clocks, and waits until what is due by then is done. */
async function forward(ms) {
  await simulators.forward(ms);
  await own.forward(ms);
  await own.quiet();
}

const makeStore = (channel) => Store.make({ channels: [channel], receiver });

/** An order that a shopper pays away from us: its notice is all that we hear. */
async function paidByNotice(store, channel, changes) {
  const order = await store.makeOrder(changes);
  const [method, options] = channel === "stripe"
    ? ["card", { card: CARDS.challenged }] : [channel, {}];
  const shopper = new Shopper(order);
  const snapshot = await shopper.pay(method, options);
  if (channel === "alipay") await shopper.follow(snapshot);
  await store.merchants[channel].press(reference(order), "pay");
  await receiver.event("order.paid", order.id);
  await own.quiet();
  return store.order(order.id);
}

/** How often the channel was asked. */
const asked = async (store, channel) => (await store.merchants[channel].requests("query")).length;

const feesOf = ({ fees, attempts }) => [fees, attempts.map(({ fee }) => fee)];

/** All but the fee, the card, which a notice may not tell, and what tells of a change. */
function rest({ fees, attempts, version, updated_at: _, ...order }) {
  return { ...order, attempts: attempts.map(({ fee, card, ...attempt }) => attempt) };
}

test("Stripe tells the fee with a card payment, without another question", async () => {
  const store = await makeStore("stripe");
  const order = await store.makeOrder();
  await new Shopper(order).pay("card");
  const { data } = await receiver.event("order.paid", order.id);
  assert.deepEqual(feesOf(data.order), [[usd("1.26")], [usd("1.26")]]);
  assert.deepEqual(data.order.captured, usd("33.20"));
  assert.deepEqual(data.order.refundable, usd("33.20"));
  await forward(2 * DAY_MS);
  assert.equal(await asked(store, "stripe"), 0);
});

test("a fee is in the currency that is settled in", async () => {
  const store = await makeStore("stripe");
  const order = await store.makeOrder({ currency: "EUR" });
  await new Shopper(order).pay("card");
  const paid = await store.orderWhere(order.id, "paid");
  assert.deepEqual(paid.fees, [usd("1.42")]);
  assert.equal(paid.captured.currency, "EUR");
});

test("a capture tells its fee", async () => {
  const store = await makeStore("stripe");
  const order = await store.makeOrder({ capture: "manual" });
  await new Shopper(order).pay("card");
  assert.deepEqual(feesOf(await store.order(order.id)), [[], [null]]);
  const path = `/v1/orders/${order.id}/capture`;
  const captured = await store.api.ok("POST", path, { amount: usd("10.00") }, newKey());
  assert.deepEqual(feesOf(captured), [[usd("0.59")], [usd("0.59")]]);
});

test("after a notice the fee is asked for a minute later, and changes nothing else", async () => {
  const store = await makeStore("stripe");
  const paid = await paidByNotice(store, "stripe");
  assert.deepEqual(feesOf(paid), [[], [null]]);
  const before = await asked(store, "stripe");
  await forward(MINUTE_MS / 2);
  assert.equal(await asked(store, "stripe"), before);
  await forward(MINUTE_MS);
  const later = await store.order(paid.id);
  assert.deepEqual(feesOf(later), [[usd("1.26")], [usd("1.26")]]);
  assert.deepEqual(rest(later), rest(paid));
  assert.deepEqual(receiver.types(paid.id), ["order.paid"]);
  assert.equal(await asked(store, "stripe"), before + 1);
  await forward(2 * DAY_MS);
  assert.equal(await asked(store, "stripe"), before + 1, "asked until it was told");
});

test("a fee that is booked late is asked for again, also of what was given back", async () => {
  const store = await makeStore("stripe");
  const paid = await paidByNotice(store, "stripe");
  await store.merchants.stripe.faults({ fault: "no_fee", on: "query" });
  await store.refund(paid, { reason: "All of it" });
  await store.orderWhere(paid.id, "refunded");
  await forward(2 * MINUTE_MS);
  assert.deepEqual((await store.order(paid.id)).fees, []);
  await forward(HOUR_MS);
  const later = await store.order(paid.id);
  assert.deepEqual([later.state, later.fees], ["refunded", [usd("1.26")]]);
});

for (const fault of ["no_fee", "error_500"]) {
  test(`what Stripe never tells stays unknown, and is asked for three times: ${fault}`, async () => {
    const store = await makeStore("stripe");
    const paid = await paidByNotice(store, "stripe");
    const before = await asked(store, "stripe");
    await store.merchants.stripe.faults({ fault, on: "query", times: "always" });
    await forward(2 * MINUTE_MS);
    await forward(2 * HOUR_MS);
    await forward(2 * DAY_MS);
    await forward(9 * DAY_MS);
    assert.equal(await asked(store, "stripe"), before + 3);
    const later = await store.order(paid.id);
    assert.deepEqual([later.state, ...feesOf(later)], ["paid", [], [null]]);
  });
}

test("Alipay is asked once, an hour after the notice", async () => {
  const store = await makeStore("alipay");
  const paid = await paidByNotice(store, "alipay", { currency: "CNY" });
  assert.deepEqual(feesOf(paid), [[], [null]]);
  const before = await asked(store, "alipay");
  await forward(HOUR_MS + MINUTE_MS);
  const later = await store.order(paid.id);
  assert.deepEqual(feesOf(later), [[cny("0.20")], [cny("0.20")]]);
  assert.deepEqual(rest(later), rest(paid));
  assert.equal(await asked(store, "alipay"), before + 1);

  const silent = await paidByNotice(store, "alipay", { currency: "CNY" });
  await store.merchants.alipay.faults({ fault: "no_fee", times: "always" });
  const until = await asked(store, "alipay");
  await forward(HOUR_MS + MINUTE_MS);
  await forward(2 * DAY_MS);
  assert.deepEqual(feesOf(await store.order(silent.id)), [[], [null]]);
  assert.equal(await asked(store, "alipay"), until + 1);
});

test("WeChat Pay tells its fees in files, and is not asked", async () => {
  const store = await makeStore("wechat_pay");
  const paid = await paidByNotice(store, "wechat_pay", { currency: "CNY" });
  const before = await asked(store, "wechat_pay");
  await forward(2 * DAY_MS);
  assert.deepEqual(feesOf(await store.order(paid.id)), [[], [null]]);
  assert.equal(await asked(store, "wechat_pay"), before);
});

test("the table of orders ends with the fees, and leaves open what is unknown", async () => {
  const store = await makeStore("stripe");
  const unpaid = await store.makeOrder();
  const order = await store.makeOrder({ currency: "EUR" });
  await new Shopper(order).pay("card");
  await store.orderWhere(order.id, "paid");
  const answer = await read(`${own.url}/v1/orders/export.csv`, { headers: store.api.headers });
  const [head, ...rows] = answer.text.split("\r\n").slice(0, -1);
  assert.ok(head.endsWith(",items,fees"), head);
  const row = (id) => rows.find((line) => line.startsWith(id));
  assert.ok(row(order.id).endsWith(",1.42 USD"), row(order.id));
  assert.ok(row(unpaid.id).endsWith("tea,"), row(unpaid.id));
});

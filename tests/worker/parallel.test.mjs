// Fifty at once: the same create, the same attempt, different attempts on one order, the same
// refund, different refunds. However they interleave, there is one order, one charge, and never
// more given back than was taken.

import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { disagreements, readTill } from "./books.mjs";
import { startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded. Between them and its worker stands a proxy,
// which answers for itself when it is busy; nothing stands before a worker of the test's own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Receiver } = await import("./receiver.mjs");
const { Shopper, reference } = await import("./shopper.mjs");
const { Store, at, draft, newKey, until, usd } = await import("./stack.mjs");

after(() => own.stop());

const MANY = 50;
const all = Array.from({ length: MANY }, (_, number) => number);
/** Two cores do all of it. */
const SOON = { within: 90_000 };

let receiver;
let store;

// A store each: one address may not try to pay much more than fifty times in one.
beforeEach(async () => {
  receiver = await Receiver.start();
  store = await Store.make({ channels: ["stripe", "wechat_pay"], receiver });
});
afterEach(() => receiver.stop());

/** Waits until books, order and webhooks agree. */
async function agrees(order) {
  const shop = {
    url: at.causeway,
    key: store.secretKey,
    simulators: at,
    merchants: { stripe: store.merchants.stripe.id, wechat_pay: store.merchants.wechat_pay.id },
    webhooks: receiver.events,
    orders: [order.id],
  };
  let said;
  const probe = async () => {
    const tills = [await readTill(at.causeway, store.id)];
    said = await disagreements({ ...shop, tills });
    return said.length === 0;
  };
  await until("books, order and webhooks agree", probe, SOON).catch((error) => {
    error.message += `\n${said.join("\n")}`;
    throw error;
  });
}

/** How often an order was charged, by all its attempts together. */
async function charges(order) {
  const books = await Promise.all(Object.values(store.merchants).map((one) => one.books()));
  return books.flatMap(({ payments }) => payments)
    .filter(({ reference: name }) => name?.startsWith(order.id))
    .reduce((sum, payment) => sum + payment.charges, 0);
}

/** How many answers had each status and code. */
function tally(answers) {
  const found = {};
  for (const { status, body } of answers) {
    const name = status < 300 ? status : `${status} ${body.errors?.[0].code ?? body.code}`;
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

async function paidOrder() {
  const order = await store.makeOrder();
  await new Shopper(order).pay("card");
  return store.orderWhere(order.id, "paid");
}

describe("fifty at once", () => {
  test("with one key make one order, and all hear of it", async () => {
    const key = newKey();
    const body = draft({ merchant_reference: key["idempotency-key"] });
    const answers = await Promise.all(all.map(() =>
      store.api.call("POST", "/v1/orders", body, key)));
    assert.deepEqual(tally(answers), { 200: MANY - 1, 201: 1 });
    for (const answer of answers) {
      assert.deepEqual(answer.body, answers[0].body);
      const replayed = answer.headers.get("idempotent-replayed");
      assert.equal(replayed, answer.status === 200 ? "true" : null);
    }
    const { data } = await store.api.ok("GET", "/v1/orders?limit=100");
    const made = data.filter(({ merchant_reference: name }) => name === key["idempotency-key"]);
    assert.equal(made.length, 1);
  });

  test("posts of one attempt charge once, and all hear of that attempt", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    await shopper.open();
    const body = await shopper.attempt("card");
    const answers = await Promise.all(all.map(() => shopper.post(body)));
    assert.deepEqual(tally(answers), { 200: MANY - 1, 201: 1 });
    for (const { body: snapshot } of answers) assert.equal(snapshot.attempt.id, body.id);
    await store.orderWhere(order.id, "paid");
    assert.equal((await store.order(order.id)).attempts.length, 1);
    const again = await Promise.all(all.slice(0, 5).map(() => shopper.post(body)));
    for (const one of again) assert.deepEqual(one.body.attempt, again[0].body.attempt);
    assert.equal(await charges(order), 1);
    await agrees(order);
  });

  test("different attempts by card charge once", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    await shopper.open();
    const bodies = await Promise.all(all.map(() => shopper.attempt("card")));
    const answers = await Promise.all(bodies.map((body) => shopper.post(body)));
    const { 201: started, ...refused } = tally(answers);
    assert.equal(started, 1, JSON.stringify(refused));
    for (const name of Object.keys(refused)) {
      assert.match(name, /^409 (attempt_open|already_paid)$/);
    }
    // Who is refused learns which attempt is under way.
    const winner = bodies[answers.findIndex(({ status }) => status === 201)].id;
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      assert.equal(body.snapshot.attempt.id, winner, `${status} ${body.code}`);
    }
    await store.orderWhere(order.id, "paid");
    assert.equal((await store.order(order.id)).attempts.length, 1);
    assert.equal(await charges(order), 1);
    await agrees(order);
  });

  test("different attempts by code leave one that can be paid", async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    const shopper = new Shopper(order);
    await shopper.open();
    const bodies = await Promise.all(all.map(() => shopper.attempt("wechat_pay")));
    const answers = await Promise.all(bodies.map((body) => shopper.post(body)));
    for (const name of Object.keys(tally(answers))) assert.match(name, /^(201|409 [a-z_]+)$/);
    const { attempts } = await store.orderWhere(order.id, ({ attempts: found }) =>
      found.filter(({ state }) => state !== "closed").length === 1
      && found.at(-1).state === "requires_action", SOON);
    for (const { number } of attempts) {
      await store.merchants.wechat_pay.press(reference(order, number), "pay").catch(() => null);
    }
    await store.orderWhere(order.id, "paid", SOON);
    assert.equal(await charges(order), 1);
    await agrees(order);
  });

  test("refunds with one key give back once, and all hear of that refund", async () => {
    const order = await paidOrder();
    const key = newKey();
    const body = { amount: usd("10.00"), reason: "Damaged" };
    const path = `/v1/orders/${order.id}/refunds`;
    const answers = await Promise.all(all.map(() => store.api.call("POST", path, body, key)));
    for (const { status, body: refund } of answers) {
      assert.ok(status === 200 || status === 201, `${status}`);
      assert.deepEqual([refund.id, refund.amount], [answers[0].body.id, body.amount]);
    }
    const after50 = await store.orderWhere(order.id, "partly_refunded", SOON);
    assert.equal(after50.refunds.length, 1);
    assert.deepEqual(after50.refunded, body.amount);
    await agrees(order);
  });

  test("refunds of all that is left, with one key or with many, give it back once", async () => {
    for (const key of [newKey(), null]) {
      const order = await paidOrder();
      const path = `/v1/orders/${order.id}/refunds`;
      const answers = await Promise.all(all.map(() =>
        store.api.call("POST", path, { reason: "All" }, key ?? newKey())));
      const made = answers.filter(({ status }) => status < 300).map(({ body }) => body.id);
      assert.equal(new Set(made).size, 1, JSON.stringify(tally(answers)));
      if (key) assert.equal(made.length, MANY, JSON.stringify(tally(answers)));
      const refunded = await store.orderWhere(order.id, "refunded", SOON);
      assert.deepEqual(refunded.refunded, order.total);
      await agrees(order);
    }
  });

  test("refunds with different keys never give back more than was taken", async () => {
    const order = await paidOrder();
    const path = `/v1/orders/${order.id}/refunds`;
    const body = { amount: usd("1.00"), reason: "Damaged" };
    const answers = await Promise.all(all.map(() =>
      store.api.call("POST", path, body, newKey())));
    assert.deepEqual(tally(answers), { 201: 33, "422 refund_exceeds_captured": MANY - 33 });
    const refunded = await store.orderWhere(order.id, ({ refunds }) =>
      refunds.every(({ state }) => state === "settled"), SOON);
    assert.deepEqual([refunded.refunded, refunded.refundable], [usd("33.00"), usd("0.20")]);
    await agrees(order);
  });
});

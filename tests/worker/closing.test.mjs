// How orders end unpaid: cancelled, expired, attempts left for others; what was open is closed at
// its channel, and money that comes all the same is given back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deskOf } from "./desk-page.mjs";
import { Receiver } from "./receiver.mjs";
import { CARDS } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, newKey, until } from "./stack.mjs";

/** Expiry cannot be sooner than a minute. */
const EXPIRY = { timeout: 150_000 };
const EXPIRY_MS = 120_000;

let receiver;
let store;

before(async () => {
  receiver = await Receiver.start();
  store = await Store.make({ receiver, channels: ["stripe", "alipay", "wechat_pay"] });
});
after(() => receiver.stop());

/** An order in CNY with an attempt that waits for the shopper. */
async function opened(method, { device, in: at = store, ...changes } = {}) {
  const order = await at.makeOrder({ currency: "CNY", ...changes });
  const shopper = new Shopper(order, { device });
  const snapshot = await shopper.pay(method);
  assert.equal(snapshot.state, "requires_action");
  return { order, shopper, snapshot };
}

function cancel(order, body) {
  return store.api.ok("POST", `/v1/orders/${order.id}/cancel`, body);
}

describe("an order that is cancelled", { concurrency: 6 }, () => {
  test("before anything was tried ends at once, and stays ended", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    await shopper.open();
    const body = await shopper.attempt("card");
    const cancelled = await cancel(order, { reason: "shopper" });
    assert.equal(cancelled.state, "cancelled");
    await receiver.event("order.cancelled", order.id);
    assert.equal((await cancel(order)).version, cancelled.version);
    const answer = await shopper.post(body);
    assert.equal(answer.status, 410);
    assert.equal(answer.body.code, "already_cancelled");
    assert.equal(answer.body.snapshot.state, "cancelled");
    const refund = { reason: "Nothing was paid" };
    const path = `/v1/orders/${order.id}`;
    const refunding = await store.api.refused(409, "POST", `${path}/refunds`, refund,
      newKey());
    assert.equal(refunding.code, "not_paid");
    const capturing = await store.api.refused(409, "POST", `${path}/capture`);
    assert.equal(capturing.code, "not_authorized");
    assert.deepEqual(receiver.types(order.id), ["order.cancelled"]);
  });

  test("while a WeChat Pay code is open has it closed there", async () => {
    const { order } = await opened("wechat_pay");
    await cancel(order);
    await store.orderWhere(order.id, "cancelled");
    await receiver.event("order.cancelled", order.id);
    const books = await store.merchants.wechat_pay.payment(reference(order));
    assert.equal(books.status, "closed");
  });

  test("while the Alipay cashier is open has the trade closed there", async () => {
    const { order, shopper, snapshot } = await opened("alipay");
    await shopper.follow(snapshot);
    await store.merchants.alipay.press(reference(order), "open");
    await cancel(order);
    await store.orderWhere(order.id, "cancelled");
    const books = await store.merchants.alipay.payment(reference(order));
    assert.equal(books.status, "closed");
  });

  test("before the shopper opened the Alipay cashier ends all the same", async () => {
    const { order } = await opened("alipay");
    await cancel(order);
    await store.orderWhere(order.id, "cancelled");
  });

  test("in the middle of 3-D Secure has the payment cancelled at Stripe", async () => {
    const order = await store.makeOrder();
    await new Shopper(order).pay("card", { card: CARDS.challenged });
    await cancel(order);
    await store.orderWhere(order.id, "cancelled");
    const books = await store.merchants.stripe.payment(reference(order));
    assert.equal(books.channel_status, "canceled");
  });

  test("after it was paid is paid", async () => {
    const order = await store.makeOrder();
    await new Shopper(order).pay("card");
    await store.orderWhere(order.id, "paid");
    const problem = await store.api.refused(409, "POST", `/v1/orders/${order.id}/cancel`);
    assert.equal(problem.code, "already_paid");
  });
});

describe("a payment that comes too late", () => {
  /** A cancelled order whose code is paid all the same. */
  async function paidLate(at, events) {
    const { order } = await opened("wechat_pay", { in: at });
    await at.api.ok("POST", `/v1/orders/${order.id}/cancel`);
    await at.orderWhere(order.id, "cancelled");
    await at.merchants.wechat_pay.faults({ fault: "late_payment" });
    await at.merchants.wechat_pay.press(reference(order), "pay");
    const event = await events.event("order.irregular_payment", order.id);
    assert.equal(event.data.order.irregular[0].kind, "late");
    return order;
  }

  test("is given back", async () => {
    const { id } = await paidLate(store, receiver);
    await receiver.event("refund.settled", id);
    const order = await store.order(id);
    assert.equal(order.state, "cancelled");
    assert.equal(order.captured.amount, "0.00");
    assert.equal(order.irregular[0].resolution.type, "refunded");
    assert.equal(order.irregular[0].resolution.refund, order.refunds[0].id);
    assert.equal(order.refunds[0].state, "settled");
    const books = await store.merchants.wechat_pay.payment(reference(order));
    assert.equal(books.refunded_minor, 3320);
    assert.ok(!receiver.types(id).includes("order.paid"));
  });

  test("is kept for the merchant's decision where the store says so", async () => {
    const events = await Receiver.start();
    const holding = await Store.make({ receiver: events, channels: ["wechat_pay"],
      profile: { irregular_payments: { late: "hold" } } });
    const { id } = await paidLate(holding, events);
    const order = await holding.order(id);
    assert.equal(order.irregular[0].resolution.type, "held");
    assert.deepEqual(order.refunds, []);
    // The merchant reads what waits, and finds the form to give it back.
    const desk = await deskOf(holding);
    for (const [language, words] of [["en", "Held until you decide"], ["zh-CN", "等待您决定"]]) {
      const html = await desk(`orders/${id}`, language);
      assert.ok(html.includes(words), language);
      assert.match(html, /name="act" value="order\.refund"/);
    }
    const payment = () => holding.merchants.wechat_pay.payment(reference(order));
    assert.equal((await payment()).refunded_minor, 0);
    const refunds = `/v1/orders/${id}/refunds`;
    const of = (attempt) => ({ attempt, reason: "Came late" });
    const key = { "idempotency-key": "the-late-one" };
    const other = await holding.api.refused(409, "POST", refunds,
      of("att_00000000000000000000000000"), key);
    assert.equal(other.code, "unknown_attempt");
    await holding.api.ok("POST", refunds, of(order.irregular[0].attempt), key);
    await events.event("refund.settled", id);
    assert.equal((await payment()).refunded_minor, 3320);
    const { irregular, state } = await holding.order(id);
    assert.deepEqual([irregular[0].resolution.type, state], ["refunded", "cancelled"]);
    await events.stop();
  });
});

describe("an order that expires", { concurrency: 6 }, () => {
  const soon = () => ({ expires_at: new Date(Date.now() + 62_000).toISOString() });

  test("has its open code closed, and takes no attempt", EXPIRY, async () => {
    const { order, shopper } = await opened("wechat_pay", soon());
    const idle = await store.makeOrder(soon());
    const body = await shopper.attempt("alipay");
    await store.orderWhere(order.id, "expired", { within: EXPIRY_MS });
    await receiver.event("order.expired", order.id);
    await store.orderWhere(idle.id, "expired");
    const books = await store.merchants.wechat_pay.payment(reference(order));
    assert.equal(books.status, "closed");
    const answer = await shopper.post(body);
    assert.equal(answer.status, 410);
    assert.equal(answer.body.code, "already_expired");
    assert.equal(answer.body.snapshot.state, "expired");
    const problem = await store.api.refused(410, "POST", `/v1/orders/${order.id}/cancel`);
    assert.equal(problem.code, "already_expired");
  });

  test("counts as paid late where the store accepts it", EXPIRY, async () => {
    const events = await Receiver.start();
    const accepting = await Store.make({ receiver: events, channels: ["wechat_pay"],
      profile: { irregular_payments: { late: "accept" } } });
    const { order } = await opened("wechat_pay", { in: accepting, ...soon() });
    await accepting.orderWhere(order.id, "expired", { within: EXPIRY_MS });
    // WeChat Pay tells whole seconds: within the same one the payment would be in time.
    await until("a second more", () => Date.now() > Date.parse(order.expires_at) + 1000);
    await accepting.merchants.wechat_pay.faults({ fault: "late_payment" });
    await accepting.merchants.wechat_pay.press(reference(order), "pay");
    const paid = await events.event("order.paid", order.id);
    assert.equal(paid.data.order.state, "paid");
    const told = await events.event("order.irregular_payment", order.id);
    assert.equal(told.data.order.irregular[0].resolution.type, "accepted");
    await events.stop();
  });
});

describe("an attempt", { concurrency: 6 }, () => {
  test("that the shopper leaves is closed, and another pays", async () => {
    const { order, shopper, snapshot } = await opened("wechat_pay");
    const left = await shopper.leave(snapshot.attempt.id);
    assert.equal(left.status, 201);
    await until("closed at the channel", async () =>
      (await store.merchants.wechat_pay.payment(reference(order))).status === "closed");
    await store.orderWhere(order.id, ({ attempts }) => attempts[0].state === "closed");
    assert.equal((await shopper.leave(snapshot.attempt.id)).status, 200);
    const paid = await shopper.pay("card");
    assert.equal(paid.state, "paid");
    assert.equal((await shopper.leave(paid.attempt.id)).body.code, "already_paid");
    const { attempts } = await store.order(order.id);
    assert.deepEqual(attempts.map(({ state }) => state), ["closed", "paid"]);
  });

  test("that is open is closed when another begins, its late payment given back", async () => {
    const { order, shopper, snapshot } = await opened("wechat_pay");
    const paid = await shopper.pay("card");
    assert.equal(paid.state, "paid");
    assert.notEqual(paid.attempt.id, snapshot.attempt.id);
    await until("closed at the channel", async () =>
      (await store.merchants.wechat_pay.payment(reference(order))).status === "closed");
    await store.merchants.wechat_pay.faults({ fault: "late_payment" });
    await store.merchants.wechat_pay.press(reference(order), "pay");
    const event = await receiver.event("order.irregular_payment", order.id);
    assert.equal(event.data.order.irregular[0].kind, "duplicate");
    await receiver.event("refund.settled", order.id);
    const after = await store.order(order.id);
    assert.equal(after.state, "paid");
    assert.deepEqual(after.refunded.amount, "0.00");
    assert.deepEqual(after.refundable, after.total);
    const books = await store.merchants.wechat_pay.payment(reference(order));
    assert.equal(books.refunded_minor, 3320);
  });

  test("that is repeated is the same attempt", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    const body = await shopper.attempt("card");
    const answers = await Promise.all(Array.from({ length: 6 }, () => shopper.post(body)));
    for (const { status, text } of answers) assert.ok(status === 200 || status === 201, text);
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    const paid = await store.orderWhere(order.id, "paid");
    assert.equal(paid.attempts.length, 1);
    const { payments } = await store.merchants.stripe.books();
    const charges = payments.filter((payment) => payment.reference === reference(order));
    assert.deepEqual(charges.map((payment) => payment.charges), [1]);
    const again = await shopper.post(body);
    assert.equal(again.status, 200);
    assert.equal(again.body.attempt.id, body.id);
  });

  test("whose id stands for another attempt already is refused", async () => {
    const { shopper, snapshot } = await opened("wechat_pay");
    const body = await shopper.attempt("alipay", { id: snapshot.attempt.id });
    const answer = await shopper.post(body);
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, "attempt_id_reused");
  });

  test("is refused while a card may still be charged", async () => {
    const slow = await Store.make({ channels: ["stripe"] });
    await slow.merchants.stripe.faults({ fault: "delay", on: "create", ms: 3000 },
      { fault: "no_notice", times: "always" });
    const order = await slow.makeOrder();
    const [tab, second] = [new Shopper(order), new Shopper(order)];
    await second.open();
    const paying = tab.pay("card");
    await slow.orderWhere(order.id, "processing");
    const answer = await second.post(await second.attempt("card"));
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, "attempt_open");
    assert.equal(answer.body.snapshot.state, "processing");
    const left = await second.leave(answer.body.snapshot.attempt.id);
    assert.equal(left.status, 409);
    assert.equal(left.body.code, "attempt_open");
    assert.equal((await paying).state, "paid");
    const books = await slow.merchants.stripe.books();
    assert.equal(books.charges, 1);
  });

  test("of an order that was paid already is refused", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    await shopper.open();
    await shopper.pay("card");
    const answer = await shopper.post(await shopper.attempt("card"));
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, "already_paid");
    assert.equal(answer.body.snapshot.state, "paid");
  });

  test("is the last after twenty", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    await shopper.open();
    for (let number = 1; number <= 20; number += 1) {
      const snapshot = await shopper.pay("card", { card: CARDS.declined });
      assert.equal(snapshot.attempt.number, number);
    }
    const answer = await shopper.post(await shopper.attempt("card"));
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, "too_many_attempts");
  });
});

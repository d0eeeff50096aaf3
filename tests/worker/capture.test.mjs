// Held money: captured whole, in part, or released. Stripe's cards can do so.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Receiver } from "./receiver.mjs";
import { CARDS } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, cny, newKey, usd } from "./stack.mjs";

/** A store of its own, because faults are a merchant's. */
async function held({ faults = [] } = {}) {
  const store = await Store.make({ channels: ["stripe"] });
  const endpoint = await Receiver.start();
  await store.addEndpoint(endpoint);
  const order = await store.makeOrder({ capture: "manual" });
  const snapshot = await new Shopper(order).pay("card");
  assert.equal(snapshot.state, "authorized");
  const event = await endpoint.event("order.authorized", order.id);
  assert.equal(event.data.order.captured.amount, "0.00");
  await store.merchants.stripe.faults(...faults);
  const act = (what, body) =>
    store.api.call("POST", `/v1/orders/${order.id}/${what}`, body, newKey());
  const books = () => store.merchants.stripe.payment(reference(order));
  return { store, order, act, books, endpoint };
}

async function code(answering, status) {
  const answer = await answering;
  assert.equal(answer.status, status, answer.text);
  return answer.body.errors?.[0].code ?? answer.body.code;
}

describe("held money", { concurrency: 6 }, () => {
  test("is captured whole, once", async () => {
    const { store, order, act, books, endpoint } = await held();
    assert.equal(await code(act("refunds", { reason: "Too early" }), 409), "not_paid");
    const captured = await act("capture");
    assert.equal(captured.body.state, "paid");
    assert.deepEqual(captured.body.captured, order.total);
    assert.equal((await act("capture")).body.version, captured.body.version);
    assert.equal((await act("capture", { amount: order.total })).status, 200);
    assert.equal(await code(act("capture", { amount: usd("1.00") }), 409), "capture_conflict");
    assert.equal(await code(act("cancel"), 409), "already_paid");
    await endpoint.event("order.paid", order.id);
    assert.equal((await books()).captured_minor, 3320);
    await store.refund(order, { reason: "All of it" });
    await store.orderWhere(order.id, "refunded");
    await endpoint.stop();
  });

  test("is captured in part, and no more can be given back than that", async () => {
    const { store, order, act, books, endpoint } = await held();
    for (const [amount, status, wanted] of [
      [usd("33.21"), 422, "capture_exceeds_authorized"],
      [usd("0.00"), 422, "not_positive"],
      [usd("-1.00"), 422, "not_positive"],
      [cny("10.00"), 422, "currency_mismatch"],
    ]) {
      assert.equal(await code(act("capture", { amount }), status), wanted);
    }
    const captured = await act("capture", { amount: usd("20.00") });
    assert.equal(captured.body.state, "paid");
    assert.deepEqual(captured.body.captured, usd("20.00"));
    assert.deepEqual(captured.body.refundable, usd("20.00"));
    assert.equal((await books()).captured_minor, 2000);
    const more = { amount: usd("20.01"), reason: "Too much" };
    assert.equal(await code(act("refunds", more), 422), "refund_exceeds_captured");
    await act("refunds", { reason: "All of it" });
    await store.orderWhere(order.id, "refunded");
    assert.equal((await books()).refunded_minor, 2000);
    await endpoint.stop();
  });

  test("is released when the order is cancelled", async () => {
    const { store, order, act, books, endpoint } = await held();
    await act("cancel", { reason: "fraudulent" });
    await store.orderWhere(order.id, "cancelled");
    await endpoint.event("order.cancelled", order.id);
    assert.equal((await books()).channel_status, "canceled");
    assert.equal(await code(act("capture"), 409), "not_authorized");
    await endpoint.stop();
  });

  test("that lapses at the channel cancels the order", async () => {
    const { store, order, endpoint } = await held();
    await store.merchants.stripe.press(reference(order), "expire");
    await endpoint.event("order.cancelled", order.id);
    assert.equal((await store.order(order.id)).state, "cancelled");
    await endpoint.stop();
  });

  test("is captured once although the answer was lost", async () => {
    const faults = [{ fault: "drop_answer", on: "capture" },
      { fault: "no_notice", times: "always" }];
    const { store, order, act, books, endpoint } = await held({ faults });
    const first = await act("capture");
    assert.equal(first.status, 200);
    assert.equal(first.body.state, "authorized");
    await store.orderWhere(order.id, "paid");
    await endpoint.event("order.paid", order.id);
    assert.equal((await books()).captured_minor, 3320);
    await endpoint.stop();
  });

  test("stays held when the channel refuses the capture", async () => {
    const faults = [{ fault: "refuse", on: "capture", code: "charge_disputed" }];
    const { store, order, act, endpoint } = await held({ faults });
    const answer = await act("capture");
    assert.equal(answer.body.state, "authorized");
    await endpoint.event("order.capture_failed", order.id);
    // Asked for anew, it is no repetition, which Stripe would answer with the refusal for a day.
    const again = await act("capture");
    assert.equal(again.body.state, "paid");
    assert.deepEqual((await store.order(order.id)).captured, order.total);
    await endpoint.stop();
  });

  test("comes after 3-D Secure too", async () => {
    const store = await Store.make({ channels: ["stripe"] });
    const order = await store.makeOrder({ capture: "manual" });
    await new Shopper(order).pay("card", { card: CARDS.challenged });
    await store.merchants.stripe.press(reference(order), "pay");
    await store.orderWhere(order.id, "authorized");
    const paid = await store.api.ok("POST", `/v1/orders/${order.id}/capture`);
    assert.equal(paid.state, "paid");
  });
});

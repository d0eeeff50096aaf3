// A panic in one request ends the instance of the WASM that other requests are in. They end right,
// or are told to come again; when they do, they end right: one charge, nothing lost. The process
// goes on. And a till that is asked too much says so.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, at, call, read, until } = await import("./stack.mjs");
const { disagreements, readTill } = await import("./books.mjs");
const { Receiver } = await import("./receiver.mjs");
const { Shopper, reference } = await import("./shopper.mjs");

after(() => own.stop());

/** How long a channel takes, so that requests wait for it when the panic comes. */
const SLOW_MS = 4_000;
/** What was handed out and not heard of again is handed out once more after so long. */
const LEASE_MS = 41_000;

/** Requests of shoppers and shops that wait for channels, each to be sent any number of times. */
async function underWay(store) {
  const code = await shopperOf(store, "CNY");
  const card = await shopperOf(store, "USD");
  const paid = await shopperOf(store, "USD");
  await paid.pay("card");
  await store.orderWhere(paid.order.id, "paid");
  const [codeBody, cardBody] = [await code.attempt("wechat_pay"), await card.attempt("card")];
  const slow = (channel, on) =>
    store.merchants[channel].faults({ fault: "delay", on, ms: SLOW_MS, times: 2 });
  await slow("wechat_pay", "create");
  await store.merchants.stripe.faults({ fault: "delay", on: "create", ms: SLOW_MS },
    { fault: "delay", on: "refund", ms: SLOW_MS });
  const refund = { amount: { ...paid.order.total, amount: "5.00" }, reason: "Damaged" };
  const headers = { ...store.api.headers, "idempotency-key": "refund" };
  const posts = (shopper, body) => () =>
    send("POST", `/checkout/${shopper.token}/attempts`, body);
  return {
    orders: { code: code.order, card: card.order, paid: paid.order },
    requests: [
      posts(code, codeBody),
      posts(card, cardBody),
      () => send("POST", `/v1/orders/${paid.order.id}/refunds`, refund, headers),
    ],
  };
}

async function shopperOf(store, currency) {
  const order = await store.makeOrder({ currency });
  const shopper = new Shopper(order);
  await shopper.open();
  return Object.assign(shopper, { order });
}

/** A call that may fail, and then must say so as the document does. */
function send(method, path, body, headers) {
  return call(method, path, { body, headers, fails: true });
}

/** Has the next request meet a runtime that fails. */
function trap(on) {
  return read(`${at.causeway}/_trap`, { method: "POST", body: JSON.stringify({ on }) });
}

/** Waits until the channels have been asked for everything that is under way. */
function asked(store) {
  const has = async (channel, op, count) =>
    (await store.merchants[channel].requests(op)).length >= count;
  return until("the channels are asked", async () => await has("wechat_pay", "create", 1)
    && await has("stripe", "create", 2) && await has("stripe", "refund", 1));
}

/** The ways in which a request can panic; each resolves to its answer. */
const PANICS = {
  "before the work that it stored": async (store) => {
    const shopper = await shopperOf(store, "CNY");
    const body = await shopper.attempt("alipay");
    const path = `/checkout/${shopper.token}/attempts`;
    await trap("waitUntil");
    const first = await send("POST", path, body);
    return { first, again: () => send("POST", path, body) };
  },
  "in the middle of a till": async (store) => {
    const { id } = await store.makeOrder();
    const plan = JSON.stringify({ do: "sabotage", kind: "panic", on: "desk", nth: 2 });
    await read(`${at.causeway}/_till/${store.id}/0`, { method: "POST", body: plan });
    const cancel = () => send("POST", `/v1/orders/${id}/cancel`, undefined, store.api.headers);
    return { first: await cancel(), again: cancel };
  },
};

for (const [where, panic] of Object.entries(PANICS)) {
  describe(`a panic ${where}`, () => {
    let store;
    let receiver;

    before(async () => {
      receiver = await Receiver.start();
      store = await Store.make({ channels: ["stripe", "alipay", "wechat_pay"], receiver });
    });
    after(() => receiver.stop());

    test("is told as a problem, and so is every request that it interrupts", async () => {
      const { orders, requests } = await underWay(store);
      const waiting = requests.map((request) => request());
      await asked(store);
      const { first, again } = await panic(store);
      for (const answer of [first, ...await Promise.all(waiting)]) {
        assert.equal(answer.status, 500, answer.text);
        assert.equal(answer.body.code, "internal");
      }
      // Of the same process, at once.
      assert.equal((await read(`${at.causeway}/healthz`)).status, 200);
      for (const request of [again, ...requests]) {
        const answer = await request();
        assert.ok(answer.status < 300, answer.text);
      }
      await rest(orders);
    });

    /** Alarms hand out again what nobody was left to do. */
    async function rest({ code, card, paid }) {
      await own.forward(LEASE_MS);
      await store.orderWhere(card.id, "paid");
      await store.orderWhere(paid.id, "partly_refunded");
      await store.orderWhere(code.id, "requires_action");
      await store.merchants.wechat_pay.press(reference(code), "pay");
      await store.orderWhere(code.id, "paid");
      const channels = Object.entries(store.merchants).map(([channel, { id }]) => [channel, id]);
      await until("everything agrees", async () => {
        const said = await disagreements({
          url: at.causeway,
          key: store.secretKey,
          simulators: at,
          merchants: Object.fromEntries(channels),
          webhooks: receiver.events,
          tills: [await readTill(at.causeway, store.id)],
        });
        return said.length === 0;
      });
      for (const merchant of Object.values(store.merchants)) {
        const { payments } = await merchant.books();
        assert.ok(payments.every(({ charges }) => charges <= 1), "charged twice");
      }
      assert.equal((await store.merchants.stripe.payment(reference(paid))).refunded_minor, 500);
    }
  });
}

describe("a till that is asked too much", () => {
  test("has the API say when to come again", async () => {
    const store = await Store.make();
    const { id } = await store.makeOrder();
    await trap("overloaded");
    const answer = await send("GET", `/v1/orders/${id}`, undefined, store.api.headers);
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.body.code, "busy");
    assert.equal(answer.headers.get("retry-after"), "3");
    assert.equal((await store.order(id)).id, id);
  });

  test("shows a page to a shopper", async () => {
    const store = await Store.make();
    const { client_token: token } = await store.makeOrder();
    await trap("overloaded");
    const answer = await read(`${at.causeway}/checkout/${token}`);
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get("content-type"), /^text\/html/);
  });
});

// A panic or an SQL error between two writes of a till stores nothing, whichever two; an alarm that
// panics rings again; one that the runtime gave up is armed by the next request.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const stack = { ...process.env };
const own = await startWorker(stack);
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, at, draft, read, until } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");
const { Shopper, reference } = await import("./shopper.mjs");
const { newAttemptId } = await import("./seal.mjs");

after(() => own.stop());

/** What the saboteur does with the only till of a store, and what it finds there. */
async function till(store, order) {
  const body = JSON.stringify(order);
  return (await read(`${at.causeway}/_till/${store.id}/0`, { method: "POST", body })).body;
}

/** Everything that a till has stored. */
const stored = async (store) => (await till(store, { do: "dump" })).tables;

/** A request whose answer may be the runtime's own: after a panic nobody else is left to answer. */
function raw(method, path, body, headers = {}) {
  const all = { "content-type": "application/json", ...headers };
  return read(at.causeway + path, { method, headers: all, body: body && JSON.stringify(body) });
}

/**
 * Does `attempt` with a fault after the first write of the call `on`, then after the second, and so
 * on until no write is left to fail after. Each failure must store nothing.
 */
async function failAfterEachWrite(store, kind, on, attempt) {
  for (let nth = 1; nth < 50; nth += 1) {
    const before = await stored(store);
    await till(store, { do: "sabotage", kind, on, nth });
    const answer = await attempt();
    if ((await till(store, { do: "dump" })).planned !== null) {
      assert.ok(answer.status < 300, answer.text);
      await till(store, { do: "sabotage", kind: "none", on: "nothing" });
      assert.ok(nth > 2, "there are not two writes to fail between");
      return { answer, writes: nth - 1 };
    }
    assert.equal(answer.status, 500, answer.text);
    assert.deepEqual(await stored(store), before, `something was stored after write ${nth}`);
  }
  assert.fail("the writes do not end");
}

for (const kind of ["sql", "panic"]) {
  describe(`a till in which ${kind === "sql" ? "a statement fails" : "code panics"}`, () => {
    let store;
    let receiver;

    before(async () => {
      receiver = await Receiver.start();
      store = await Store.make({ channels: ["wechat_pay"], receiver });
      // The till's tables are there from now on.
      await store.makeOrder();
    });
    after(() => receiver.stop());

    test("makes no order, and leaves the key free", async () => {
      const headers = { ...store.api.headers, "idempotency-key": `key-${kind}` };
      const body = draft({ currency: "CNY" });
      const count = (await stored(store)).orders.length;
      const { answer } = await failAfterEachWrite(store, kind, "create", () =>
        raw("POST", "/v1/orders", body, headers));
      assert.equal(answer.status, 201);
      assert.equal((await stored(store)).orders.length, count + 1);
      const again = await raw("POST", "/v1/orders", body, headers);
      assert.equal(again.body.id, answer.body.id);
    });

    test("starts no attempt, and asks no channel", async () => {
      const order = await store.makeOrder({ currency: "CNY" });
      const id = newAttemptId();
      const account = store.accounts.wechat_pay.id;
      const body = { id, method: "wechat_pay", account, device: "desktop" };
      const { answer } = await failAfterEachWrite(store, kind, "act", async () => {
        const requests = await store.merchants.wechat_pay.requests("create");
        const tried = await raw("POST", `/checkout/${order.client_token}/attempts`, body);
        const more = await store.merchants.wechat_pay.requests("create");
        const mine = more.filter(({ body: sent }) => sent.includes(reference(order)));
        if (tried.status === 500) assert.equal(more.length, requests.length);
        else assert.equal(mine.length, 1);
        return tried;
      });
      assert.equal(answer.body.attempt.action.type, "qr");
      assert.equal((await store.order(order.id)).attempts.length, 1);
    });

    test("cancels no order, and tells nobody", async () => {
      const order = await store.makeOrder();
      const { answer } = await failAfterEachWrite(store, kind, "desk", () =>
        raw("POST", `/v1/orders/${order.id}/cancel`, undefined, store.api.headers));
      assert.equal(answer.body.state, "cancelled");
      await receiver.event("order.cancelled", order.id);
      assert.deepEqual(receiver.types(order.id), ["order.cancelled"]);
    });

    test("acknowledges no notice, and takes it when it comes again", async () => {
      const merchant = store.merchants.wechat_pay;
      const order = await store.makeOrder({ currency: "CNY" });
      const shopper = new Shopper(order);
      shopper.data = { snapshot: await shopper.status() };
      await shopper.pay("wechat_pay");
      await till(store, { do: "sabotage", kind, on: "report", nth: 3 });
      await merchant.press(reference(order), "pay");
      await receiver.event("order.paid", order.id);
      const { id } = await merchant.payment(reference(order));
      const { notices } = await merchant.books();
      const [first, second] = notices.find(({ payment }) => payment === id).tries;
      assert.ok(first.status >= 500, "what was not stored must not be acknowledged");
      assert.ok(second.status < 300);
      assert.deepEqual(receiver.types(order.id), ["order.paid"]);
      assert.deepEqual((await store.order(order.id)).captured, order.total);
    });

    test("rings its alarm again", async () => {
      const refused = await Receiver.start();
      const ringing = await Store.make({ receiver: refused });
      refused.answer = () => (refused.tries === 1 ? 500 : 204);
      const order = await ringing.makeOrder();
      // After the lease was written: were it stored, nothing would happen for its 40 seconds.
      await till(ringing, { do: "sabotage", kind, on: "alarm", nth: 2 });
      await ringing.api.ok("POST", `/v1/orders/${order.id}/cancel`);
      await until("the delivery is tried again", () => refused.tries >= 2);
      const found = await till(ringing, { do: "dump" });
      assert.equal(found.failed, 1);
      assert.ok(found.rang >= 2);
      await refused.stop();
    });

    test("goes on as before", async () => {
      const order = await store.makeOrder();
      const { data } = await store.api.ok("GET", "/v1/orders?limit=1");
      assert.equal(data[0].id, order.id);
    });
  });
}

test("an alarm that is lost is set by the next request, even one that only reads", async () => {
  const receiver = await Receiver.start();
  const store = await Store.make({ receiver });
  receiver.answer = () => (receiver.tries === 1 ? 500 : 204);
  const order = await store.makeOrder();
  await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
  await until("the first try", () => receiver.tries === 1);
  await until("its failure is noted", async () =>
    (await stored(store)).deliveries.some(({ last_status: status }) => status === 500));
  assert.equal((await till(store, { do: "lose_alarm" })).alarm, null);
  await store.order(order.id);
  assert.notEqual((await till(store, { do: "dump" })).alarm, null);
  await until("the second try", () => receiver.tries === 2);
  await receiver.stop();
});

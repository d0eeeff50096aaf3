// Webhook endpoints seen from the merchant's side: a test event now, and what was sent before.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Receiver } from "./receiver.mjs";
import { Shopper } from "./shopper.mjs";
import { Store, owner, until } from "./stack.mjs";

const receivers = [];

async function newReceiver() {
  const receiver = await Receiver.start();
  receivers.push(receiver);
  return receiver;
}

after(() => Promise.all(receivers.map((receiver) => receiver.stop())));

/** A store whose endpoint is at a receiver. */
async function shop(options = {}) {
  const receiver = await newReceiver();
  const store = await Store.make({ channels: ["stripe"], receiver, ...options });
  return { receiver, store, path: `/v1/webhook_endpoints/${store.endpoint.id}` };
}

describe("a test event", () => {
  test("is signed like all others, and its answer is shown", async () => {
    const { receiver, store, path } = await shop();
    receiver.words = "thank you";
    const sent = await store.api.ok("POST", `${path}/test`);
    assert.deepEqual([sent.ok, sent.status, sent.response], [true, 204, null]);
    assert.ok(sent.duration_ms >= 0);
    const came = await receiver.event("endpoint.test");
    assert.deepEqual([came.id, came.data], [sent.event,
      { endpoint: store.endpoint.id, mode: "test" }]);
    receiver.answer = () => 200;
    assert.equal((await store.api.ok("POST", `${path}/test`)).response, "thank you");
    receiver.answer = () => 500;
    receiver.words = `no ${"x".repeat(5_000)}`;
    const refused = await store.api.ok("POST", `${path}/test`);
    assert.deepEqual([refused.ok, refused.status], [false, 500]);
    assert.equal(refused.response.length, 1024);
    assert.deepEqual((await store.api.ok("GET", "/v1/events")).data, [], "it is not kept");
    assert.deepEqual((await store.api.ok("GET", `${path}/deliveries`)).data, []);
  });

  test("goes to an endpoint that is off, and switches none off", async () => {
    const { receiver, store, path } = await shop();
    await store.api.ok("PATCH", path, { enabled: false });
    assert.equal((await store.api.ok("POST", `${path}/test`)).ok, true);
    await store.api.ok("PATCH", path, { enabled: true });
    receiver.answer = () => 410;
    assert.equal((await store.api.ok("POST", `${path}/test`)).status, 410);
    assert.equal((await store.api.ok("GET", path)).enabled, true);
  });

  test("that nobody answers says so", async () => {
    const { receiver, store, path } = await shop();
    await store.api.ok("PATCH", path, { url: "http://127.0.0.1:1/" });
    const sent = await store.api.ok("POST", `${path}/test`);
    assert.deepEqual([sent.ok, sent.status, sent.response], [false, null, null]);
    assert.equal(receiver.tries, 0);
  });

  test("is sent thirty times in ten minutes at most, and by its store alone", async () => {
    const { store, path } = await shop();
    await owner(store.id, "live").refused(404, "POST", `${path}/test`);
    await (await Store.make()).api.refused(404, "POST", `${path}/test`);
    for (let i = 0; i < 30; i += 1) await store.api.ok("POST", `${path}/test`);
    await store.api.refused(429, "POST", `${path}/test`);
  });
});

describe("deliveries", () => {
  /** Orders that cards have paid. */
  async function pay(store, count) {
    const orders = [];
    for (let i = 0; i < count; i += 1) {
      const order = await store.makeOrder();
      await new Shopper(order).pay("card");
      orders.push(order.id);
    }
    return orders;
  }

  test("are listed from all tills, newest first, in pages", async () => {
    const { receiver, store, path } = await shop({ profile: { tills: 5 } });
    const orders = await pay(store, 6);
    const list = `${path}/deliveries`;
    await until("all are done", async () =>
      (await store.api.ok("GET", `${list}?state=done`)).data.length === orders.length);
    const { data } = await store.api.ok("GET", list);
    assert.deepEqual(data.map(({ order }) => order).toSorted(), orders.toSorted());
    const events = data.map(({ event }) => event);
    assert.deepEqual(events, events.toSorted().reverse());
    for (const one of data) {
      assert.deepEqual([one.type, one.tries, one.last_status, one.last_error, one.next_try_at],
        ["order.paid", 1, 204, null, null]);
    }
    const seen = [];
    let cursor = "";
    do {
      const page = await store.api.ok("GET", `${list}?limit=4${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ event }) => event));
      cursor = page.next_cursor;
    } while (cursor);
    assert.deepEqual(seen, events);
    assert.equal(receiver.refused.length, 0);
  });

  test("that failed say why, and what the endpoint said", async () => {
    const { receiver, store, path } = await shop();
    receiver.answer = ({ data }) => (data.order.total.amount === "33.20" ? 500 : 410);
    receiver.words = "the database is down";
    await pay(store, 1);
    const waiting = await until("the first try", async () => {
      const { data } = await store.api.ok("GET", `${path}/deliveries?state=waiting`);
      return data[0]?.last_status && data[0];
    });
    assert.deepEqual([waiting.last_status, waiting.last_error, waiting.response],
      [500, "bad_status", "the database is down"]);
    assert.ok(waiting.next_try_at);
    assert.deepEqual((await store.api.ok("GET", `${path}/deliveries?state=failed`)).data, []);
    receiver.answer = () => 410;
    await store.api.ok("POST", `/v1/events/${waiting.event}/redeliver`);
    const [failed] = await until("it is given up", async () => {
      const { data } = await store.api.ok("GET", `${path}/deliveries?state=failed`);
      return data.length > 0 && data;
    });
    assert.deepEqual([failed.event, failed.last_status, failed.next_try_at],
      [waiting.event, 410, null]);
    receiver.answer = () => 204;
    await store.api.ok("PATCH", path, { enabled: true });
    await store.api.ok("POST", `/v1/events/${waiting.event}/redeliver`);
    const [done] = await until("it is taken", async () => {
      const { data } = await store.api.ok("GET", `${path}/deliveries?state=done`);
      return data.length > 0 && data;
    });
    assert.deepEqual([done.event, done.last_error, done.response], [waiting.event, null, null]);
  });

  test("of an endpoint of another store or mode are not there, and filters are known", async () => {
    const { store, path } = await shop();
    const list = `${path}/deliveries`;
    await owner(store.id, "live").refused(404, "GET", list);
    await (await Store.make()).api.refused(404, "GET", list);
    for (const query of ["state=pending", "cursor=x", "limit=0", "order=x"]) {
      await store.api.refused(400, "GET", `${list}?${query}`);
    }
  });
});

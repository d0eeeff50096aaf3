// Webhook endpoints that are down for days, slow, or gone, on a worker whose clock the test moves:
// nobody else waits, nothing is lost, and what was missed is sent again. And what ends by time: the
// overlap of a rotated secret, the life of events.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, describe, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, read, until } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");

const receivers = [];

async function newReceiver(answer) {
  const receiver = await Receiver.start();
  receiver.clockMoves = true;
  if (answer) receiver.answer = answer;
  receivers.push(receiver);
  return receiver;
}

after(async () => {
  const stopped = Promise.all(receivers.map((receiver) => receiver.stop()));
  await stopped.finally(() => own.stop());
});

/** An order that was cancelled, which is an event. */
async function cancelled(store) {
  const order = await store.makeOrder();
  await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
  return order;
}

/** The event of such an order, as the API lists it. */
async function eventOf(store, order) {
  const { data } = await store.api.ok("GET", `/v1/events?order=${order.id}`);
  assert.equal(data.length, 1);
  return data[0];
}

/** The delivery of that event to an endpoint, once it is as wanted. */
function delivery(store, order, endpoint, fits) {
  return until("the delivery as wanted", async () => {
    const { deliveries } = await eventOf(store, order);
    const found = deliveries.find((one) => one.endpoint === endpoint.id);
    return found && fits(found) && found;
  });
}

/** Everything that the only till of a store has stored. */
async function stored(store) {
  const body = JSON.stringify({ do: "dump" });
  return (await read(`${own.url}/_till/${store.id}/0`, { method: "POST", body })).body.tables;
}

const redeliver = (store, endpoint, body) =>
  store.api.ok("POST", `/v1/webhook_endpoints/${endpoint.id}/redeliver`, body);

/** How often each order was told. */
const told = (receiver, orders) => orders.map(({ id }) =>
  receiver.events.filter(({ data }) => data.order.id === id).length);

test("an endpoint that is down for a day loses nothing, and delays no other", async () => {
  const [good, bad] = [await newReceiver(), await newReceiver(() => 503)];
  const store = await Store.make({ receiver: good });
  const endpoint = await store.addEndpoint(bad);
  const orders = [];
  // One order each six hours.
  for (let hours = 0; hours < 24; hours += 6) {
    const order = await cancelled(store);
    orders.push(order);
    await good.event("order.cancelled", order.id);
    await delivery(store, order, endpoint, ({ last_status: status }) => status === 503);
    await own.forward(6 * HOUR_MS);
  }
  bad.answer = () => 204;
  // As much again: each has had its next try by then.
  for (let hours = 0; hours < 24; hours += 6) {
    await own.forward(6 * HOUR_MS);
    await until("what is due was tried", async () => (await stored(store)).deliveries
      .every(({ due_at: due }) => due === null || due > Date.now()));
  }
  for (const order of orders) {
    await delivery(store, order, endpoint, ({ state }) => state === "delivered");
  }
  assert.deepEqual(told(good, orders), [1, 1, 1, 1]);
  for (const { id } of orders) {
    const tries = bad.events.filter(({ data }) => data.order.id === id);
    assert.equal(tries.at(-1).answered, 204);
    assert.equal(new Set(tries.map((event) => event.id)).size, 1);
    assert.equal(new Set(tries.map(({ text }) => text)).size, 1);
  }
});

test("an endpoint that stays down is tried for three days, signed afresh each time", async () => {
  const bad = await newReceiver(() => 500);
  const store = await Store.make({ receiver: bad });
  const order = await cancelled(store);
  // It is sent beside the answer that cancels.
  await until("the first try", () => bad.tries > 0);
  for (;;) {
    const count = bad.tries;
    const found = await delivery(store, order, store.endpoint, ({ tries, last_status: status }) =>
      tries === count && status === 500);
    if (found.state === "failed") break;
    await own.forward(Date.parse(found.next_at) - Date.now());
    await until("the next try", () => bad.tries > count);
  }
  const headers = bad.events.map((event) => event.headers);
  assert.equal(new Set(headers.map((one) => one["webhook-id"])).size, 1);
  assert.equal(new Set(headers.map((one) => one["webhook-signature"])).size, headers.length);
  const times = headers.map((one) => Number(one["webhook-timestamp"]));
  assert.ok(times.at(-1) - times[0] >= 72 * 3600, `${times}`);
  assert.ok(times.length >= 10);

  // Given up, but not lost.
  bad.answer = () => 204;
  assert.deepEqual(await redeliver(store, store.endpoint), { queued: 1, next_from: null });
  await delivery(store, order, store.endpoint, ({ state }) => state === "delivered");
  assert.equal(bad.events.at(-1).headers["webhook-id"], headers[0]["webhook-id"]);
});

/** An endpoint that is connected to and then does as `talk(socket)` says. */
async function strange(talk) {
  let tries = 0;
  const server = createServer((socket) => {
    socket.unref().on("error", () => {});
    socket.once("data", () => {
      tries += 1;
      talk(socket);
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}/`, tries: () => tries };
}

/** Writes a text a character at a time, for ever. */
function trickle(socket, text) {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length]), 500).unref();
  socket.on("close", () => clearInterval(timer));
}

test("endpoints that hang or trickle are given fifteen seconds, and delay no other", async () => {
  const good = await newReceiver();
  const store = await Store.make({ receiver: good });
  const silent = await strange(() => {});
  const slowHead = await strange((socket) => trickle(socket, "HTTP/1.1 200 OK\r\nx-a: bbbbbbbbb"));
  const slowBody = await strange((socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
    trickle(socket, "{}");
  });
  const add = ({ url }) => store.api.ok("POST", "/v1/webhook_endpoints", { url });
  const hanging = [await add(silent), await add(slowHead)];
  const taking = await add(slowBody);
  const began = performance.now();
  const orders = [];
  for (let count = 0; count < 8; count += 1) orders.push(await cancelled(store));
  for (const order of orders) await good.event("order.cancelled", order.id);
  // What an endpoint says beside its status is not waited for.
  for (const order of orders) {
    await delivery(store, order, taking, ({ state }) => state === "delivered");
  }
  assert.ok(performance.now() - began < 14_000, "others waited for the slow ones");
  // Once the time-out is noted, the next try is a minute after the first.
  const noted = ({ tries, next_at: at }) => tries === 1 && Date.parse(at) > leased;
  const leased = Date.parse(orders[0].created_at) + 50_000;
  for (const endpoint of hanging) {
    const found = await delivery(store, orders[0], endpoint, noted);
    assert.equal(found.state, "pending");
    assert.equal(found.last_status, null);
  }
  assert.ok(performance.now() - began > 14_000, "the time-out is fifteen seconds");
  const tries = silent.tries();
  await own.forward(60_000);
  await until("it is tried again", () => silent.tries() > tries);
  assert.deepEqual(told(good, orders), orders.map(() => 1));
});

test("an endpoint that is gone is switched off, and says so; others go on", async () => {
  const [good, gone] = [await newReceiver(), await newReceiver(() => 410)];
  const store = await Store.make({ receiver: good });
  const endpoint = await store.addEndpoint(gone);
  const path = `/v1/webhook_endpoints/${endpoint.id}`;
  assert.equal((await store.api.ok("GET", path)).disabled, null);
  const first = await cancelled(store);
  const off = await until("it is off", async () => {
    const found = await store.api.ok("GET", path);
    return !found.enabled && found;
  });
  assert.equal(off.disabled.reason, "gone");
  assert.ok(Math.abs(Date.parse(off.disabled.at) - Date.now()) < HOUR_MS);
  await delivery(store, first, endpoint, ({ state }) => state === "failed");
  // The settings are known everywhere after five seconds.
  await own.forward(6_000);
  const second = await cancelled(store);
  await good.event("order.cancelled", second.id);
  assert.equal((await eventOf(store, second)).deliveries.length, 1);
  await own.forward(100 * HOUR_MS);
  assert.equal(gone.tries, 1);
  const refusal = await store.api.refused(409, "POST", `${path}/redeliver`);
  assert.equal(refusal.code, "endpoint_disabled");

  gone.answer = () => 204;
  assert.equal((await store.api.ok("PATCH", path, { enabled: true })).disabled, null);
  assert.equal((await redeliver(store, endpoint)).queued, 2);
  for (const order of [first, second]) {
    await delivery(store, order, endpoint, ({ state }) => state === "delivered");
  }
  assert.deepEqual(told(good, [first, second]), [1, 1]);
});

describe("replay in bulk", () => {
  test("works over all tills, by time and type, and floods nobody", async () => {
    const receiver = await newReceiver(() => 410);
    const store = await Store.make({ receiver, profile: { tills: 3 } });
    const path = `/v1/webhook_endpoints/${store.endpoint.id}`;
    const orders = [];
    for (let count = 0; count < 30; count += 1) orders.push(await cancelled(store));
    const middle = (await store.order(orders[10].id)).updated_at;
    await until("it is off", async () => !(await store.api.ok("GET", path)).enabled);
    receiver.answer = () => 204;
    await store.api.ok("PATCH", path, { enabled: true });
    const wrong = await store.api.refused(422, "POST", `${path}/redeliver`, { types: ["order"] });
    assert.equal(wrong.errors[0].pointer, "/types/0");
    const paid = { types: ["order.paid"] };
    assert.equal((await redeliver(store, store.endpoint, paid)).queued, 0);
    const before = receiver.events.filter(({ answered }) => answered === 204).length;
    const part = await redeliver(store, store.endpoint, { to: middle });
    const rest = await redeliver(store, store.endpoint, { from: middle });
    assert.equal(part.queued + rest.queued + before, 30);
    assert.ok(part.queued > 0 && rest.queued > 0);
    await until("all have come", () => {
      const taken = receiver.events.filter(({ answered }) => answered === 204);
      return new Set(taken.map(({ id }) => id)).size === 30;
    });
    assert.equal((await redeliver(store, store.endpoint, { only: "failed" })).queued, 0);
    const all = await redeliver(store, store.endpoint, { only: "all" });
    assert.deepEqual(all, { queued: 30, next_from: null });
    // Ten a second: the last of them waits for its turn.
    const { data } = await store.api.ok("GET", "/v1/events?limit=100");
    const queued = data.map(({ deliveries: [one] }) => one.next_at).filter((at) => at !== null);
    const waits = queued.map((at) => Date.parse(at) - Date.now());
    assert.ok(Math.max(...waits) > 500, `${waits}`);
    await own.forward(60_000);
    for (const order of orders) {
      await delivery(store, order, store.endpoint, ({ state }) => state === "delivered");
    }
  });

  test("is for endpoints of the caller's store and mode", async () => {
    const store = await Store.make({ receiver: await newReceiver() });
    const other = await Store.make();
    const path = `/v1/webhook_endpoints/${store.endpoint.id}/redeliver`;
    await other.api.refused(404, "POST", path);
    await store.api.refused(422, "POST", path, { only: "some" });
    await store.api.refused(422, "POST", path, { from: "yesterday" });
  });
});

test("a rotated secret signs for a day, and not a moment longer", async () => {
  const receiver = await newReceiver();
  const store = await Store.make({ receiver });
  const path = `/v1/webhook_endpoints/${store.endpoint.id}/rotate_secret`;
  const { secret, previous_valid_until: end } = await store.api.ok("POST", path);
  receiver.expect(secret);
  await own.forward(Date.parse(end) - Date.now() - 60_000);
  const both = await receiver.event("order.cancelled", (await cancelled(store)).id);
  assert.equal(both.signatures, 2);
  await own.forward(60_000);
  const one = await receiver.event("order.cancelled", (await cancelled(store)).id);
  assert.equal(one.signatures, 1);
  const old = new Webhook(store.endpoint.secret);
  assert.throws(() => old.verify(one.text, one.headers), /signature/i);
});

test("events are kept for ninety days, orders for ever", async () => {
  const receiver = await newReceiver();
  const store = await Store.make({ receiver });
  const headers = { "idempotency-key": "kept" };
  const order = await store.makeOrder({}, headers);
  await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
  const { id } = await receiver.event("order.cancelled", order.id);
  await delivery(store, order, store.endpoint, ({ state }) => state === "delivered");
  await own.forward(90 * 24 * HOUR_MS - HOUR_MS);
  await store.api.ok("GET", `/v1/events/${id}`);
  await until("the key is forgotten", async () => (await stored(store)).idempotency.length === 0);
  await own.forward(2 * HOUR_MS);
  await until("the event is forgotten", async () => {
    const { events, deliveries } = await stored(store);
    return events.length + deliveries.length === 0;
  });
  await store.api.refused(404, "GET", `/v1/events/${id}`);
  assert.equal((await store.order(order.id)).state, "cancelled");
});

// Webhooks: each event reaches each endpoint that wants it, signed for the Standard Webhooks
// library, again after a failure, again on demand; the list of events with their deliveries.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { Receiver } from "./receiver.mjs";
import { CARDS } from "./seal.mjs";
import { Shopper } from "./shopper.mjs";
import { Store, owner, until } from "./stack.mjs";

const receivers = [];

async function newReceiver() {
  const receiver = await Receiver.start();
  receivers.push(receiver);
  return receiver;
}

after(() => Promise.all(receivers.map((receiver) => receiver.stop())));

/** An order that a card has paid. */
async function paidOrder(store) {
  const order = await store.makeOrder();
  await new Shopper(order).pay("card");
  return order;
}

/** The event of a type about an order, as the API lists it. */
async function listed(store, order, type = "order.paid") {
  const { data } = await store.api.ok("GET", `/v1/events?order=${order.id}&type=${type}`);
  assert.equal(data.length, 1, `${type} is told once`);
  return data[0];
}

describe("delivery", { concurrency: 6 }, () => {
  test("is verified by the library, and by no other secret", async () => {
    const receiver = await newReceiver();
    const store = await Store.make({ channels: ["stripe"], receiver });
    const order = await paidOrder(store);
    const { text, headers } = await receiver.event("order.paid", order.id);
    assert.equal(headers["user-agent"], "Causeway");
    const stranger = new Webhook(`whsec_${Buffer.alloc(32, 1).toString("base64")}`);
    assert.throws(() => stranger.verify(text, headers), /signature/i);
    const verifier = new Webhook(store.endpoint.secret);
    const tampered = text.replace("33.20", "0.20");
    assert.throws(() => verifier.verify(tampered, headers), /signature/i);
  });

  test("is tried again after a failure, signed afresh, under the same id", async () => {
    const receiver = await newReceiver();
    const store = await Store.make({ channels: ["stripe"], receiver });
    const answers = [500, 204];
    receiver.answer = () => answers.shift() ?? 204;
    const order = await paidOrder(store);
    await until("the second try", () => receiver.events.length >= 2);
    const [first, second] = receiver.events;
    assert.equal(first.id, second.id);
    assert.equal(first.text, second.text);
    const [sent, again] = [first, second].map(({ headers }) => headers["webhook-timestamp"]);
    assert.ok(Number(again) > Number(sent));
    assert.notEqual(first.headers["webhook-signature"], second.headers["webhook-signature"]);
    const event = await until("the delivery is noted", async () => {
      const found = await listed(store, order);
      return found.deliveries[0].state === "delivered" && found;
    });
    const [{ first_tried_at: tried, ...delivery }, ...more] = event.deliveries;
    assert.ok(tried >= event.created_at, tried);
    assert.deepEqual([delivery, more], [{ endpoint: store.endpoint.id, state: "delivered",
      tries: 2, last_status: 204, response: null, next_at: null }, []]);
  });

  test("to an endpoint that fails or hangs delays no other", async () => {
    const [good, bad, slow] = [await newReceiver(), await newReceiver(), await newReceiver()];
    const store = await Store.make({ channels: ["stripe"], receiver: good });
    const badEndpoint = await store.addEndpoint(bad);
    await store.addEndpoint(slow);
    bad.answer = () => 503;
    let release;
    slow.answer = () => new Promise((done) => {
      release = () => done(204);
    });
    const orders = await Promise.all([paidOrder(store), paidOrder(store), paidOrder(store)]);
    // The slow one is not answered before all others have it.
    for (const order of orders) await good.event("order.paid", order.id);
    await until("the bad one was tried", () => bad.tries >= 3);
    const event = await until("the failure is noted", async () => {
      const found = await listed(store, orders[0]);
      const delivery = found.deliveries.find(({ endpoint }) => endpoint === badEndpoint.id);
      return delivery.last_status === 503 && delivery;
    });
    assert.equal(event.state, "pending");
    assert.ok(Date.parse(event.next_at) > Date.now() - 60_000);
    release?.();
    slow.answer = () => 204;
  });

  test("that an endpoint ends with 410 is not tried again", async () => {
    const receiver = await newReceiver();
    const store = await Store.make({ channels: ["stripe"], receiver });
    receiver.answer = () => 410;
    const order = await paidOrder(store);
    const event = await until("it is given up", async () => {
      const found = await listed(store, order);
      return found.deliveries[0].state === "failed" && found;
    });
    const { first_tried_at: _, ...delivery } = event.deliveries[0];
    assert.deepEqual(delivery, { endpoint: store.endpoint.id, state: "failed", tries: 1,
      last_status: 410, response: null, next_at: null });
  });

  test("follows no redirect", async () => {
    const [receiver, elsewhere] = [await newReceiver(), await newReceiver()];
    const store = await Store.make({ channels: ["stripe"], receiver });
    receiver.answer = () => 307;
    receiver.location = elsewhere.url;
    const order = await paidOrder(store);
    await until("the answer is noted", async () =>
      (await listed(store, order)).deliveries[0].last_status === 307);
    assert.equal(elsewhere.tries, 0);
  });

  test("goes to those alone that ask for the type and the mode, and are switched on", async () => {
    const [all, refunds, off, live] = [await newReceiver(), await newReceiver(),
      await newReceiver(), await newReceiver()];
    const store = await Store.make({ channels: ["stripe"], receiver: all });
    await store.addEndpoint(refunds, { events: ["refund.settled", "refund.failed"] });
    const dark = await store.addEndpoint(off);
    await store.api.ok("PATCH", `/v1/webhook_endpoints/${dark.id}`, { enabled: false });
    await owner(store.id, "live").ok("POST", "/v1/webhook_endpoints", { url: live.url });
    const order = await paidOrder(store);
    await all.event("order.paid", order.id);
    await store.refund(order, { reason: "Damaged" });
    await refunds.event("refund.settled", order.id);
    await all.event("refund.settled", order.id);
    assert.deepEqual(refunds.types(order.id), ["refund.settled"]);
    assert.deepEqual(all.types(order.id), ["order.paid", "refund.settled"]);
    assert.equal(off.tries + live.tries, 0);
  });
});

describe("a rotated secret", () => {
  test("signs beside the one before it, and the one before that no more", async () => {
    const receiver = await newReceiver();
    const store = await Store.make({ channels: ["stripe"], receiver });
    const path = `/v1/webhook_endpoints/${store.endpoint.id}/rotate_secret`;
    const first = store.endpoint.secret;
    const second = (await store.api.ok("POST", path)).secret;
    receiver.expect(first, second);
    const one = await receiver.event("order.paid", (await paidOrder(store)).id);
    assert.equal(one.signatures, 2);
    const third = (await store.api.ok("POST", path)).secret;
    receiver.expect(second, third);
    const two = await receiver.event("order.paid", (await paidOrder(store)).id);
    assert.equal(two.signatures, 2);
    assert.throws(() => new Webhook(first).verify(two.text, two.headers), /signature/i);
  });
});

describe("events", () => {
  let receiver;
  let store;
  let orders;

  before(async () => {
    receiver = await newReceiver();
    // Several tills, so that their pages have to be merged.
    store = await Store.make({ channels: ["stripe"], receiver, profile: { tills: 3 } });
    orders = [];
    for (const card of [CARDS.declined, CARDS.paid, CARDS.paid, CARDS.paid]) {
      const order = await store.makeOrder();
      await new Shopper(order).pay("card", { card });
      orders.push(order);
    }
    await until("all events", () => receiver.events.length >= 4);
  });

  test("are listed newest first, page by page, by order and by type", async () => {
    const found = [];
    let cursor = null;
    do {
      const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const next = await store.api.ok("GET", `/v1/events?limit=3${query}`);
      found.push(...next.data);
      cursor = next.next_cursor;
    } while (cursor !== null);
    assert.equal(found.length, 4);
    assert.equal(new Set(found.map(({ id }) => id)).size, 4);
    const times = found.map(({ created_at: at }) => Date.parse(at));
    assert.deepEqual(times, times.toSorted((a, b) => b - a));
    const failed = await store.api.ok("GET", "/v1/events?type=order.payment_failed");
    assert.deepEqual(failed.data.map(({ order }) => order), [orders[0].id]);
    const ofOne = await store.api.ok("GET", `/v1/events?order=${orders[1].id}`);
    assert.deepEqual(ofOne.data.map(({ type }) => type), ["order.paid"]);
    assert.deepEqual(await store.api.ok("GET", `/v1/events/${ofOne.data[0].id}`), ofOne.data[0]);
  });

  test("say what was sent, word for word", async () => {
    const sent = await receiver.event("order.paid", orders[1].id);
    const event = await store.api.ok("GET", `/v1/events/${sent.id}`);
    assert.deepEqual(event.body, JSON.parse(sent.text));
    assert.equal(event.order, orders[1].id);
  });

  test("are sent again on demand, to who asks for them now", async () => {
    const sent = await receiver.event("order.paid", orders[2].id);
    const late = await newReceiver();
    const endpoint = await store.addEndpoint(late, { events: ["order.paid"] });
    const before = receiver.tries;
    await store.api.ok("POST", `/v1/events/${sent.id}/redeliver`);
    const again = await late.event("order.paid", orders[2].id);
    assert.equal(again.id, sent.id);
    assert.equal(again.text, sent.text);
    await until("the old endpoint has it again", () => receiver.tries > before);
    const event = await until("both are noted", async () => {
      const found = await store.api.ok("GET", `/v1/events/${sent.id}`);
      return found.deliveries.every(({ state }) => state === "delivered") && found;
    });
    assert.deepEqual(event.deliveries.map((one) => one.endpoint).toSorted(),
      [endpoint.id, store.endpoint.id].toSorted());
  });

  test("of another mode or store are not found", async () => {
    const sent = await receiver.event("order.paid", orders[1].id);
    const other = await Store.make();
    for (const caller of [owner(store.id, "live"), other.api]) {
      await caller.refused(404, "GET", `/v1/events/${sent.id}`);
      await caller.refused(404, "POST", `/v1/events/${sent.id}/redeliver`);
      await caller.refused(404, "GET", "/v1/events/evt_1");
    }
  });

  test("hold no token and no credential", async () => {
    for (const { text } of receiver.events) {
      assert.ok(!text.includes("client_token") && !text.includes("checkout_url"));
      assert.ok(!text.includes(CARDS.paid) && !text.includes(store.secretKey));
    }
  });
});

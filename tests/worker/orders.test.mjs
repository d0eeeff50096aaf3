// Orders: what is made is what was asked for, once for each key; reading, lists, cursors.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Shopper } from "./shopper.mjs";
import { Store, cny, draft, usd, withKey } from "./stack.mjs";

let store;

before(async () => {
  store = await Store.make({ channels: ["stripe"] });
});

/** An order that says all that an order can say. */
function full() {
  return draft({
    discount: usd("1.00"),
    total: usd("32.20"),
    shopper: {
      email: "ada@example.com",
      name: "Ada Martin",
      phone: "+353 91 000000",
      country: "IE",
      locale: "en-IE",
    },
    description: "Tea for Ada",
    merchant_reference: "LT-0001",
    return_url: "https://shop.example/thanks?a=1#b",
    metadata: { basket: "b-1", "weird/~key": "" },
    capture: "manual",
    methods: ["card"],
    expires_at: new Date(Date.now() + 3600_000).toISOString(),
  });
}

test("an order comes back as it was made", async () => {
  const wanted = full();
  const order = await store.api.ok("POST", "/v1/orders", wanted);
  const { total, items, shipping, tax, discount, shopper, metadata } = order;
  for (const [name, value] of Object.entries({ total, items, shipping, tax, discount, shopper,
    metadata })) {
    assert.deepEqual(value, wanted[name], name);
  }
  assert.equal(order.description, "Tea for Ada");
  assert.equal(order.merchant_reference, "LT-0001");
  assert.equal(order.return_url, wanted.return_url);
  assert.equal(order.capture, "manual");
  assert.deepEqual(order.methods, ["card"]);
  assert.equal(Date.parse(order.expires_at), Date.parse(wanted.expires_at));
  assert.equal(order.state, "created");
  assert.equal(order.version, 1);
  assert.equal(order.mode, "test");
  assert.equal(order.store, store.id);
  assert.deepEqual(order.captured, usd("0.00"));
  assert.deepEqual([order.attempts, order.refunds, order.irregular], [[], [], []]);
  assert.ok(order.checkout_url.endsWith(`/checkout/${order.client_token}`));
  assert.deepEqual(await store.order(order.id), order);
});

test("what is left out is left open", async () => {
  const items = [
    { name: "Tea", quantity: 1, unit_price: usd("1") },
    { name: "Cup", quantity: 1, unit_price: usd("2.5") },
  ];
  const order = await store.api.ok("POST", "/v1/orders", { items, total: usd("3.5") });
  assert.deepEqual(order.total, usd("3.50"));
  assert.equal(order.description, "Tea + 1");
  assert.equal(order.capture, "automatic");
  assert.deepEqual([order.shipping, order.tax, order.discount, order.methods, order.return_url],
    [null, null, null, null, null]);
  const life = Date.parse(order.expires_at) - Date.parse(order.created_at);
  assert.equal(life, 2 * 3600_000);
});

test("null is as good as left out", async () => {
  const nothing = { shipping: null, tax: null, discount: null, description: null,
    merchant_reference: null, return_url: null, expires_at: null, methods: null };
  const items = [{ name: "Tea", quantity: 1, unit_price: usd("1.00") }];
  const order = await store.api.ok("POST", "/v1/orders", { items, total: usd("1.00"), ...nothing });
  assert.equal(order.description, "Tea");
});

describe("Idempotency-Key", () => {
  test("twenty creates at once make one order", async () => {
    const body = draft();
    const key = { "idempotency-key": crypto.randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () =>
      store.api.call("POST", "/v1/orders", body, key)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    const replayed = answers.filter(({ status }) => status === 200);
    assert.equal(replayed.length, 19);
    for (const { headers } of replayed) assert.equal(headers.get("idempotent-replayed"), "true");
    assert.equal(new Set(answers.map(({ body: { id } }) => id)).size, 1);
  });

  test("the same key finds the order as it is now", async () => {
    const key = { "idempotency-key": crypto.randomUUID() };
    const body = draft();
    const order = await store.api.ok("POST", "/v1/orders", body, key);
    await new Shopper(order).pay("card");
    const again = await store.api.call("POST", "/v1/orders", body, key);
    assert.equal(again.status, 200);
    assert.equal(again.body.id, order.id);
    assert.equal(again.body.state, "paid");
  });

  test("the same key with another body is a conflict, and makes nothing", async () => {
    const key = { "idempotency-key": crypto.randomUUID() };
    const order = await store.makeOrder({}, key);
    const other = draft({ merchant_reference: "another" });
    const problem = await store.api.refused(409, "POST", "/v1/orders", other, key);
    assert.equal(problem.code, "idempotency_conflict");
    const { data } = await store.api.ok("GET", "/v1/orders?limit=1");
    assert.equal(data[0].id, order.id);
  });

  test("a refused create leaves the key free", async () => {
    const key = { "idempotency-key": crypto.randomUUID() };
    await store.api.refused(422, "POST", "/v1/orders", draft({ total: usd("1.00") }), key);
    await store.makeOrder({}, key);
  });

  test("a key belongs to its store and mode", async () => {
    const key = { "idempotency-key": "the-same-everywhere" };
    const other = await Store.make();
    const live = await store.owner.call("POST", "/v1/api_keys", { kind: "secret" },
      { "causeway-mode": "live" });
    const orders = [
      await store.makeOrder({}, key),
      await other.makeOrder({}, key),
      await withKey(live.body.key).ok("POST", "/v1/orders", draft(), key),
    ];
    assert.equal(new Set(orders.map(({ id }) => id)).size, 3);
    assert.deepEqual(orders.map(({ mode }) => mode), ["test", "test", "live"]);
  });

  test("a refund's key finds the refund, and its amount cannot be changed", async () => {
    const order = await store.makeOrder();
    await new Shopper(order).pay("card");
    const path = `/v1/orders/${order.id}/refunds`;
    const key = { "idempotency-key": "refund-1" };
    const body = { amount: usd("10.00"), reason: "Damaged" };
    const answers = await Promise.all(Array.from({ length: 5 }, () =>
      store.api.call("POST", path, body, key)));
    assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
    await store.orderWhere(order.id, "partly_refunded");
    const again = await store.api.call("POST", path, body, key);
    assert.equal(again.status, 200);
    assert.equal(again.body.state, "settled");
    const more = { ...body, amount: usd("11.00") };
    const problem = await store.api.refused(409, "POST", path, more, key);
    assert.equal(problem.code, "idempotency_conflict");
    const { data } = await store.api.ok("GET", path);
    assert.equal(data.length, 1);
    const books = await store.merchants.stripe.payment(`${order.id}01`);
    assert.equal(books.refunded_minor, 1000);
  });

  test("\"all that is left\" means the same when it is repeated", async () => {
    const order = await store.makeOrder();
    await new Shopper(order).pay("card");
    const path = `/v1/orders/${order.id}/refunds`;
    const key = { "idempotency-key": "all" };
    const first = await store.api.ok("POST", path, { reason: "All" }, key);
    await store.orderWhere(order.id, "refunded");
    const again = await store.api.call("POST", path, { reason: "All" }, key);
    assert.equal(again.status, 200);
    assert.equal(again.body.id, first.id);
    assert.deepEqual(again.body.amount, order.total);
  });
});

describe("lists", () => {
  let many;
  const ids = [];

  before(async () => {
    // Several tills, so that their pages have to be merged.
    many = await Store.make({ channels: ["stripe"], profile: { tills: 4 } });
    for (let number = 0; number < 12; number += 1) ids.unshift((await many.makeOrder()).id);
  });

  /** All pages of a list. */
  async function pages(path, limit) {
    const found = [];
    let cursor = null;
    do {
      const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { data, next_cursor: next } = await many.api.ok("GET", `${path}limit=${limit}${query}`);
      assert.ok(data.length <= limit);
      assert.ok(next === null || data.length === limit);
      found.push(data);
      cursor = next;
    } while (cursor !== null);
    return found;
  }

  test("are newest first, and their pages join without gap or repeat", async () => {
    for (const limit of [1, 5, 12, 100]) {
      const found = await pages("/v1/orders?", limit);
      assert.deepEqual(found.flat().map(({ id }) => id), ids, `limit ${limit}`);
      assert.ok(found.length <= Math.ceil(12 / limit) + 1);
    }
    const { data } = await many.api.ok("GET", "/v1/orders");
    assert.ok(data.every((order) => !("client_token" in order)), "a list hands out no tokens");
  });

  test("an order that is made meanwhile shifts no page", async () => {
    const first = await many.api.ok("GET", "/v1/orders?limit=5");
    const late = await many.makeOrder();
    const second = await many.api.ok("GET", `/v1/orders?limit=5&cursor=${first.next_cursor}`);
    const seen = [...first.data, ...second.data].map(({ id }) => id);
    assert.deepEqual(seen, ids.slice(0, 10));
    ids.unshift(late.id);
  });

  test("filter by state and time", async () => {
    const [newest, , third] = await Promise.all(ids.slice(0, 3).map((id) => many.order(id)));
    await new Shopper(third).pay("card");
    const paid = await many.api.ok("GET", "/v1/orders?state=paid");
    assert.deepEqual(paid.data.map(({ id }) => id), [third.id]);
    const from = await many.api.ok("GET", `/v1/orders?from=${third.created_at}`);
    assert.deepEqual(from.data.map(({ id }) => id), ids.slice(0, 3));
    const window = `from=${third.created_at}&to=${newest.created_at}`;
    const between = await many.api.ok("GET", `/v1/orders?${window}`);
    assert.deepEqual(between.data.map(({ id }) => id), ids.slice(1, 3));
    const none = await many.api.ok("GET", "/v1/orders?state=expired");
    assert.deepEqual(none, { data: [], next_cursor: null });
  });

  test("a key still finds its order after the number of tills was raised", async () => {
    const keys = Array.from({ length: 8 }, (_, number) => ({ "idempotency-key": `k${number}` }));
    const made = await Promise.all(keys.map((key) => many.makeOrder({}, key)));
    for (const tills of [16, 64]) {
      await many.owner.ok("PUT", "/v1/store", { name: "Worker Tea", tills });
      for (const [index, key] of keys.entries()) {
        const again = await many.api.call("POST", "/v1/orders", draft(), key);
        assert.equal(again.status, 200, `${tills} tills`);
        assert.equal(again.body.id, made[index].id);
      }
    }
    const lower = { name: "Worker Tea", tills: 4 };
    assert.equal((await many.owner.refused(409, "PUT", "/v1/store", lower)).code, "refused");
    const { data } = await many.api.ok("GET", "/v1/orders?limit=100");
    assert.equal(data.length, ids.length + made.length);
  });

  test("an event names the till of its order, and is read from there", async () => {
    const order = await many.makeOrder();
    await many.api.ok("POST", `/v1/orders/${order.id}/cancel`);
    const { data: [listed] } = await many.api.ok("GET", `/v1/events?order=${order.id}`);
    assert.equal(listed.id.slice(14, 16), order.id.slice(10, 12));
    assert.deepEqual(await many.api.ok("GET", `/v1/events/${listed.id}`), listed);
    const elsewhere = `${listed.id.slice(0, 14)}ZZ${listed.id.slice(16)}`;
    await many.api.refused(404, "GET", `/v1/events/${elsewhere}`);
    const noTill = `${order.id.slice(0, 10)}ZZ${order.id.slice(12)}`;
    assert.deepEqual((await many.api.ok("GET", `/v1/events?order=${noTill}`)).data, []);
  });
});

test("an order cannot be paid by what it does not allow or its currency does not fit", async () => {
  await store.addAccount("alipay");
  const inUsd = await new Shopper(await store.makeOrder()).status();
  assert.deepEqual(inUsd.methods.map(({ method }) => method), ["card"]);
  const inCny = await new Shopper(await store.makeOrder({ currency: "CNY" })).status();
  assert.deepEqual(inCny.methods.map(({ method }) => method).sort(), ["alipay", "card"]);
  const one = await store.makeOrder({ currency: "CNY", methods: ["alipay"] });
  assert.deepEqual((await new Shopper(one).status()).methods.map(({ method }) => method),
    ["alipay"]);
  const held = await store.makeOrder({ currency: "CNY", capture: "manual" });
  const { methods } = await new Shopper(held).status();
  assert.deepEqual(methods.map(({ method }) => method), ["card"]);
  assert.deepEqual(inCny.total, cny("33.20"));
});

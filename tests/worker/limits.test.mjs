// Limits: sizes of bodies, and how often something may be asked.

import assert from "node:assert/strict";
import { request } from "node:http";
import { before, describe, test } from "node:test";
import { CARDS } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, at, call, draft, newKey, page, usd, withKey } from "./stack.mjs";

let store;
let publishable;

before(async () => {
  store = await Store.make({ channels: ["stripe"] });
  const made = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
  publishable = made.key;
});

/** An address of the documentation range (RFC 5737) that no other test uses. */
let last = 0;
const newAddress = () => {
  last += 1;
  return { "cf-connecting-ip": `203.0.113.${last}` };
};

describe("a body", () => {
  const KIB = 1024;

  /** JSON of this many bytes: the rest is blanks. */
  const padded = (body, bytes) => JSON.stringify(body).padEnd(bytes, " ");

  test("of 64 KiB is taken by the API, one byte more is not", async () => {
    const headers = store.api.headers;
    const fits = await call("POST", "/v1/orders", { text: padded(draft(), 64 * KIB), headers });
    assert.equal(fits.status, 201);
    const text = padded(draft(), 64 * KIB + 1);
    const answer = await call("POST", "/v1/orders", { text, headers });
    assert.equal(answer.status, 413);
    assert.equal(answer.body.code, "body_too_large");
    assert.match(answer.body.detail, /65536/);
  });

  test("of a cart or an attempt may have 16 KiB", async () => {
    const text = padded({ items: [{ sku: "tea", quantity: 1 }], currency: "USD" }, 16 * KIB + 1);
    const headers = withKey(publishable).headers;
    assert.equal((await call("POST", "/v1/carts", { text, headers })).status, 413);
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    const body = padded(await shopper.attempt("card"), 16 * KIB + 1);
    assert.equal((await shopper.call("POST", "attempts", undefined, { text: body })).status, 413);
    assert.equal((await store.order(order.id)).attempts.length, 0);
  });

  test("that does not state its length is cut off all the same", async () => {
    const status = await new Promise((done, failed) => {
      const headers = { ...store.api.headers, "content-type": "application/json" };
      const sent = request(`${at.causeway}/v1/orders`, { method: "POST", headers }, (answer) => {
        answer.resume();
        done(answer.statusCode);
      });
      sent.on("error", failed);
      const chunk = " ".repeat(16 * KIB);
      for (let count = 0; count < 20; count += 1) sent.write(chunk);
      sent.end();
    });
    assert.equal(status, 413);
  });

  test("on every call that takes one is bounded", async () => {
    const text = " ".repeat(64 * KIB + 1);
    const order = await store.makeOrder();
    for (const [method, path, caller] of [
      ["PUT", "/v1/store", store.owner],
      ["POST", "/v1/api_keys", store.owner],
      ["POST", "/v1/accounts", store.api],
      ["PATCH", `/v1/accounts/${store.accounts.stripe.id}`, store.api],
      ["POST", "/v1/webhook_endpoints", store.api],
      ["PUT", "/v1/prices/tea", store.api],
      ["POST", `/v1/orders/${order.id}/cancel`, store.api],
      ["POST", `/v1/orders/${order.id}/capture`, store.api],
      ["POST", `/v1/orders/${order.id}/refunds`, store.api],
    ]) {
      const headers = { ...caller.headers, ...newKey() };
      const answer = await call(method, path, { text, headers });
      assert.equal(answer.status, 413, `${method} ${path}: ${answer.text}`);
    }
    assert.equal((await store.order(order.id)).state, "created");
  });
});

describe("a request", () => {
  test("may have an address of 8 KiB", async () => {
    const path = (length) => `/healthz?${"x".repeat(length - at.causeway.length - 9)}`;
    assert.equal((await call("GET", path(8192))).status, 200);
    const answer = await call("GET", path(8193));
    assert.equal(answer.status, 414);
    assert.equal(answer.body.code, "address_too_long");
  });

  test("may have a hundred header fields, of 32 KiB in all", async () => {
    const many = (count) => Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`x-field-${index}`, "x"]));
    assert.equal((await call("GET", "/healthz", { headers: many(80) })).status, 200);
    const tooMany = await call("GET", "/healthz", { headers: many(101) });
    assert.equal(tooMany.status, 431);
    assert.equal(tooMany.body.code, "headers_too_large");
    // Node, which stands before the worker in this stack, takes no more than 16 KiB.
    const long = { "x-long": "x".repeat(12 * 1024) };
    assert.equal((await call("GET", "/healthz", { headers: long })).status, 200);
  });

  test("that is a notice may have 256 KiB", async () => {
    const path = `/notices/${store.accounts.stripe.id}`;
    const send = (bytes) => page(path, { method: "POST", body: "x".repeat(bytes) });
    assert.ok((await send(256 * 1024)).status < 413, "refused for another reason");
    assert.equal((await send(256 * 1024 + 1)).status, 413);
  });

  test("by a holder of a token is one of 1,200 in a minute", async () => {
    const [order, other] = [await store.makeOrder(), await store.makeOrder()];
    const shopper = new Shopper(order);
    const statuses = new Set();
    // Two minutes' worth and some more: a minute may end in between.
    for (let round = 0; round < 25 && !statuses.has(429); round += 1) {
      const asked = Array.from({ length: 100 }, () => shopper.call("GET", "status"));
      (await Promise.all(asked)).forEach(({ status }) => statuses.add(status));
    }
    assert.deepEqual([...statuses].sort(), [200, 429]);
    assert.equal((await new Shopper(other).call("GET", "status")).status, 200);
  });
});

/** Asks until it is refused with 429; returns how often it was not. */
async function untilRefused(most, ask) {
  for (let count = 0; count < most; count += 1) {
    const answer = await ask();
    if (answer.status === 429) {
      assert.equal(answer.body.code, "too_many_requests");
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
      return count;
    }
  }
  return most;
}

describe("how often", () => {
  test("a wrong key may be tried from one address", async () => {
    const headers = newAddress();
    const wrong = withKey("sk_test_nobody_00000000000000000000000000000000", headers);
    const tried = await untilRefused(60, () => wrong.call("GET", "/v1/orders"));
    assert.equal(tried, 30);
    const elsewhere = withKey("nonsense", newAddress());
    assert.equal((await elsewhere.call("GET", "/v1/orders")).status, 401);
    const right = withKey(store.secretKey, headers);
    assert.equal((await right.call("GET", "/v1/orders")).status, 200);
  });

  test("false notices may come from one address, and the channel is not held off", async () => {
    const { stripe } = store.accounts;
    const stranger = newAddress();
    const headers = { ...stranger, "content-type": "application/json" };
    const send = (account) => page(`/notices/${account}`, { method: "POST", body: "{}", headers });
    let taken = 0;
    // A minute may end in between.
    for (let count = 0; count < 125; count += 1) {
      const answer = await send(stripe.id);
      if (answer.status === 429) break;
      assert.equal(answer.status, 400, answer.text);
      taken += 1;
    }
    assert.ok(taken >= 60 && taken < 125, String(taken));
    assert.ok(Number((await send(stripe.id)).headers.get("retry-after")) > 0);
    // From the channel's address all goes on: the payment is told at once.
    const order = await store.makeOrder();
    const paid = await new Shopper(order).pay("card", { card: CARDS.challenged });
    assert.equal(paid.attempt.state, "requires_action");
    await store.merchants.stripe.press(reference(order), "pay");
    await store.orderWhere(order.id, "paid");
    const { notices } = await store.merchants.stripe.books();
    assert.ok(notices.flatMap(({ tries }) => tries).every(({ status }) => status < 300));
    const other = await store.addAccount("alipay");
    assert.notEqual((await send(other.id)).status, 429, "another account");
  });

  test("accounts may be guessed from one address", async () => {
    const headers = newAddress();
    const guess = () => page("/notices/acc_nobody_0000000000", { method: "POST", headers });
    let tried = 0;
    while (tried < 125 && (await guess()).status === 404) tried += 1;
    assert.ok(tried >= 60 && tried < 125, String(tried));
  });

  test("an order may be tried to be paid", async () => {
    const [order, other] = [await store.makeOrder(), await store.makeOrder()];
    const shopper = new Shopper(order);
    const headers = newAddress();
    const tried = await untilRefused(100, () => shopper.post({}, { headers }));
    assert.equal(tried, 60);
    assert.equal((await new Shopper(other).post({})).status, 422);
    assert.equal((await new Shopper(order).status()).state, "created");
  });

  test("one address may try to pay", async () => {
    const headers = newAddress();
    const orders = await Promise.all(Array.from({ length: 4 }, () => store.makeOrder()));
    let count = 0;
    const tried = await untilRefused(100, () => {
      count += 1;
      return new Shopper(orders[count % 4]).post({}, { headers });
    });
    assert.equal(tried, 60);
    const order = await store.makeOrder();
    assert.equal((await new Shopper(order).post({}, { headers })).status, 429);
    assert.equal((await new Shopper(order).post({}, { headers: newAddress() })).status, 422);
  });

  test("one address may post carts", async () => {
    await store.api.ok("PUT", "/v1/prices/tea", { name: "Tea", prices: [usd("1.00")] });
    const page = withKey(publishable, newAddress());
    const cart = { items: [{ sku: "tea", quantity: 1 }], currency: "USD" };
    const tried = await untilRefused(100, () => page.call("POST", "/v1/carts", cart));
    assert.equal(tried, 60);
    const elsewhere = withKey(publishable, newAddress());
    assert.equal((await elsewhere.call("POST", "/v1/carts", cart)).status, 201);
  });
});

// Limits: sizes of bodies, and how often something may be asked.

import assert from "node:assert/strict";
import { request } from "node:http";
import { before, describe, test } from "node:test";
import { Shopper } from "./shopper.mjs";
import { Store, at, call, draft, usd, withKey } from "./stack.mjs";

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
      const answer = await call(method, path, { text, headers: caller.headers });
      assert.equal(answer.status, 413, `${method} ${path}: ${answer.text}`);
    }
    assert.equal((await store.order(order.id)).state, "created");
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

  test("an order may be tried to be paid", async () => {
    const [order, other] = [await store.makeOrder(), await store.makeOrder()];
    const shopper = new Shopper(order);
    const tried = await untilRefused(60, () => shopper.post({}));
    assert.equal(tried, 30);
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

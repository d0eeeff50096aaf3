// Who may do what: wrong keys, keys of other stores and modes, publishable keys, the owner's
// token, client tokens.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { newAttemptId } from "./seal.mjs";
import { Shopper } from "./shopper.mjs";
import { Store, at, call, draft, newKey, newStoreName, owner, page, profile, usd,
  withKey } from "./stack.mjs";

let store;
let other;
let order;
let publishable;

before(async () => {
  [store, other] = [await Store.make({ channels: ["stripe"] }), await Store.make()];
  order = await store.makeOrder();
  const made = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
  publishable = withKey(made.key);
});

/** One call of each kind that a secret key may make. */
const CALLS = [
  ["GET", "/v1/orders"],
  ["POST", "/v1/orders", draft()],
  ["GET", "/v1/events"],
  ["GET", "/v1/accounts"],
  ["GET", "/v1/webhook_endpoints"],
  ["GET", "/v1/prices"],
  ["PUT", "/v1/prices/tea", { name: "Tea", prices: [usd("1.00")] }],
  ["GET", "/v1/store"],
];

describe("keys", () => {
  test("that do not hold are refused, each in the same way", async () => {
    const [, , , body] = store.secretKey.split("_");
    const turned = (body[0] === "A" ? "B" : "A") + body.slice(1);
    const keys = ["", "nonsense", "sk_test", `sk_test_${store.id}_`,
      `sk_test_${store.id}_${turned}`, `sk_live_${store.id}_${body}`,
      `pk_test_${store.id}_${body}`, `sk_test_${other.id}_${body}`,
      `sk_test_${newStoreName()}_${body}`, `${store.secretKey}x`, at.ownerToken.slice(0, -1),
      `${at.ownerToken}x`];
    for (const key of keys) {
      const problem = await withKey(key).refused(401, "GET", "/v1/orders");
      assert.equal(problem.code, "unauthorized", key);
      assert.ok(key === "" || !JSON.stringify(problem).includes(key));
    }
    const basic = Buffer.from(`${store.secretKey}:`).toString("base64");
    const headers = { authorization: `Basic ${basic}` };
    const answer = await call("GET", "/v1/orders", { headers });
    assert.equal(answer.status, 401);
  });

  test("in the address are no keys", async () => {
    const answer = await call("GET", `/v1/orders?key=${store.secretKey}`);
    assert.equal(answer.status, 401);
  });

  test("that are publishable can post carts, and nothing else", async () => {
    for (const [method, path, body] of CALLS) {
      const problem = await publishable.refused(403, method, path, body);
      assert.equal(problem.code, "forbidden");
    }
    const cart = { items: [{ sku: "tea", quantity: 1 }], currency: "USD" };
    await store.api.refused(403, "POST", "/v1/carts", cart);
  });

  test("of a store cannot set it up or make keys", async () => {
    for (const [method, path, body] of [
      ["PUT", "/v1/store", profile()],
      ["GET", "/v1/api_keys"],
      ["POST", "/v1/api_keys", { kind: "secret" }],
      ["DELETE", `/v1/api_keys/key_${"0".repeat(16)}`],
    ]) {
      const problem = await store.api.refused(403, method, path, body);
      assert.match(problem.detail, /owner/);
    }
  });

  test("of a store do what the owner can do beside that", async () => {
    for (const [method, path, body] of CALLS) {
      await store.api.ok(method, path, body);
      await store.owner.ok(method, path, body);
    }
  });
});

describe("what belongs to another store", () => {
  test("is not found, not even by its id", async () => {
    const { id } = order;
    for (const [method, path, body] of [
      ["GET", `/v1/orders/${id}`],
      ["POST", `/v1/orders/${id}/cancel`],
      ["POST", `/v1/orders/${id}/capture`],
      ["GET", `/v1/orders/${id}/refunds`],
      ["POST", `/v1/orders/${id}/refunds`, { reason: "mine" }],
      ["GET", `/v1/accounts/${store.accounts.stripe.id}`],
      ["PATCH", `/v1/accounts/${store.accounts.stripe.id}`, { enabled: false }],
      ["DELETE", `/v1/accounts/${store.accounts.stripe.id}`],
      ["POST", `/v1/accounts/${store.accounts.stripe.id}/check`],
    ]) {
      const problem = await other.api.refused(404, method, path, body, newKey());
      assert.equal(problem.code, "not_found");
    }
    assert.equal((await store.order(id)).state, "created");
  });

  test("is not found in the other mode of the same store either", async () => {
    const live = owner(store.id, "live");
    await live.refused(404, "GET", `/v1/orders/${order.id}`);
    await live.refused(404, "POST", `/v1/orders/${order.id}/cancel`);
    assert.deepEqual((await live.ok("GET", "/v1/orders")).data, []);
    assert.deepEqual((await live.ok("GET", "/v1/events")).data, []);
    assert.deepEqual((await other.api.ok("GET", "/v1/orders")).data, []);
  });

  test("an id that is none names nothing", async () => {
    for (const id of ["x", order.id.toLowerCase(), `${order.id}0`, `8${order.id.slice(1)}`,
      `${order.id}%00`, "..", "%F0%28%8C%28"]) {
      await store.api.call("GET", `/v1/orders/${id}`).then(({ status }) =>
        assert.equal(status, 404, id));
    }
  });
});

describe("notices of strangers", () => {
  test("have no channel asked again and again for its certificates", async () => {
    for (const mode of ["public_key", "certificate"]) {
      const account = await store.addAccount("wechat_pay", mode);
      const post = (number) => page(`/notices/${account.id}`, {
        method: "POST",
        body: "{}",
        headers: {
          "wechatpay-serial": `0${number}`,
          "wechatpay-timestamp": String(Math.floor(Date.now() / 1000)),
          "wechatpay-nonce": "forged",
          "wechatpay-signature": Buffer.from("forged").toString("base64"),
        },
      });
      for (let number = 0; number < 8; number += 1) {
        assert.equal((await post(number)).status, 500, "WeChat Pay's way of saying no");
      }
      const asked = await store.merchants.wechat_pay.requests("other");
      assert.ok(asked.length <= 1, `${mode}: ${asked.length} downloads`);
    }
  });
});

describe("client tokens", () => {
  test("open their own order alone", async () => {
    const [prefix, storeId, id, signature] = order.client_token.split("_");
    const second = await store.makeOrder();
    const forged = [
      [prefix, storeId, second.id, signature],
      [prefix, other.id, id, signature],
      [prefix, storeId, id, (signature[0] === "0" ? "1" : "0") + signature.slice(1)],
      [prefix, storeId, id],
      [prefix, storeId, id, signature, "x"],
      ["xx", storeId, id, signature],
    ].map((parts) => parts.join("_"));
    for (const token of forged) {
      const shopper = new Shopper({ client_token: token });
      const body = { id: newAttemptId(), method: "card", account: store.accounts.stripe.id,
        device: "desktop", envelope: "AQ" };
      assert.equal((await shopper.post(body)).status, 404, token);
      assert.equal((await shopper.call("GET", "status")).status, 404, token);
      assert.equal((await shopper.leave(newAttemptId())).status, 404, token);
      assert.equal((await page(`/checkout/${token}`)).status, 404, token);
      assert.equal((await page(`/leave/${token}/${body.id}`)).status, 404, token);
      assert.equal((await page(`/challenge/${token}/${body.id}`)).status, 404, token);
    }
  });

  test("are no API keys, and API keys no client tokens", async () => {
    await withKey(order.client_token).refused(401, "GET", "/v1/orders");
    const shopper = new Shopper({ client_token: store.secretKey });
    assert.equal((await shopper.call("GET", "status")).status, 404);
  });

  test("show no more than a shopper may know", async () => {
    const hidden = await store.makeOrder({
      metadata: { margin: "secret-margin" },
      merchant_reference: "secret-reference",
      shopper: { email: "secret@example.com", phone: "+353 91 555555" },
    });
    const shopper = new Shopper(hidden);
    const frame = await page(`/checkout/${hidden.client_token}`);
    const { text } = await shopper.call("GET", "status");
    for (const secret of ["secret-margin", "secret-reference", "+353 91 555555"]) {
      assert.ok(!frame.text.includes(secret) && !text.includes(secret), secret);
    }
    assert.ok(!text.includes("secret@example.com"));
  });
});

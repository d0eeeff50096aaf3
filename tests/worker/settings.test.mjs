// Stores, keys, accounts, endpoints and prices: what is set is what is read, what is secret is
// shown once or never, and what belongs to one mode is not seen in the other.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Shopper, reference } from "./shopper.mjs";
import { Client, Merchant, Store, call, newStoreName, owner, profile, until, usd,
  withKey } from "./stack.mjs";

let store;

before(async () => {
  store = await Store.make();
});

describe("the store", () => {
  test("is made at the first PUT, and replaced at the next", async () => {
    const name = newStoreName();
    const caller = owner(name);
    await caller.refused(404, "GET", "/v1/store");
    const early = await caller.refused(409, "POST", "/v1/orders", {
      items: [{ name: "Tea", quantity: 1, unit_price: usd("1.00") }],
      total: usd("1.00"),
    });
    assert.equal(early.code, "store_not_set_up");
    const made = await caller.ok("PUT", "/v1/store", profile());
    assert.equal(made.id, name);
    const policy = { late: "refund", short: "refund", excess: "refund" };
    assert.deepEqual(made.irregular_payments, policy);
    assert.equal(made.tills, 1);
    assert.deepEqual(await caller.ok("GET", "/v1/store"), made);
    const next = { name: "Tea", irregular_payments: { late: "hold" } };
    const replaced = await caller.ok("PUT", "/v1/store", next);
    assert.deepEqual(replaced.allowed_origins, []);
    assert.equal(replaced.card_lane, null);
    assert.equal(replaced.irregular_payments.late, "hold");
  });

  test("offers no card form without the operator's statement", async () => {
    const bare = await Store.make({ channels: ["stripe"], profile: { card_lane: null } });
    const order = await bare.makeOrder();
    const shopper = new Shopper(order);
    const data = await shopper.open();
    assert.deepEqual(data.snapshot.methods, []);
    assert.equal(data.seal ?? null, null);
    const body = { id: `att_${"0".repeat(26)}`, method: "card", device: "desktop",
      account: bare.accounts.stripe.id, envelope: "AQ" };
    const answer = await shopper.post(body);
    assert.equal(answer.status, 422);
    assert.equal(answer.body.errors[0].pointer, "/method");
  });
});

describe("API keys", () => {
  test("are shown once, listed by their last characters, and revoked", async () => {
    const made = await store.owner.ok("POST", "/v1/api_keys", { kind: "secret", label: "Server" });
    assert.ok(made.key.startsWith(`sk_test_${store.id}_`));
    assert.equal(made.hint, made.key.slice(-4));
    const caller = withKey(made.key);
    await caller.ok("GET", "/v1/orders");
    const { data } = await store.owner.ok("GET", "/v1/api_keys");
    const { key: _, last_used_at: never, ...shown } = made;
    assert.equal(never, null);
    const { last_used_at: __, ...listed } = data.find(({ id }) => id === made.id);
    assert.deepEqual(listed, shown);
    await store.owner.ok("DELETE", `/v1/api_keys/${made.id}`);
    await until("the revoked key works no more", async () =>
      (await caller.call("GET", "/v1/orders")).status === 401);
    await store.owner.refused(404, "DELETE", `/v1/api_keys/${made.id}`);
  });

  test("of one mode are not seen in the other", async () => {
    const live = owner(store.id, "live");
    const made = await live.ok("POST", "/v1/api_keys", { kind: "publishable" });
    assert.ok(made.key.startsWith(`pk_live_${store.id}_`));
    const ids = async (caller) => (await caller.ok("GET", "/v1/api_keys")).data.map(({ id }) => id);
    assert.ok((await ids(live)).includes(made.id));
    assert.ok(!(await ids(store.owner)).includes(made.id));
    await store.owner.refused(404, "DELETE", `/v1/api_keys/${made.id}`);
    await live.ok("DELETE", `/v1/api_keys/${made.id}`);
  });
});

describe("accounts", () => {
  test("keep their credentials to themselves", async () => {
    const { credentials } = await Merchant.make("alipay", "key");
    const made = await store.api.call("POST", "/v1/accounts",
      { channel: "alipay", label: "China", credentials });
    assert.equal(made.status, 201);
    const account = made.body;
    assert.deepEqual(account.fields.toSorted(), Object.keys(credentials).toSorted());
    assert.ok(account.id.startsWith(`acc_${store.id}_`));
    const path = `/v1/accounts/${account.id}`;
    const answers = [made, await store.api.call("GET", path),
      await store.api.call("GET", "/v1/accounts"),
      await store.api.call("PATCH", path, { label: "Mainland", credentials })];
    for (const { text } of answers) {
      for (const value of Object.values(credentials)) {
        assert.ok(!text.includes(JSON.stringify(value).slice(1, -1)), "a credential came back");
      }
    }
    assert.equal((await store.api.ok("GET", path)).label, "Mainland");
  });

  test("say which flows they may use", async () => {
    const shop = await Store.make({ channels: ["alipay"] });
    const path = `/v1/accounts/${shop.accounts.alipay.id}`;
    assert.equal((await shop.api.ok("GET", path)).flows, null);
    const offered = async () => {
      const order = await shop.makeOrder({ currency: "CNY" });
      const { snapshot } = await new Shopper(order).open();
      return snapshot.methods.map(({ flow }) => flow);
    };
    assert.deepEqual(await offered(), ["redirect_desktop"]);
    const flows = ["redirect_phone", "redirect_desktop", "qr"];
    assert.deepEqual((await shop.api.ok("PATCH", path, { flows })).flows, flows);
    assert.deepEqual(await offered(), ["qr"]);
    const { errors } = await shop.api.refused(422, "PATCH", path, { flows: ["qr", "bridge"] });
    assert.deepEqual(errors.map(({ pointer, code }) => [pointer, code]),
      [["/flows/1", "unknown_flow"]]);
    assert.deepEqual((await shop.api.ok("PATCH", path, { label: "x" })).flows, flows);
  });

  test("are checked by asking the channel", async () => {
    for (const channel of ["stripe", "alipay", "wechat_pay"]) {
      const account = await store.addAccount(channel);
      const path = `/v1/accounts/${account.id}/check`;
      const good = await store.api.ok("POST", path);
      assert.equal(good.ok, true, `${channel}: ${good.detail}`);
      await store.merchants[channel].faults({ fault: "error_500", on: "query" });
      const bad = await store.api.ok("POST", path);
      assert.equal(bad.ok, false);
      assert.ok(bad.detail.length > 10);
      assert.equal((await store.api.ok("POST", path)).ok, true);
    }
  });

  test("with another's keys are told apart", async () => {
    const [one, other] = [await Merchant.make("wechat_pay", "public_key"),
      await Merchant.make("wechat_pay", "public_key")];
    const credentials = { ...one.credentials,
      merchant_private_key: other.credentials.merchant_private_key };
    const body = { channel: "wechat_pay", credentials };
    const account = await store.api.ok("POST", "/v1/accounts", body);
    const checked = await store.api.ok("POST", `/v1/accounts/${account.id}/check`);
    assert.equal(checked.ok, false);
    assert.match(checked.detail, /SIGN_ERROR/);
    await store.api.ok("DELETE", `/v1/accounts/${account.id}`);
    await store.api.refused(404, "GET", `/v1/accounts/${account.id}`);
    await store.api.refused(404, "POST", `/v1/accounts/${account.id}/check`);
    await store.api.refused(404, "DELETE", `/v1/accounts/${account.id}`);
  });

  test("that are switched off take no new attempt", async () => {
    const one = await Store.make({ channels: ["stripe"] });
    const order = await one.makeOrder();
    const path = `/v1/accounts/${one.accounts.stripe.id}`;
    const methods = async () => (await new Shopper(order).status()).methods.length;
    assert.equal(await methods(), 1);
    await one.api.ok("PATCH", path, { enabled: false });
    assert.equal(await methods(), 0);
    await one.api.ok("PATCH", path, { enabled: true, methods: [] });
    assert.equal(await methods(), 0);
    await one.api.ok("PATCH", path, { methods: ["card"] });
    assert.equal(await methods(), 1);
  });

  test("that are deleted are offered no more, but what they owe is seen through", async () => {
    const one = await Store.make({ channels: ["wechat_pay"] });
    const merchant = one.merchants.wechat_pay;
    const [paid, open, fresh] = [await one.makeOrder({ currency: "CNY" }),
      await one.makeOrder({ currency: "CNY" }), await one.makeOrder({ currency: "CNY" })];
    for (const order of [paid, open]) await new Shopper(order).pay("wechat_pay");
    await merchant.press(reference(paid), "pay");
    await one.orderWhere(paid.id, "paid");
    await one.api.ok("DELETE", `/v1/accounts/${one.accounts.wechat_pay.id}`);
    assert.deepEqual((await one.api.ok("GET", "/v1/accounts")).data, []);
    assert.deepEqual((await new Shopper(fresh).status()).methods, []);
    await one.refund(paid, { reason: "Damaged" });
    await one.orderWhere(paid.id, "refunded");
    await one.api.ok("POST", `/v1/orders/${open.id}/cancel`);
    await one.orderWhere(open.id, "cancelled");
    assert.equal((await merchant.payment(reference(open))).status, "closed");
  });

  test("of one mode are not seen in the other", async () => {
    const live = owner(store.id, "live");
    const { data } = await store.api.ok("GET", "/v1/accounts");
    assert.ok(data.length > 0);
    assert.deepEqual((await live.ok("GET", "/v1/accounts")).data, []);
    await live.refused(404, "GET", `/v1/accounts/${data[0].id}`);
  });
});

describe("webhook endpoints", () => {
  const url = "https://shop.example/webhooks";

  test("show their secret once", async () => {
    const made = await store.api.ok("POST", "/v1/webhook_endpoints",
      { url, events: ["order.paid"], description: "Shop" });
    assert.match(made.secret, /^whsec_/);
    const { secret, ...shown } = made;
    const path = `/v1/webhook_endpoints/${made.id}`;
    assert.deepEqual(await store.api.ok("GET", path), shown);
    const rotated = await store.api.ok("POST", `${path}/rotate_secret`);
    assert.notEqual(rotated.secret, secret);
    const overlap = Date.parse(rotated.previous_valid_until) - Date.now();
    assert.ok(Math.abs(overlap - 24 * 3600_000) < 60_000);
    const edit = { url: "https://shop.example/other", events: [], enabled: false };
    const edited = await store.api.ok("PATCH", path, edit);
    assert.deepEqual(edited, { ...shown, ...edit });
    const { data } = await store.api.ok("GET", "/v1/webhook_endpoints");
    assert.deepEqual(data.find(({ id }) => id === made.id), edited);
    await store.api.ok("DELETE", path);
    for (const [method, where] of [["GET", path], ["DELETE", path],
      ["POST", `${path}/rotate_secret`]]) {
      await store.api.refused(404, method, where);
    }
    await store.api.refused(404, "PATCH", path, { enabled: true });
  });

  test("are a hundred at most", async () => {
    const one = await Store.make();
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(Array.from({ length: 10 }, () =>
        one.api.ok("POST", "/v1/webhook_endpoints", { url })));
    }
    const problem = await one.api.refused(409, "POST", "/v1/webhook_endpoints", { url });
    assert.match(problem.detail, /100/);
  });
});

describe("prices", () => {
  test("are set, replaced and deleted", async () => {
    const price = { name: "Tea", names: { "zh-CN": "茶" }, prices: [usd("12.5")],
      image_url: "https://shop.example/tea.png" };
    const set = await store.api.ok("PUT", "/v1/prices/tea", price);
    assert.deepEqual(set, { ...price, sku: "tea", prices: [usd("12.50")], active: true });
    const next = { sku: "tea", name: "Green tea", prices: [usd("13.00")], active: false };
    assert.deepEqual(await store.api.ok("PUT", "/v1/prices/tea", next), next);
    const { data } = await store.api.ok("GET", "/v1/prices");
    assert.deepEqual(data, [next]);
    await store.api.ok("DELETE", "/v1/prices/tea");
    await store.api.refused(404, "DELETE", "/v1/prices/tea");
    const other = { sku: "coffee", name: "Tea", prices: [usd("1.00")] };
    const problem = await store.api.refused(422, "PUT", "/v1/prices/tea", other);
    assert.equal(problem.errors[0].pointer, "/sku");
  });

  test("are not changed by a test key once the store has live ones", async () => {
    const selling = await Store.make();
    const price = { name: "Tea", prices: [usd("12.50")] };
    await selling.api.ok("PUT", "/v1/prices/tea", price);
    const live = owner(selling.id, "live");
    const { key } = await live.ok("POST", "/v1/api_keys", { kind: "secret" });
    const cheap = { name: "Tea", prices: [usd("0.01")] };
    await until("the test key is refused", async () =>
      (await selling.api.call("PUT", "/v1/prices/tea", cheap)).status === 403);
    await selling.api.refused(403, "DELETE", "/v1/prices/tea");
    await withKey(key).ok("PUT", "/v1/prices/tea", price);
    await selling.owner.ok("PUT", "/v1/prices/tea", price);
    const { data } = await selling.api.ok("GET", "/v1/prices");
    assert.deepEqual(data.map(({ prices }) => prices), [price.prices]);
  });

  test("take a sku of any characters", async () => {
    for (const sku of ["tea 100 g", "茶", "a/b", "50%", "x".repeat(64)]) {
      const path = `/v1/prices/${encodeURIComponent(sku)}`;
      const set = await store.api.ok("PUT", path, { name: "Tea", prices: [usd("1.00")] });
      assert.equal(set.sku, sku);
      await store.api.ok("DELETE", path);
    }
  });
});

test("a caller without any header is told what to send", async () => {
  const answer = await call("GET", "/v1/store");
  assert.equal(answer.status, 401);
  assert.match(answer.body.detail, /Authorization: Bearer/);
  const nameless = new Client({ authorization: store.owner.headers.authorization });
  const problem = await nameless.refused(400, "GET", "/v1/store");
  assert.match(problem.detail, /Causeway-Store/);
});

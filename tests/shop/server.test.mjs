// The demo shop's server: orders, bad bodies, its process.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readSettings } from "../../www/shop/server.mjs";
import { CART_ID, SERVER, basket, environment, paidEvent, signed, startShop } from "./setup.mjs";

describe("placing an order", () => {
  let shop;
  before(async () => {
    shop = await startShop();
  });
  after(() => shop.close());

  test("sends the server's own prices, and hands back the token", async () => {
    const { status, body } = await shop.post("/api/orders", basket(), {
      "idempotency-key": CART_ID,
    });
    assert.equal(status, 201);
    assert.match(body.client_token, /^ct_/);
    assert.equal(body.order.total.amount, "79.73");
    assert.equal(body.order.reference, "LT-0F8FAD5BD9");
    const sent = shop.causeway.calls.at(-1);
    assert.equal(sent.path, "/v1/orders");
    assert.equal(sent.headers.authorization, "Bearer sk_test_demo_secret");
    assert.equal(sent.headers["idempotency-key"], `cart-${CART_ID}`);
    assert.deepEqual(sent.body.items[0], {
      sku: "longjing-100",
      name: "Longjing green tea, 100 g",
      quantity: 2,
      unit_price: { amount: "18.00", currency: "USD" },
      image_url: "http://localhost:8788/images/longjing.svg",
    });
    assert.deepEqual(sent.body.total, { amount: "79.73", currency: "USD" });
    assert.equal(sent.body.return_url, "http://localhost:8788/thanks.html");
    assert.ok(!("address" in sent.body));
  });

  test("the same cart id is the same order; other content under it is a conflict", async () => {
    const id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    const first = await shop.post("/api/orders", basket(), { "idempotency-key": id });
    const second = await shop.post("/api/orders", basket(), { "idempotency-key": id });
    assert.equal(first.body.order.id, second.body.order.id);
    const other = await shop.post("/api/orders", basket({ shipping: "express" }), {
      "idempotency-key": id,
    });
    assert.equal(other.status, 409);
    assert.equal(other.body.code, "cart_changed");
  });

  test("leaves out delivery and tax that are zero", async () => {
    const items = [{ sku: "kettle-900", quantity: 1 }];
    const address = { ...basket().address, country: "HK", postcode: "" };
    const { status } = await shop.post("/api/orders", basket({ items, address }));
    assert.equal(status, 201);
    const sent = shop.causeway.calls.at(-1).body;
    assert.ok(!("shipping" in sent) && !("tax" in sent));
    assert.equal(sent.total.amount, "89.00");
  });

  for (const [what, changes] of [
    ["a price in an item", { items: [{ sku: "longjing-100", quantity: 1, unit_price: "0.01" }] }],
    ["a total", { total: { amount: "0.01", currency: "USD" } }],
    ["a discount", { discount: "50.00" }],
  ]) {
    test(`the page cannot choose the price: ${what} is refused`, async () => {
      const sentBefore = shop.causeway.calls.length;
      const { status, body } = await shop.post("/api/orders", basket(changes));
      assert.equal(status, 422);
      assert.equal(body.errors[0].code, "unknown_field");
      assert.equal(shop.causeway.calls.length, sentBefore);
    });
  }

  test("sends an order again whose answer was lost, under the same key", async () => {
    const before = shop.causeway.calls.length;
    shop.causeway.lost = 2;
    const { status } = await shop.post("/api/orders", basket());
    assert.equal(status, 201);
    const sent = shop.causeway.calls.slice(before);
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size, 1);
    assert.equal(new Set(sent.map(({ body }) => JSON.stringify(body))).size, 1);
    shop.causeway.lost = 3;
    const failed = await shop.post("/api/orders", basket());
    assert.equal(failed.status, 502);
    assert.equal(failed.body.code, "payment_unavailable");
  });

  test("says in words that payment is not available when Causeway fails", async () => {
    shop.causeway.fail = 500;
    const { status, body } = await shop.post("/api/orders", basket());
    shop.causeway.fail = 0;
    assert.equal(status, 502);
    assert.equal(body.code, "payment_unavailable");
    assert.doesNotMatch(JSON.stringify(body), /sk_test/);
  });
});

describe("bad bodies", () => {
  let shop;
  before(async () => {
    shop = await startShop();
  });
  after(() => shop.close());

  const address = (changes) => ({ address: { ...basket().address, ...changes } });
  for (const [what, changes, pointer] of [
    ["no items", { items: [] }, "/items"],
    ["items that are no list", { items: "tea" }, "/items"],
    ["an unknown product", { items: [{ sku: "coffee", quantity: 1 }] }, "/items/0/sku"],
    [
      "a product twice",
      { items: [1, 1].map((quantity) => ({ sku: "tin-walnut", quantity })) },
      "/items/1/sku",
    ],
    ["no pieces", { items: [{ sku: "tin-walnut", quantity: 0 }] }, "/items/0/quantity"],
    ["half a piece", { items: [{ sku: "tin-walnut", quantity: 0.5 }] }, "/items/0/quantity"],
    ["minus one piece", { items: [{ sku: "tin-walnut", quantity: -1 }] }, "/items/0/quantity"],
    ["too many pieces", { items: [{ sku: "tin-walnut", quantity: 21 }] }, "/items/0/quantity"],
    ["a currency not sold in", { currency: "BTC" }, "/currency"],
    ["an unknown language", { locale: "xx" }, "/locale"],
    ["an unknown way of delivery", { shipping: "balloon" }, "/shipping"],
    ["no email", { email: undefined }, "/email"],
    ["an email without a host", { email: "ada@" }, "/email"],
    ["no name", address({ name: "  " }), "/address/name"],
    ["a name of 81 letters", address({ name: "a".repeat(81) }), "/address/name"],
    ["a country not delivered to", address({ country: "AQ" }), "/address/country"],
    ["a phone number with letters", address({ phone: "call me" }), "/address/phone"],
    ["an address that is text", { address: "here" }, "/address"],
  ]) {
    test(`${what}: 422 at ${pointer}`, async () => {
      const { status, headers, body } = await shop.post("/api/orders", basket(changes));
      assert.equal(status, 422);
      assert.match(headers.get("content-type"), /problem\+json/);
      assert.ok(
        body.errors.some((error) => error.pointer === pointer),
        JSON.stringify(body.errors),
      );
      assert.ok(body.errors.every(({ detail }) => detail.length > 10));
      assert.equal(shop.causeway.calls.length, 0);
    });
  }

  for (const [what, status, body, headers] of [
    ["no JSON", 400, "{"],
    ["a list", 400, "[]"],
    ["null", 400, "null"],
    ["a form", 415, "a=b", { "content-type": "application/x-www-form-urlencoded" }],
    ["17 KB", 413, JSON.stringify({ items: "x".repeat(17 * 1024) })],
    ["a cart id that is no UUID", 400, "{}", { "idempotency-key": "../../1" }],
  ]) {
    test(`${what}: ${status} with words`, async () => {
      const answer = await shop.post("/api/orders", body, headers);
      assert.equal(answer.status, status);
      assert.ok(answer.body.detail.length > 10);
    });
  }

  test("unknown addresses and wrong methods", async () => {
    assert.equal((await shop.ask("/api/nothing")).status, 404);
    assert.equal((await shop.ask("/api/orders")).status, 405);
    assert.equal((await shop.ask("/webhooks")).status, 405);
    assert.equal((await shop.ask("/index.html", { method: "PUT" })).status, 405);
    assert.equal((await shop.ask("/api/orders/01J00000000000000000000ZZZ")).status, 404);
  });
});

describe("the process", () => {
  const run = (env) => {
    const child = spawn(process.execPath, [SERVER], { env: { PATH: process.env.PATH, ...env } });
    const said = { out: "", err: "" };
    child.stdout.on("data", (data) => {
      said.out += data;
    });
    child.stderr.on("data", (data) => {
      said.err += data;
    });
    const ended = new Promise((done) => child.on("exit", (code) => done(code)));
    const saysSomething = new Promise((done) => child.stdout.once("data", done));
    return { child, said, ended, saysSomething };
  };

  test("names each setting that is missing", async () => {
    const { ended, said } = run({ PORT: "0" });
    assert.equal(await ended, 1);
    assert.match(said.err, /SHOP_URL, CAUSEWAY_URL, CAUSEWAY_SECRET_KEY/);
    assert.doesNotMatch(said.err, /at .*\.mjs/);
  });

  test("refuses an address that is none", () => {
    assert.throws(() => readSettings(environment("pay.shop.example")), /CAUSEWAY_URL must be/);
    assert.throws(
      () => readSettings(environment("http://x.example", { PORT: "80a" })),
      /PORT must be/,
    );
  });

  for (const signal of ["SIGTERM", "SIGINT"]) {
    test(`starts with its address and ends on ${signal}`, async () => {
      const { child, said, ended, saysSomething } = run(environment("http://127.0.0.1:8787"));
      await saysSomething;
      assert.match(said.out, /http:\/\/localhost:8788/);
      child.kill(signal);
      assert.equal(await ended, 0);
    });
  }

  test("SHOP_STATE carries events and orders over a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "shop-"));
    try {
      const state = { SHOP_STATE: join(folder, "state.json") };
      const first = await startShop(state);
      const { body } = await first.post("/api/orders", basket());
      await first.post("/webhooks", ...signed(paidEvent(body.order.id)));
      await first.close();
      const second = await startShop(state);
      assert.equal((await second.ask(`/api/orders/${body.order.id}`)).body.state, "paid");
      assert.equal((await second.ask("/api/events")).body.data.length, 1);
      const again = await second.post("/webhooks", ...signed(paidEvent(body.order.id)));
      assert.equal(again.body.duplicate, true);
      await second.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

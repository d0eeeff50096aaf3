// Carts: a page says what and how many, the price book says how much; CORS for the store's pages
// alone.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Shopper } from "./shopper.mjs";
import { Store, call, cny, draft, usd, withKey } from "./stack.mjs";

const ORIGIN = "https://shop.example";

let store;
let cart;
let publishable;

before(async () => {
  store = await Store.make({ channels: ["stripe"], profile: { allowed_origins: [ORIGIN] } });
  const { key } = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
  publishable = key;
  cart = withKey(key, { origin: ORIGIN });
  const book = {
    tea: { name: "Green tea", names: { "zh-CN": "绿茶" }, prices: [usd("12.50"), cny("88.00")] },
    cup: { name: "Cup", prices: [usd("9.00")], image_url: `${ORIGIN}/cup.png` },
    gone: { name: "Gone", prices: [usd("1.00")], active: false },
    free: { name: "Sample", prices: [usd("0.00")] },
  };
  for (const [sku, price] of Object.entries(book)) {
    await store.api.ok("PUT", `/v1/prices/${sku}`, price);
  }
});

const body = (changes) => ({ items: [{ sku: "tea", quantity: 2 }], currency: "USD", ...changes });

test("a cart is priced from the book, and can be paid", async () => {
  const items = [{ sku: "tea", quantity: 2 }, { sku: "cup", quantity: 3 },
    { sku: "free", quantity: 1 }];
  const answer = await cart.call("POST", "/v1/carts", body({ items, return_url: ORIGIN }));
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.body.total, usd("52.00"));
  assert.equal(answer.body.mode, "test");
  const order = await store.order(answer.body.order);
  const lines = order.items.map(({ sku, quantity, unit_price: price }) => [sku, quantity, price]);
  assert.deepEqual(lines,
    [["tea", 2, usd("12.50")], ["cup", 3, usd("9.00")], ["free", 1, usd("0.00")]]);
  assert.equal(order.items[1].image_url, `${ORIGIN}/cup.png`);
  const snapshot = await new Shopper(answer.body).pay("card");
  assert.equal(snapshot.state, "paid");
  const books = await store.merchants.stripe.payment(`${answer.body.order}01`);
  assert.equal(books.amount_minor, 5200);
});

test("names follow the locale, prices the currency", async () => {
  const made = await cart.ok("POST", "/v1/carts", body({ currency: "CNY", locale: "zh-CN" }));
  const order = await store.order(made.order);
  assert.equal(order.items[0].name, "绿茶");
  assert.equal(order.shopper.locale, "zh-CN");
  assert.deepEqual(order.total, cny("176.00"));
});

test("a price that is raised later changes no cart that exists", async () => {
  const made = await cart.ok("POST", "/v1/carts", body());
  const price = { name: "Green tea", names: { "zh-CN": "绿茶" },
    prices: [usd("99.00"), cny("88.00")] };
  await store.api.ok("PUT", "/v1/prices/tea", price);
  assert.deepEqual((await store.order(made.order)).total, usd("25.00"));
  await store.api.ok("PUT", "/v1/prices/tea", { ...price, prices: [usd("12.50"), cny("88.00")] });
});

test("a page cannot say a price, nor anything else that is not its own", async () => {
  const item = { sku: "tea", quantity: 1 };
  for (const [changes, pointer] of [
    [{ items: [{ ...item, unit_price: usd("0.01") }] }, "/items/0/unit_price"],
    [{ items: [{ ...item, name: "Gold" }] }, "/items/0/name"],
    [{ total: usd("0.01") }, "/total"],
    [{ discount: usd("10.00") }, "/discount"],
    [{ capture: "manual" }, "/capture"],
    [{ metadata: {} }, "/metadata"],
  ]) {
    const problem = await cart.refused(422, "POST", "/v1/carts", body(changes));
    assert.equal(problem.errors[0].pointer, pointer);
  }
});

test("what cannot be bought is named", async () => {
  for (const [changes, pointer, code] of [
    [{ items: [{ sku: "tea", quantity: 1 }, { sku: "coal", quantity: 1 }] }, "/items/1/sku",
      "unknown_sku"],
    [{ items: [{ sku: "gone", quantity: 1 }] }, "/items/0/sku", "unknown_sku"],
    [{ items: [{ sku: "cup", quantity: 1 }], currency: "CNY" }, "/items/0/sku", "no_price"],
    [{ items: [{ sku: "tea", quantity: 0 }] }, "/items/0/quantity", "out_of_range"],
    [{ items: [{ sku: "tea", quantity: 1001 }] }, "/items/0/quantity", "out_of_range"],
    [{ items: [{ sku: "tea", quantity: -1 }] }, "/items/0/quantity", "wrong_form"],
    [{ items: [{ sku: "free", quantity: 1 }] }, "/total", "not_positive"],
    [{ items: [] }, "/items", "count"],
    [{ currency: "XXL" }, "/currency", "unknown_currency"],
    [{ return_url: "javascript:alert(1)" }, "/return_url", "not_a_url"],
    [{ shopper: { email: "ada" } }, "/shopper/email", "not_an_email"],
  ]) {
    const problem = await cart.refused(422, "POST", "/v1/carts", body(changes));
    assert.equal(problem.errors[0].pointer, pointer, JSON.stringify(problem.errors));
    assert.equal(problem.errors[0].code, code);
  }
});

test("a key makes one order, and another cart with it is a conflict", async () => {
  const key = { "idempotency-key": crypto.randomUUID() };
  const answers = await Promise.all(Array.from({ length: 8 }, () =>
    cart.call("POST", "/v1/carts", body(), key)));
  assert.equal(new Set(answers.map((answer) => answer.body.order)).size, 1);
  assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  const other = body({ items: [{ sku: "tea", quantity: 3 }] });
  const problem = await cart.refused(409, "POST", "/v1/carts", other, key);
  assert.equal(problem.code, "idempotency_conflict");
});

test("a shop's page cannot take over the key of its server", async () => {
  const key = { "idempotency-key": crypto.randomUUID() };
  const order = await store.makeOrder({}, key);
  const answer = await cart.call("POST", "/v1/carts", body(), key);
  assert.equal(answer.status, 201);
  assert.notEqual(answer.body.order, order.id);
  const other = { "idempotency-key": crypto.randomUUID() };
  const made = await cart.ok("POST", "/v1/carts", body(), other);
  assert.notEqual((await store.makeOrder({}, other)).id, made.order);
});

test("a key finds its order in the state that it has come to", async () => {
  const key = { "idempotency-key": crypto.randomUUID() };
  const made = await cart.ok("POST", "/v1/carts", body(), key);
  assert.equal(made.state, "created");
  await store.api.ok("POST", `/v1/orders/${made.order}/cancel`);
  await store.orderWhere(made.order, "cancelled");
  const found = await cart.ok("POST", "/v1/carts", body(), key);
  assert.deepEqual([found.order, found.state], [made.order, "cancelled"]);
});

test("nobody leads shoppers to a page that is not the store's", async () => {
  const to = (url) => cart.call("POST", "/v1/carts", body({ return_url: url }));
  for (const url of [ORIGIN, `${ORIGIN}/`, `${ORIGIN}?a=1`, `${ORIGIN}#top`]) {
    assert.equal((await to(url)).status, 201, url);
  }
  for (const url of ["https://evil.example/", `${ORIGIN}.evil.example/`, `${ORIGIN}@evil.example`,
    `${ORIGIN}:8443/`]) {
    const { status, body: problem } = await to(url);
    assert.equal(status, 422, url);
    assert.equal(problem.errors[0].code, "origin_not_allowed");
  }
});

describe("CORS", () => {
  const allowed = (answer) => answer.headers.get("access-control-allow-origin");

  test("lets the store's pages read good answers and bad", async () => {
    const good = await cart.call("POST", "/v1/carts", body());
    assert.equal(allowed(good), ORIGIN);
    assert.match(good.headers.get("vary"), /origin/i);
    const bad = await cart.call("POST", "/v1/carts", body({ items: [] }));
    assert.equal(bad.status, 422);
    assert.equal(allowed(bad), ORIGIN);
    assert.equal(good.headers.get("access-control-allow-credentials"), null);
  });

  test("refuses other pages, and a request without Origin is no page", async () => {
    for (const origin of ["https://evil.example", "null", `${ORIGIN}.evil.example`,
      "http://shop.example"]) {
      const evil = withKey(publishable, { origin });
      const answer = await evil.call("POST", "/v1/carts", body());
      assert.equal(answer.status, 403, origin);
      assert.equal(allowed(answer), null);
    }
    const program = await withKey(publishable).call("POST", "/v1/carts", body());
    assert.equal(program.status, 201);
    assert.equal(allowed(program), null);
  });

  test("answers the browser's question before the request", async () => {
    const headers = { origin: ORIGIN, "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,idempotency-key" };
    const answer = await call("OPTIONS", "/v1/carts", { headers });
    assert.equal(answer.status, 204);
    assert.equal(allowed(answer), ORIGIN);
  });

  test("is for carts alone", async () => {
    const headers = { origin: ORIGIN, "access-control-request-method": "GET" };
    for (const path of ["/v1/orders", "/v1/store", "/v1/prices"]) {
      const all = { ...store.owner.headers, ...headers };
      const asked = await call("OPTIONS", path, { headers: all });
      assert.equal(asked.status, 405);
      assert.equal(allowed(asked), null);
      const read = await store.api.call("GET", path, undefined, { origin: ORIGIN });
      assert.equal(allowed(read), null);
    }
    const order = await store.api.call("POST", "/v1/orders", draft(), { origin: ORIGIN });
    assert.equal(allowed(order), null);
  });
});

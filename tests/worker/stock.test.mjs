// Stock: products that are counted are sold as often as there are pieces, by carts and by orders
// that name them; what is not paid for comes back, once. On a worker whose clock the test moves.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, newKey, until, usd, withKey } = await import("./stack.mjs");
const { Shopper } = await import("./shopper.mjs");

let store;
let page;

before(async () => {
  store = await Store.make({ channels: ["stripe"] });
  page = withKey((await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" })).key);
});

// So that carts of the test before are not counted against the address.
beforeEach(() => own.forward(HOUR_MS));

after(() => own.stop());

const TEA = { name: "Tea", prices: [usd("12.50")] };

const count = (sku, stock) => store.api.ok("PUT", `/v1/prices/${sku}`, { ...TEA, stock });

const cartOf = (sku, quantity = 1) => ({ items: [{ sku, quantity }], currency: "USD" });

const buy = (sku, quantity, headers) => page.call("POST", "/v1/carts", cartOf(sku, quantity),
  headers);

async function left(sku) {
  const { data } = await store.api.ok("GET", "/v1/prices");
  return data.find((price) => price.sku === sku).stock;
}

const leftAre = (sku, stock) =>
  until(`${stock} of ${sku} left`, async () => await left(sku) === stock);

test("of three pieces exactly three are sold, however many want one at once", async () => {
  await count("few", 3);
  const answers = await Promise.all(Array.from({ length: 50 }, () => buy("few")));
  const made = answers.filter(({ status }) => status === 201);
  assert.equal(made.length, 3);
  assert.equal(new Set(made.map(({ body }) => body.order)).size, 3);
  for (const { status, body } of answers.filter((answer) => !made.includes(answer))) {
    assert.deepEqual([status, body.code, body.detail],
      [409, "out_of_stock", "of few 0 are left"]);
  }
  assert.equal(await left("few"), 0);
});

test("a product without stock is sold for ever", async () => {
  await count("many", null);
  assert.equal((await buy("many", 1000)).status, 201);
  assert.equal(await left("many"), undefined);
  assert.equal((await store.order((await buy("many")).body.order)).state, "created");
});

test("a cart takes all of its pieces, or none", async () => {
  await count("cup", 5);
  await count("pot", 1);
  const items = [{ sku: "cup", quantity: 2 }, { sku: "pot", quantity: 1 },
    { sku: "pot", quantity: 1 }];
  const refused = await page.refused(409, "POST", "/v1/carts", { items, currency: "USD" });
  assert.equal(refused.detail, "of pot 1 are left");
  assert.deepEqual([await left("cup"), await left("pot")], [5, 1]);
});

test("pieces come back when an order ends unpaid, once, and stay out when it is paid", async () => {
  await count("tea", 3);
  const [cancelled, expired, paid] = [await buy("tea"), await buy("tea"), await buy("tea")]
    .map(({ body }) => body);
  assert.equal(await left("tea"), 0);
  await store.api.ok("POST", `/v1/orders/${cancelled.order}/cancel`);
  await leftAre("tea", 1);
  await new Shopper(paid).pay("card");
  await store.orderWhere(paid.order, "paid");
  await own.forward(3 * HOUR_MS);
  await store.orderWhere(expired.order, "expired");
  await leftAre("tea", 2);
  const refund = { reason: "Broken" };
  await store.api.ok("POST", `/v1/orders/${paid.order}/refunds`, refund, newKey());
  await store.orderWhere(paid.order, "refunded");
  await own.forward(3 * HOUR_MS);
  await own.quiet();
  assert.equal(await left("tea"), 2);
});

test("a price that was read, changed and sent back keeps what was sold meanwhile", async () => {
  await count("mug", 10);
  const { data } = await store.api.ok("GET", "/v1/prices");
  const read = data.find(({ sku }) => sku === "mug");
  const headers = { ...store.api.headers, "content-type": "text/csv" };
  const csv = await fetch(`${own.url}/v1/prices.csv`, { headers }).then((answer) => answer.text());
  assert.equal((await buy("mug", 3)).status, 201);
  await store.api.ok("PUT", "/v1/prices/mug", { ...read, name: "Mug" });
  assert.equal(await left("mug"), 7);
  // Five more have come. The answer is lost, and the change sent again.
  for (const _ of [1, 2]) {
    const put = await store.api.ok("PUT", "/v1/prices/mug", { ...read, stock: read.stock + 5 });
    assert.deepEqual([put.stock, put.stock_taken, await left("mug")], [12, 3, 12]);
  }
  await store.api.ok("PUT", "/v1/prices/mug", TEA);
  assert.equal(await left("mug"), 12);
  // The table that was read before says ten as of then.
  const sent = await fetch(`${own.url}/v1/prices.csv?others=keep`,
    { method: "PUT", headers, body: csv });
  assert.equal(sent.status, 200);
  assert.equal(await left("mug"), 7);
  await store.api.ok("PUT", "/v1/prices/mug", { ...TEA, stock: null });
  assert.equal(await left("mug"), undefined);
});

test("one key takes its pieces once", async () => {
  await count("bag", 9);
  const key = newKey();
  const answers = await Promise.all(Array.from({ length: 4 }, () => buy("bag", 2, key)));
  assert.equal(new Set(answers.map(({ body }) => body.order)).size, 1);
  await leftAre("bag", 7);
  assert.equal((await buy("bag", 2, key)).status, 200);
  assert.equal(await left("bag"), 7);
});

test("an order of the shop's server takes pieces of what it names", async () => {
  await count("jar", 1);
  // Isolates know settings for five seconds.
  await own.forward(6000);
  const items = [{ name: "Jar", sku: "jar", quantity: 1, unit_price: usd("12.50") }];
  const order = { items, total: usd("12.50") };
  const made = await store.api.ok("POST", "/v1/orders", order);
  assert.equal(await left("jar"), 0);
  assert.equal((await store.api.refused(409, "POST", "/v1/orders", order)).code, "out_of_stock");
  await store.api.ok("POST", `/v1/orders/${made.id}/cancel`);
  await leftAre("jar", 1);
});

test("what a failed creation took comes back when its time is over", async () => {
  await count("box", 2);
  const sabotage = { do: "sabotage", kind: "sql", on: "create", nth: 1, times: 1 };
  const till = `${own.url}/_till/${store.id}/0`;
  assert.ok((await fetch(till, { method: "POST", body: JSON.stringify(sabotage) })).ok);
  const failed = await fetch(`${own.url}/v1/carts`, { method: "POST",
    headers: { ...page.headers, "content-type": "application/json" },
    body: JSON.stringify(cartOf("box")) });
  assert.equal(failed.status, 500);
  assert.equal(await left("box"), 1);
  await own.forward(3 * HOUR_MS);
  // Whoever wants both finds them.
  assert.equal((await buy("box", 2)).status, 201);
  assert.equal(await left("box"), 0);
});

// Counters that fail or hang stop no payment: a shop that cannot be paid would be the greater harm.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, read, withKey } = await import("./stack.mjs");
const { Shopper } = await import("./shopper.mjs");

after(() => own.stop());

const trap = (on) => read(`${own.url}/_trap`, { method: "POST", body: JSON.stringify({ on }) });
const ADDRESS = { "cf-connecting-ip": "203.0.113.77" };

for (const [how, most_ms] of [["counter_fails", 5_000], ["counter_hangs", 15_000]]) {
  test(`${how.replace("_", " that ")}: shoppers pay, carts are made, wrong keys stay wrong`,
    async () => {
      const store = await Store.make({ channels: ["stripe"] });
      const made = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
      const price = { name: "Tea", prices: [{ amount: "1.00", currency: "USD" }] };
      await store.api.ok("PUT", "/v1/prices/tea", price);
      const order = await store.makeOrder();
      const shopper = new Shopper(order);
      const body = await shopper.attempt("card");
      await trap(how);
      const began = performance.now();
      const answer = await shopper.post(body, { headers: ADDRESS });
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.body.state, "paid");
      const cart = { items: [{ sku: "tea", quantity: 1 }], currency: "USD" };
      const page = withKey(made.key, ADDRESS);
      assert.equal((await page.call("POST", "/v1/carts", cart)).status, 201);
      assert.equal((await withKey("nonsense", ADDRESS).call("GET", "/v1/orders")).status, 401);
      assert.ok(performance.now() - began < most_ms, "a counter is not waited for");
      await trap(null);
    });
}

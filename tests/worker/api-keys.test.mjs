// API keys over their life: used, rolled, ended; on a worker whose clock the test moves.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, draft, until, usd, withKey } = await import("./stack.mjs");

after(() => own.stop());

/** What the list says of a key. */
async function listed(store, id) {
  const { data } = await store.owner.ok("GET", "/v1/api_keys");
  return data.find((key) => key.id === id);
}

/** Makes a key. */
const make = (store, kind = "secret", label = "Server") =>
  store.owner.ok("POST", "/v1/api_keys", { kind, label });

/** The settings of an isolate are five seconds old at most. */
const SETTLED_MS = 6_000;

describe("a key", () => {
  test("says on which day it was used last", async () => {
    const store = await Store.make();
    const made = await make(store);
    assert.equal(made.last_used_at, null);
    assert.equal((await listed(store, made.id)).last_used_at, null);
    const use = () => withKey(made.key).ok("GET", "/v1/orders");
    const today = () => `${new Date().toISOString().slice(0, 10)}T00:00:00`;
    const noted = () => until("the use is noted", async () => {
      const { last_used_at: at } = await listed(store, made.id);
      return at?.startsWith(today()) && at;
    });
    await use();
    const first = await noted();
    await use();
    assert.equal(await noted(), first);
    await own.forward(24 * HOUR_MS);
    assert.equal((await listed(store, made.id)).last_used_at, first);
    await use();
    assert.equal(Date.parse(await noted()) - Date.parse(first), 24 * HOUR_MS);
  });

  test("of a page is noted too", async () => {
    const store = await Store.make();
    await store.api.ok("PUT", "/v1/prices/tea", { name: "Tea", prices: [usd("1.00")] });
    const made = await make(store, "publishable");
    await withKey(made.key).ok("POST", "/v1/carts",
      { items: [{ sku: "tea", quantity: 1 }], currency: "USD" });
    await until("the use is noted", async () => (await listed(store, made.id)).last_used_at);
  });
});

describe("a key that is rolled", () => {
  const path = ({ id }) => `/v1/api_keys/${id}/roll`;

  test("works beside the new one until its time is up", async () => {
    const store = await Store.make();
    const old = await make(store);
    const rolled = await store.owner.ok("POST", path(old), { overlap_hours: 2 });
    assert.deepEqual([rolled.kind, rolled.label, rolled.hint],
      ["secret", "Server", rolled.key.slice(-4)]);
    assert.notEqual(rolled.key, old.key);
    assert.equal(rolled.previous.id, old.id);
    const left_ms = Date.parse(rolled.previous.expires_at) - Date.now();
    assert.ok(Math.abs(left_ms - 2 * HOUR_MS) < 60_000);
    const shown = await listed(store, old.id);
    assert.deepEqual([shown.expires_at, shown.replaced_by],
      [rolled.previous.expires_at, rolled.id]);
    const [before, now] = [withKey(old.key), withKey(rolled.key)];
    await before.ok("GET", "/v1/orders");
    await now.ok("POST", "/v1/orders", draft());
    assert.ok(!JSON.stringify(await store.owner.ok("GET", "/v1/api_keys")).includes(rolled.key));
    const again = await store.owner.refused(409, "POST", path(old), { overlap_hours: 2 });
    assert.match(again.detail, /already/);
    await own.forward(2 * HOUR_MS);
    await before.refused(401, "GET", "/v1/orders");
    await now.ok("GET", "/v1/orders");
    assert.equal(await listed(store, old.id), undefined);
    await store.owner.refused(404, "POST", path(old));
  });

  test("ends at once where no overlap is wanted, and after a day where nothing is said", async () => {
    const store = await Store.make();
    const [one, other] = [await make(store), await make(store)];
    await store.owner.ok("POST", path(one), { overlap_hours: 0 });
    await own.forward(SETTLED_MS);
    await withKey(one.key).refused(401, "GET", "/v1/orders");
    const rolled = await store.owner.ok("POST", path(other));
    const left_ms = Date.parse(rolled.previous.expires_at) - Date.now();
    assert.ok(Math.abs(left_ms - 24 * HOUR_MS) < 60_000);
    // It can still be ended before its time.
    await store.owner.ok("DELETE", `/v1/api_keys/${other.id}`);
    await own.forward(SETTLED_MS);
    await withKey(other.key).refused(401, "GET", "/v1/orders");
    await withKey(rolled.key).ok("GET", "/v1/orders");
  });

  test("is rolled by its store's owner alone, and in its mode", async () => {
    const [store, stranger] = [await Store.make(), await Store.make()];
    const made = await make(store);
    await store.api.refused(403, "POST", path(made));
    await stranger.owner.refused(404, "POST", path(made));
    await withKey(own.ownerToken, { "causeway-store": store.id, "causeway-mode": "live" })
      .refused(404, "POST", path(made));
    const { errors } = await store.owner.refused(422, "POST", path(made), { overlap_hours: 169 });
    assert.equal(errors[0].pointer, "/overlap_hours");
    await store.owner.refused(422, "POST", path(made), { overlap_hours: -1 });
    await withKey(made.key).ok("GET", "/v1/orders");
  });
});

// Operators and the tokens of their programs: what is set is what is read, what lets in is shown
// once and stops at once, and what belongs to one store is not seen from another.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Store, call, withKey } from "./stack.mjs";

let store;
let other;

before(async () => {
  [store, other] = [await Store.make(), await Store.make()];
});

let count = 0;

/** A new operator of a store. */
function add(of, role, more = {}) {
  count += 1;
  const body = { email: `p${count}@shop.example`, name: `Person ${count}`, role, ...more };
  return of.owner.ok("POST", "/v1/operators", body);
}

/** A new operator, as one who calls. */
async function operator(of, role) {
  const made = await add(of, role);
  const { token } = await of.owner.ok("POST", `/v1/operators/${made.id}/token`);
  return { ...made, token, api: withKey(token) };
}

describe("operators", () => {
  test("are made, listed, changed and deleted", async () => {
    const made = await add(store, "support", { locale: "zh-CN" });
    assert.deepEqual([made.role, made.locale, made.token], ["support", "zh-CN", null]);
    const path = `/v1/operators/${made.id}`;
    assert.deepEqual(await store.owner.ok("GET", path), made);
    const { data } = await store.owner.ok("GET", "/v1/operators");
    assert.deepEqual(data.find(({ id }) => id === made.id), made);
    const edited = await store.owner.ok("PATCH", path, { role: "finance", name: "Ann" });
    assert.deepEqual(edited, { ...made, role: "finance", name: "Ann" });
    await store.owner.ok("DELETE", path);
    await store.owner.refused(404, "GET", path);
    await store.owner.refused(404, "PATCH", path, { name: "x" });
    await store.owner.refused(404, "DELETE", path);
  });

  test("are told what to mend, field by field", async () => {
    const body = { email: "ann", name: "", role: "viewer", locale: "fr" };
    const problem = await store.owner.refused(422, "POST", "/v1/operators", body);
    assert.deepEqual(problem.errors.map(({ pointer, code }) => [pointer, code]),
      [["/email", "not_an_email"], ["/name", "length"], ["/locale", "unknown_locale"]]);
    const role = await store.owner.refused(422, "POST", "/v1/operators", { ...body, role: "god" });
    assert.equal(role.errors[0].pointer, "/role");
  });

  test("have one address each", async () => {
    const { email } = await add(store, "viewer");
    const body = { email: email.toUpperCase(), name: "Again", role: "viewer" };
    await store.owner.refused(409, "POST", "/v1/operators", body);
  });

  test("always have an owner among them, once they had one", async () => {
    const shop = await Store.make();
    const [one, two] = [await add(shop, "owner"), await add(shop, "viewer")];
    const path = `/v1/operators/${one.id}`;
    await shop.owner.refused(409, "DELETE", path);
    await shop.owner.refused(409, "PATCH", path, { role: "viewer" });
    await shop.owner.ok("PATCH", `/v1/operators/${two.id}`, { role: "owner" });
    await shop.owner.ok("DELETE", path);
  });

  test("of another store are not there", async () => {
    const made = await add(other, "viewer");
    const path = `/v1/operators/${made.id}`;
    for (const [method, where, body] of [["GET", path], ["PATCH", path, { name: "x" }],
      ["DELETE", path], ["POST", `${path}/token`], ["DELETE", `${path}/token`]]) {
      const problem = await store.owner.refused(404, method, where, body);
      assert.equal(problem.code, "not_found");
    }
    assert.deepEqual(await other.owner.ok("GET", path), made);
  });
});

describe("an operator's token", () => {
  test("is shown once and works for its store, in the mode that the header names", async () => {
    const ann = await operator(store, "owner");
    assert.match(ann.token, new RegExp(`^opt_${store.id}_`));
    assert.equal((await ann.api.ok("GET", "/v1/store")).id, store.id);
    const read = await ann.api.call("GET", `/v1/operators/${ann.id}`);
    assert.equal(read.body.token.hint, ann.token.slice(-4));
    assert.ok(!read.text.includes(ann.token));
    const key = await ann.api.ok("POST", "/v1/api_keys", { kind: "secret" });
    assert.match(key.key, /^sk_test_/);
    const live = withKey(ann.token, { "causeway-mode": "live" });
    assert.match((await live.ok("POST", "/v1/api_keys", { kind: "secret" })).key, /^sk_live_/);
    await withKey(ann.token, { "causeway-mode": "x" }).refused(400, "GET", "/v1/store");
  });

  test("stops at once when it is replaced, revoked, or its operator is deleted", async () => {
    const ann = await operator(store, "viewer");
    const path = `/v1/operators/${ann.id}`;
    await ann.api.ok("GET", "/v1/orders");
    const { token } = await store.owner.ok("POST", `${path}/token`);
    await ann.api.refused(401, "GET", "/v1/orders");
    const next = withKey(token);
    await next.ok("GET", "/v1/orders");
    await store.owner.ok("DELETE", `${path}/token`);
    await next.refused(401, "GET", "/v1/orders");
    await store.owner.refused(404, "DELETE", `${path}/token`);
    const bob = await operator(store, "viewer");
    await store.owner.ok("DELETE", `/v1/operators/${bob.id}`);
    await bob.api.refused(401, "GET", "/v1/orders");
  });

  test("that was made up is refused like a wrong key", async () => {
    const { token } = await operator(store, "viewer");
    const body = token.split("_")[2];
    const turned = (body[0] === "A" ? "B" : "A") + body.slice(1);
    for (const wrong of [`opt_${store.id}_${turned}`, `opt_${other.id}_${body}`, "opt_nobody_x",
      `opt_nobodyatall_${body}`, `${token}x`, `ses_${store.id}_${body}`]) {
      assert.equal((await withKey(wrong).refused(401, "GET", "/v1/orders")).code, "unauthorized");
    }
  });

  test("gives what the role gives now, from the next request on", async () => {
    const ann = await operator(store, "viewer");
    const price = { name: "Tea", prices: [{ amount: "1.00", currency: "USD" }] };
    const problem = await ann.api.refused(403, "PUT", "/v1/prices/tea", price);
    assert.match(problem.detail, /role/);
    await store.owner.ok("PATCH", `/v1/operators/${ann.id}`, { role: "owner" });
    await ann.api.ok("PUT", "/v1/prices/tea", price);
    await add(store, "owner");
    await store.owner.ok("PATCH", `/v1/operators/${ann.id}`, { role: "finance" });
    await ann.api.refused(403, "PUT", "/v1/prices/tea", price);
  });

  test("posts no carts", async () => {
    const { token } = await operator(store, "owner");
    const body = { items: [{ sku: "tea", quantity: 1 }], currency: "USD" };
    const headers = { authorization: `Bearer ${token}` };
    const answer = await call("POST", "/v1/carts", { body, headers });
    assert.equal(answer.status, 401);
  });
});

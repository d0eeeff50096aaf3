// The audit log: who did what, when, from what to what; never a secret; in pages.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { formsOfKey, formsOfText, formsOfWebhookSecret, Search } from "./marks.mjs";
import { Store, usd, withKey } from "./stack.mjs";

let store;
before(async () => {
  store = await Store.make();
});

async function operator(role) {
  const body = { email: `${role}@shop.example`, name: `The ${role}`, role };
  const made = await store.owner.ok("POST", "/v1/operators", body);
  const { token } = await store.owner.ok("POST", `/v1/operators/${made.id}/token`);
  return { ...made, token, api: withKey(token) };
}

const log = async (query = "") => (await store.owner.ok("GET", `/v1/audit?limit=100${query}`)).data;

test("each change has a row with who, what, before and after", async () => {
  const ann = await operator("owner");
  await ann.api.ok("PUT", "/v1/prices/tea", { name: "Tea", prices: [usd("1.00")] });
  await store.api.ok("PUT", "/v1/prices/tea", { name: "Green tea", prices: [usd("1.00")] });
  await store.owner.ok("DELETE", "/v1/prices/tea");
  const rows = await log("&target=tea");
  assert.deepEqual(rows.map(({ act, actor }) => [act, actor.kind]),
    [["price.delete", "owner"], ["price.put", "key"], ["price.put", "operator"]]);
  assert.deepEqual(rows[2].actor, { kind: "operator", id: ann.id, name: "The owner" });
  assert.equal(rows[2].before, null);
  assert.deepEqual([rows[1].before.name, rows[1].after.name], ["Tea", "Green tea"]);
  assert.equal(rows[0].after, null);
  assert.deepEqual((await log(`&actor=${ann.id}`)).map(({ act }) => act), ["price.put"]);
  const made = await log("&act=operator.");
  assert.deepEqual(made.map(({ act }) => act), ["operator.make_token", "operator.create"]);
});

test("what is refused changes nothing, and has no row", async () => {
  const before_ = await log();
  await store.api.refused(403, "PUT", "/v1/store", { name: "Mine" });
  await store.owner.refused(422, "PUT", "/v1/store", { name: "" });
  await store.owner.refused(404, "DELETE", "/v1/prices/nothing");
  assert.deepEqual(await log(), before_);
});

test("no row tells a secret", async () => {
  const key = await store.owner.ok("POST", "/v1/api_keys", { kind: "secret" });
  const endpoint = await store.api.ok("POST", "/v1/webhook_endpoints",
    { url: "http://127.0.0.1:1/hooks" });
  const rotated = await store.api.ok("POST",
    `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`);
  const account = await store.addAccount("stripe");
  const { credentials } = store.merchants.stripe;
  await store.api.ok("PATCH", `/v1/accounts/${account.id}`, { credentials });
  const ann = await operator("viewer");
  const { url } = await store.owner.ok("POST", `/v1/operators/${ann.id}/sign_in_link`);
  const rows = await log();
  const marks = [["key", formsOfKey(key.key)], ["secret", formsOfWebhookSecret(endpoint.secret)],
    ["new secret", formsOfWebhookSecret(rotated.secret)], ["token", formsOfKey(ann.token)],
    ["link", formsOfKey(url.split("/").at(-1))],
    ...Object.entries(credentials).filter(([name]) => /secret/.test(name))
      .map(([name, value]) => [name, formsOfText(value)])];
  assert.ok(marks.length > 5);
  assert.deepEqual(new Search(marks).in(JSON.stringify(rows)), []);
  const edited = rows.find(({ act }) => act === "account.edit");
  assert.deepEqual([edited.before.sealed, edited.after.sealed],
    ["[secret]", "[secret, replaced]"]);
  assert.ok(rows.some(({ act }) => act === "endpoint.rotate_secret"));
});

test("pages follow each other without a gap, and say what a query has wrong", async () => {
  const all = await log();
  const paged = [];
  let cursor = "";
  do {
    const path = `/v1/audit?limit=3${cursor && `&cursor=${cursor}`}`;
    const { data, next_cursor: next } = await store.owner.ok("GET", path);
    paged.push(...data);
    cursor = next;
  } while (cursor);
  assert.deepEqual(paged, all);
  const [newest] = all;
  assert.deepEqual(await log(`&from=${newest.at}`),
    all.filter(({ at }) => at >= newest.at));
  assert.deepEqual(await log(`&to=${newest.at}`), all.filter(({ at }) => at < newest.at));
  for (const [query, code] of [["cursor=x", "bad_cursor"], ["from=x", "bad_time"],
    ["limit=0", "bad_limit"], ["who=x", "unknown_parameter"]]) {
    assert.equal((await store.owner.refused(400, "GET", `/v1/audit?${query}`)).code, code);
  }
});

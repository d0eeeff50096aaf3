// Finding orders by words and filters, in all tills; taking them away as a table; following what
// changes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Shopper } from "./shopper.mjs";
import { Store, cny, draft, newKey, owner, read, at, usd, withKey } from "./stack.mjs";

/** An order over one thing. */
const over = (name, changes = {}) => draft({
  items: [{ name, sku: "x-1", quantity: 1, unit_price: usd("12.00") }],
  shipping: null,
  tax: null,
  total: usd("12.00"),
  ...changes,
});

const ids = ({ data }) => data.map(({ id }) => id);

/** All pages of a list. */
async function pages(client, path) {
  const found = [];
  let cursor = "";
  do {
    const page = await client.ok("GET", `${path}${cursor}`);
    found.push(...ids(page));
    cursor = page.next_cursor && `&cursor=${page.next_cursor}`;
  } while (cursor);
  return found;
}

/** A store of three tills with a few orders. */
async function stocked() {
  const store = await Store.make({ channels: ["stripe"], profile: { tills: 3 } });
  const make = (body) => store.api.ok("POST", "/v1/orders", body, newKey());
  const tea = await make(over("龙井绿茶", {
    shopper: { email: "mei@example.com", country: "CN" }, merchant_reference: "WEB-7" }));
  const cup = await make(over("Porcelain cup", { shopper: { country: "DE" } }));
  const yuan = await make(over("Porcelain pot", {
    items: [{ name: "Porcelain pot", quantity: 1, unit_price: cny("88.80") }],
    total: cny("88.80"),
  }));
  await new Shopper(cup).pay("card");
  return { store, make, tea, cup, yuan };
}

describe("search", { concurrency: 6 }, () => {
  test("finds orders by what people know of them, whatever the till", async () => {
    const { store, tea, cup, yuan } = await stocked();
    const [{ channel_number: number }] = (await store.order(cup.id)).attempts;
    for (const [q, found] of [
      [cup.id, [cup]],
      [`${cup.id}01`, [cup]],
      [number, [cup]],
      ["4242", [cup]],
      ["mei@example.com", [tea]],
      ["绿茶", [tea]],
      ["web-7", [tea]],
      ["porcelain", [yuan, cup]],
      ["porcelain pot", [yuan]],
      ["porc", [yuan, cup]],
      ["88.8", [yuan]],
      ["¥88.80", [yuan]],
      ["12", [cup, tea]],
      ["x-1", [cup, tea]],
      ["nothing", []],
      ["%_*'\"--", []],
    ]) {
      const list = await store.api.ok("GET", `/v1/orders?q=${encodeURIComponent(q)}`);
      assert.deepEqual(ids(list), found.map(({ id }) => id), q);
    }
    assert.deepEqual(ids(await owner(store.id, "live").ok("GET", "/v1/orders?q=porcelain")), []);
    const other = await Store.make();
    assert.deepEqual(ids(await other.api.ok("GET", `/v1/orders?q=${cup.id}`)), []);
  });

  test("filters by every column, and says what a filter must be", async () => {
    const { store, tea, cup, yuan } = await stocked();
    for (const [filter, found] of [
      ["state=paid", [cup]],
      ["channel=stripe", [cup]],
      ["channel=alipay", []],
      ["method=card&q=porcelain", [cup]],
      ["country=CN", [tea]],
      ["currency=CNY", [yuan]],
      ["risk=none&currency=USD", [cup, tea]],
      ["risk=raised", []],
      ["currency=USD&from=2020-01-01T00:00:00Z", [cup, tea]],
      ["currency=USD&to=2020-01-01T00:00:00Z", []],
    ]) {
      const list = await store.api.ok("GET", `/v1/orders?${filter}`);
      assert.deepEqual(ids(list), found.map(({ id }) => id), filter);
    }
    for (const [filter, code] of [
      ["channel=cash", "bad_channel"],
      ["method=cash", "bad_method"],
      ["country=Germany", "bad_country"],
      ["currency=XXX1", "bad_currency"],
      ["risk=high", "bad_risk"],
      [`q=${"x".repeat(201)}`, "bad_text"],
      ["from=yesterday", "bad_time"],
      ["colour=red", "unknown_parameter"],
    ]) {
      const { code: said } = await store.api.refused(400, "GET", `/v1/orders?${filter}`);
      assert.equal(said, code, filter);
    }
  });

  test("pages are merged from all tills and miss nothing", async () => {
    const { store, make } = await stocked();
    const made = [];
    for (let n = 0; n < 7; n += 1) made.unshift((await make(over(`Bowl ${n}`))).id);
    assert.deepEqual(await pages(store.api, "/v1/orders?q=bowl&limit=2"), made);
    assert.deepEqual((await pages(store.api, "/v1/orders?limit=3")).length, 10);
  });
});

describe("the table of orders", { concurrency: 4 }, () => {
  const table = async (store, query = "") => {
    const answer = await read(`${at.causeway}/v1/orders/export.csv${query}`, {
      headers: store.owner.headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get("content-type"), "text/csv; charset=utf-8");
    return answer.text.split("\r\n").slice(0, -1);
  };

  test("holds what the filters find, and no formulas", async () => {
    const { store, make, cup } = await stocked();
    const sly = await make(over('=HYPERLINK("https://bad.example")', {
      merchant_reference: "@SUM(A1)", shopper: { name: "-1+1" } }));
    const [head, ...rows] = await table(store);
    assert.equal(rows.length, 4);
    assert.ok(head.startsWith("id,created_at,"));
    const line = rows.find((row) => row.startsWith(sly.id));
    assert.ok(line.includes(",'@SUM(A1),") && line.includes(",'-1+1,"), line);
    assert.ok(line.endsWith('"1 × =HYPERLINK(""https://bad.example"")",'), line);
    const paid = await table(store, "?state=paid&q=cup");
    assert.deepEqual(paid.slice(1).map((row) => row.slice(0, 26)), [cup.id]);
    assert.ok(paid[1].includes(",stripe,card,"));
    await store.api.refused(400, "GET", "/v1/orders/export.csv?limit=2");
  });

  test("goes to those who may take it away", async () => {
    const { store, tea } = await stocked();
    for (const [role, may] of [["finance", true], ["support", false], ["viewer", false]]) {
      const email = `${role}.${store.id}@shop.example`;
      const { id } = await store.owner.ok("POST", "/v1/operators", { email, name: role, role });
      const { token } = await store.owner.ok("POST", `/v1/operators/${id}/token`);
      const own = withKey(token);
      assert.equal((await own.call("GET", "/v1/orders/export.csv")).status, may ? 200 : 403, role);
      assert.deepEqual(ids(await own.ok("GET", "/v1/orders?country=CN")), [tea.id]);
      assert.deepEqual((await own.ok("GET", "/v1/views")).data, []);
    }
  });

  test("is as long as it has to be, newest first, from all tills", async () => {
    const { store, make } = await stocked();
    const made = [];
    for (let n = 0; n < 8; n += 1) {
      const batch = Array.from({ length: 10 }, (_, i) => make(over(`Plate ${n}-${i}`)));
      made.push(...(await Promise.all(batch)).map(({ id }) => id));
    }
    const rows = (await table(store, "?q=plate")).slice(1).map((row) => row.slice(0, 26));
    assert.deepEqual(rows, made.sort().reverse());
  });
});

describe("changes", { concurrency: 4 }, () => {
  test("are told once, to whoever asks since when", async () => {
    const { store, make, tea } = await stocked();
    const path = "/v1/orders/changes";
    const start = await store.api.ok("GET", path);
    assert.deepEqual([start.data, start.more], [[], false]);
    const quiet = await store.api.ok("GET", `${path}?since=${start.since}`);
    assert.deepEqual([quiet.data, quiet.since], [[], start.since]);
    const fresh = await make(over("Bowl"));
    await store.api.ok("POST", `/v1/orders/${tea.id}/notes`, { text: "Called" });
    const next = await store.api.ok("GET", `${path}?since=${start.since}`);
    assert.deepEqual(ids(next).sort(), [fresh.id, tea.id].sort());
    const after = await store.api.ok("GET", `${path}?since=${next.since}`);
    assert.deepEqual(after.data, []);
    const live = await owner(store.id, "live").ok("GET", `${path}?since=${start.since}`);
    assert.deepEqual(live.data, []);
    for (const since of ["x", "1-", "-", "99999999999999999999"]) {
      const { code } = await store.api.refused(400, "GET", `${path}?since=${since}`);
      assert.equal(code, "bad_since");
    }
  });
});

test("views are saved under a name, each caller's own", async () => {
  const store = await Store.make();
  const path = `/v1/views/${encodeURIComponent("已付 paid")}`;
  const filters = { state: "paid", q: "绿茶" };
  await store.owner.refused(404, "GET", path);
  const view = await store.owner.ok("PUT", path, { filters });
  assert.deepEqual(view, { name: "已付 paid", filters });
  assert.deepEqual(await store.owner.ok("GET", path), view);
  await store.owner.ok("PUT", "/v1/views/all", { filters: {} });
  const { data } = await store.owner.ok("GET", "/v1/views");
  assert.deepEqual(data.map(({ name }) => name), ["all", "已付 paid"]);
  for (const [body, code] of [
    [{ filters: { colour: "red" } }, "unknown_filter"],
    [{ filters: { q: "" } }, "length"],
    [{ filters: { q: 1 } }, "wrong_form"],
    [{}, "wrong_form"],
  ]) {
    const { errors } = await store.owner.refused(422, "PUT", path, body);
    assert.equal(errors[0].code, code);
  }
  assert.equal((await store.owner.call("DELETE", path)).status, 204);
  await store.owner.refused(404, "DELETE", path);
  // A key is no person: it keeps no views.
  await store.api.refused(403, "GET", "/v1/views");
  await (await Store.make()).owner.refused(404, "GET", "/v1/views/all");
});

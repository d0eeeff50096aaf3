// The price book as a table: what is taken away comes back as it was, a spreadsheet finds no
// formula in it, and a table with one wrong cell changes nothing.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Store, call, owner, usd, withKey } from "./stack.mjs";

const PATH = "/v1/prices.csv";
const MARK = "\u{feff}";

let store;

before(async () => {
  store = await Store.make();
});

/** Takes the table away, with its byte order mark. */
async function table(of = store) {
  const answer = await fetchTable(of);
  assert.equal(answer.status, 200, answer.text);
  return answer.text;
}

const fetchTable = ({ api }) => call("GET", PATH, { headers: api.headers });

/** Sends a table. */
function send(text, query = "", { api } = store) {
  const headers = { ...api.headers, "content-type": "text/csv" };
  return call("PUT", PATH + query, { text, headers });
}

async function taken(text, query) {
  const answer = await send(text, query);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const book = async (of = store) => (await of.api.ok("GET", "/v1/prices")).data;

describe("the price book as a table", () => {
  test("comes back as it was", async () => {
    const shop = await Store.make();
    const cny = { amount: "88.00", currency: "CNY" };
    const wild = { name: "=cmd|'/c calc'!A1", names: { "zh-CN": "茶, \"龙井\"" },
      prices: [usd("12.50"), cny], image_url: "https://shop.example/a,b.png" };
    await shop.api.ok("PUT", `/v1/prices/${encodeURIComponent("+tea")}`, wild);
    await shop.api.ok("PUT", "/v1/prices/cup", { name: "'Cup", prices: [cny], active: false });
    const before = await book(shop);
    const answer = await fetchTable(shop);
    assert.equal(answer.headers.get("content-type"), "text/csv; charset=utf-8");
    const text = answer.text;
    const lines = text.replace(MARK, "").split("\r\n");
    assert.equal(lines[0], "sku,name,name:zh-CN,active,image_url,stock,stock_taken,price:CNY,price:USD");
    assert.ok(lines[1].startsWith("'+tea,'=cmd"), lines[1]);
    assert.equal(lines[2], "cup,'Cup,,false,,,,88.00,");
    const same = { dry_run: false, added: 0, changed: 0, removed: 0, unchanged: 2 };
    const sent = await send(MARK + text.replace(MARK, ""), "", shop);
    assert.deepEqual(sent.body, same);
    assert.deepEqual(await book(shop), before);
  });

  test("replaces what is there, or adds to it, or only counts", async () => {
    const first = await taken("sku,name,price:USD\na,Tea,1\nb,Cup,2\n");
    assert.deepEqual(first, { dry_run: false, added: 2, changed: 0, removed: 0, unchanged: 0 });
    const second = "sku;name;price:USD;price:EUR;name:de\nb;Cup;2,50;;\n";
    const problem = (await send(second)).body;
    assert.equal(problem.errors[0].pointer, "/2/price:USD", "a decimal comma is no amount");
    const next = second.replace("2,50", "2.50");
    const counts = await taken(next, "?dry_run=true");
    assert.deepEqual(counts, { dry_run: true, added: 0, changed: 1, removed: 1, unchanged: 0 });
    assert.deepEqual((await book()).map(({ sku }) => sku), ["a", "b"]);
    await taken(next, "?others=keep");
    assert.deepEqual((await book()).map(({ sku, prices }) => [sku, prices[0].amount]),
      [["a", "1.00"], ["b", "2.50"]]);
    assert.deepEqual(await taken(next), { ...counts, dry_run: false, changed: 0, unchanged: 1 });
    assert.deepEqual((await book()).map(({ sku }) => sku), ["b"]);
  });

  test("with something wrong changes nothing, and says where", async () => {
    const before = await table();
    const wrong = "sku,name,active,image_url,price:USD\n"
      + "a,Tea,perhaps,,1\nb,,true,,1.234\na,Cup,,http://shop.example/x,1\nc,Cup,,,\nd,Cup\n";
    const { status, body } = await send(wrong);
    assert.equal(status, 422);
    assert.deepEqual(body.errors.map(({ pointer, code }) => [pointer, code]), [
      ["/2/active", "wrong_form"], ["/3/price:USD", "wrong_form"], ["/3/name", "length"],
      ["/4/image_url", "not_a_url"], ["/4/sku", "duplicate"], ["/5", "count"], ["/6", "count"],
    ]);
    assert.match(body.errors[0].detail, /^line 2, column active: /);
    for (const [text, pointer, code] of [
      ["", "/1", "missing"],
      ["sku,name,size\n", "/1/size", "unknown_column"],
      ["sku,name,price:USD\na,\"Tea,1\n", "/2", "open_quote"],
    ]) {
      const answer = await send(text);
      assert.equal(answer.status, 422, text);
      assert.deepEqual([answer.body.errors[0].pointer, answer.body.errors[0].code],
        [pointer, code]);
    }
    assert.equal(await table(), before);
  });

  test("that is not UTF-8 is told how to become so", async () => {
    const gbk = Buffer.concat([Buffer.from("sku,name,price:CNY\na,"),
      Buffer.from([0xb2, 0xe8]), Buffer.from(",1\n")]);
    const { status, body } = await send(gbk);
    assert.equal(status, 422);
    assert.deepEqual([body.errors[0].pointer, body.errors[0].code], ["/2", "not_utf8"]);
  });

  test("takes only the words that its address knows", async () => {
    for (const query of ["?others=drop", "?dry_run=1", "?replace=true"]) {
      assert.equal((await send("sku,name,price:USD\na,Tea,1\n", query)).status, 400, query);
    }
  });

  test("is not changed by a test key once the store has live ones", async () => {
    const shop = await Store.make();
    const live = owner(shop.id, "live");
    const { key } = await live.ok("POST", "/v1/api_keys", { kind: "secret" });
    const text = "sku,name,price:USD\na,Tea,1\n";
    assert.equal((await send(text, "", { api: withKey(key) })).status, 200);
    const refused = async () => (await send(text, "", shop)).status;
    assert.equal(await refused(), 403);
    assert.equal((await fetchTable(shop)).status, 200);
  });

  test("of five thousand products is taken and given", async () => {
    const shop = await Store.make();
    const lines = Array.from({ length: 5000 }, (_, i) => `p${i},Product ${i},${i}.00,${i}.50`);
    const text = `sku,name,price:USD,price:EUR\n${lines.join("\n")}`;
    const { body } = await send(text, "", shop);
    assert.equal(body.added, 5000);
    assert.equal((await table(shop)).split("\r\n").length, 5002);
    assert.equal((await send(text, "", shop)).body.unchanged, 5000);
  });
});

// The past that `cargo xtask start` gives a new store, with fewer orders: it is read back through
// the API, and held against the channels' books and what the demo shop received.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { DAYS, plan } from "../seed/plan.mjs";
import { tell } from "../seed/tell.mjs";
import { startWorld } from "../seed/world.mjs";
import { disagreements, readTill } from "./books.mjs";
import { trueNow } from "./moved-date.mjs";

const DAY_MS = 86_400_000;
/** The fewest with which every story is told, and a few more. */
const ORDERS = 45;

const end_ms = Date.now();
const world = await startWorld({
  back_ms: DAYS * DAY_MS,
  bindings: ({ stripe, alipay, wechatpay }) => ({
    ALLOW_HTTP: "1",
    CAUSEWAY_MASTER_KEY: randomBytes(32).toString("base64"),
    CAUSEWAY_OWNER_TOKEN: `own_${randomBytes(20).toString("hex")}`,
    CAUSEWAY_SEAL_KEYS: randomBytes(32).toString("base64"),
    CHANNEL_HOSTS: JSON.stringify({ stripe, alipay, wechat_pay: wechatpay }),
  }),
  worker: { fronts: ["faulty-entry.js", "traps.mjs"] },
});
const { Store, at, read } = await import("./stack.mjs");

let store;
let book;
let stories;

/** A port that is free right now. */
async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** A whole list of the API. */
async function list(path) {
  const all = [];
  for (let cursor = ""; ;) {
    const page = await store.api.ok("GET", `${path}?limit=100${cursor}`);
    all.push(...page.data);
    if (page.next_cursor === null) return all;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

/** How often each value occurs. */
function counts(values) {
  const found = {};
  for (const value of values) found[value] = (found[value] ?? 0) + 1;
  return found;
}

before(async () => {
  store = await Store.make({ channels: ["stripe", "alipay", "wechat_pay"] });
  await store.owner.ok("PUT", "/v1/mail", { kind: "http", shape: "resend",
    url: `${at.mail}/emails`, key: "re_simulated", from: "orders@lowtide.example" });
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const hooks = { url: `${url}/webhooks` };
  const { secret } = await store.api.ok("POST", "/v1/webhook_endpoints", hooks);
  const keys = { secretKey: store.secretKey, publishableKey: "pk_of_no_use",
    webhookSecret: secret };
  book = await world.openShop({ keys, url, port });
  const { id, secretKey } = store;
  stories = await tell(world, { id, secretKey, shop: url, orders: ORDERS, end_ms });
});
after(() => world.stop());

describe("the past of a new store", () => {
  test("has every order, each as its story ended", async () => {
    assert.deepEqual(stories.flatMap(({ error }) => error ?? []), []);
    const orders = await list("/v1/orders");
    assert.equal(orders.length, ORDERS);
    assert.deepEqual(counts(orders.map(({ state }) => state)),
      counts(stories.map(({ ends }) => ends)));
    const byId = new Map(orders.map((order) => [order.id, order]));
    for (const { id, name, ends } of stories) assert.equal(byId.get(id).state, ends, name);
  });

  test("agrees with the channels' books and with what the shop received", async () => {
    const merchants = Object.entries(store.merchants).map(([channel, { id }]) => [channel, id]);
    const { stripe, alipay, wechat_pay: wechat } = at;
    const said = await disagreements({
      url: at.causeway,
      key: store.secretKey,
      simulators: { stripe, alipay, wechat_pay: wechat },
      merchants: Object.fromEntries(merchants),
      webhooks: book.events.map(({ webhook_id: id, body }) => ({ id, ...body })),
      tills: [await readTill(at.causeway, store.id)],
    });
    assert.deepEqual(said, []);
  });

  test("is spread over four weeks, up to a few minutes ago", async () => {
    const times = (await list("/v1/orders")).map(({ created_at: time }) => Date.parse(time));
    const days = times.map((time) => Math.floor((time - end_ms) / DAY_MS) + DAYS);
    assert.ok(days.every((day) => day >= 0), "none is older than four weeks");
    for (const week of [0, 1, 2, 3]) {
      const within = days.filter((day) => Math.floor(day / 7) === week);
      assert.ok(new Set(within).size >= 4, `week ${week} has orders on ${within}`);
    }
    const newest_ms = Math.max(...times);
    assert.ok(newest_ms <= trueNow(), "none is of the future");
    assert.ok(newest_ms > end_ms - 600_000, "the last one was minutes ago");
  });

  test("has every webhook delivered, when its event was", async () => {
    const events = await list("/v1/events");
    assert.ok(events.length > ORDERS);
    for (const { id, type, deliveries } of events) {
      assert.deepEqual(deliveries.map(({ state, last_status }) => [state, last_status]),
        [["delivered", 200]], `${type} ${id}`);
    }
    const told = new Map(book.events.map((event) => [event.webhook_id, event]));
    for (const { id, created_at: time } of events) {
      const late_ms = Date.parse(told.get(id).received_at) - Date.parse(time);
      assert.ok(late_ms < 300_000, `${id} came ${late_ms} ms late`);
    }
  });

  test("has written to every shopper who paid", async () => {
    const { body: sent } = await read(`${at.mail}/_sim/messages`);
    const paid = (await list("/v1/orders")).filter(({ captured }) => /[1-9]/.test(captured.amount));
    for (const { id, shopper } of paid) {
      assert.ok(sent.some(({ to }) => to.includes(shopper.email)), `${id}: ${shopper.email}`);
    }
    assert.ok(sent.length > paid.length, "parcels are told too");
  });

  test("has staff of every role, and a desk with something to decide", async () => {
    const { data } = await store.owner.ok("GET", "/v1/operators");
    assert.deepEqual(Object.keys(counts(data.map(({ role }) => role))).sort(),
      ["finance", "owner", "support", "viewer"]);
    assert.ok(data.every(({ token }) => token === null), "tokens were taken back");
    const requests = await list("/v1/refund_requests");
    assert.deepEqual(counts(requests.map(({ state }) => state)),
      { open: 2, refused: 1, declined: 1, settled: 2 });
    assert.deepEqual(Object.keys(counts(requests.map(({ by }) => by.kind))).sort(),
      ["operator", "shopper"]);
    const orders = await Promise.all(stories.map(({ id }) => store.order(id)));
    assert.ok(orders.filter(({ shipments }) => shipments.length > 0).length > ORDERS / 3);
    assert.ok(orders.some(({ notes }) => notes.length > 0));
  });

  test("ends now: the clock is right, and orders go on", async () => {
    assert.ok(Math.abs(Date.now() - trueNow()) < 1000);
    const order = await store.makeOrder();
    assert.ok(Math.abs(Date.parse(order.created_at) - trueNow()) < 60_000);
  });
});

test("the same plan is made each time", () => {
  const digest = (seed) => createHash("sha256")
    .update(JSON.stringify(plan({ orders: 300, end_ms, seed }))).digest("hex");
  assert.equal(digest(), digest());
  assert.notEqual(digest(), digest("another"));
});

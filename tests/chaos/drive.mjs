// Load for a worker that is killed again and again, and what must hold afterwards. Started by
// `cargo xtask chaos`, which kills; this knows nothing of it but that connections break.
//
// It prints `ready` once the load runs, and ends it when it is told so on its standard input. The
// seed decides what customers do; how they interleave is the machine's affair.

import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { Chance } from "./chance.mjs";
import { serve } from "./customers.mjs";
import { Facts } from "./facts.mjs";
import { counts, patient } from "./patient.mjs";
import { disagreements } from "../worker/books.mjs";
import { Receiver } from "../worker/receiver.mjs";
import { Store, at } from "../worker/stack.mjs";

/** Stores, and customers of each at a time. */
const STORES = 2;
const CUSTOMERS = 8;
/** How long everything has to come to rest: what was handed out when the worker was killed is
 *  handed out again after 40 s, and tried again for some more. */
const REST_MS = 150_000;
const GLANCE_MS = 1_000;
/** How this ends when something does not hold; Node itself ends with other codes. */
const BROKEN = 10;
/** How many of a long list of complaints are printed. */
const MOST = 30;

const ENDED = ["paid", "partly_refunded", "refunded", "cancelled"];

const chance = new Chance(process.env.CHAOS_SEED);
const facts = new Facts();
const shops = [];
for (let number = 0; number < STORES; number += 1) shops.push(await open(number));

let isOver = false;
const lines = createInterface({ input: process.stdin });
const told = new Promise((done) => lines.once("line", done));
const load = shops.flatMap(({ store }, shop) => Array.from({ length: CUSTOMERS }, (_, number) =>
  serve({ store, facts, chance: chance.part(shop * CUSTOMERS + number), name: `c${shop}${number}`,
    isOver: () => isOver })));
console.log("ready");
// A customer who finds something wrong ends everything.
const said = await Promise.race([told, Promise.all(load)])
  .then(() => {
    isOver = true;
    return Promise.all(load);
  })
  .then(settle)
  .catch((error) => [error.stack]);
for (const line of said.slice(0, MOST)) console.log(`  ${line}`);
if (said.length > MOST) console.log(`  and ${said.length - MOST} more`);
console.log(`${facts}; sent again ${counts.again} times; `
  + `${said.length === 0 ? "all of it holds" : `${said.length} do not hold`}`);
lines.close();
process.exit(said.length === 0 ? 0 : BROKEN);

/** A store with every channel and a shop that refuses some webhooks at first. */
async function open(number) {
  const receiver = await Receiver.start();
  const whims = chance.part(100 + number);
  const tried = new Set();
  receiver.answer = ({ id }) => {
    const isFirst = !tried.has(id);
    tried.add(id);
    return isFirst && whims.hits(15) ? 500 : 204;
  };
  // The second store's orders are spread over several tills.
  const profile = { tills: 1 + 2 * number };
  const store = await Store.make({ channels: ["stripe", "alipay", "wechat_pay"], receiver, profile });
  return { store, receiver };
}

/** Has everything come to rest; says what is not as it was promised, or does not agree. */
async function settle() {
  for (const { store } of shops) {
    for (const merchant of Object.values(store.merchants)) await merchant.faults();
  }
  // What was left unpaid or held is given up, as a shop does with baskets of yesterday.
  for (const [id, { store }] of facts.orders) {
    const { state } = await patient(() => store.order(id));
    if (!ENDED.includes(state)) {
      await patient(() => store.api.call("POST", `/v1/orders/${id}/cancel`));
    }
  }
  const end = Date.now() + REST_MS;
  for (;;) {
    const orders = (await Promise.all(shops.map(({ store }) => list(store)))).flat();
    const restless = orders.filter((order) => !isAtRest(order)).map(({ id, state }) =>
      `${id}: is ${state}, and does not come to rest`);
    const isLate = Date.now() > end;
    // Comparing takes longer than looking whether it is worth while.
    const differ = restless.length === 0 || isLate
      ? (await Promise.all(shops.map(compare))).flat() : [];
    const refused = shops.flatMap(({ receiver }) => receiver.refused);
    if (restless.length + differ.length === 0 || isLate) {
      return [...restless, ...differ, ...refused, ...await facts.broken(orders)];
    }
    await pause(GLANCE_MS);
  }
}

function isAtRest({ state, ending, attempts, refunds }) {
  return ENDED.includes(state) && !ending
    && attempts.every((attempt) => ["paid", "declined", "closed"].includes(attempt.state))
    && refunds.every((refund) => refund.state !== "pending");
}

/** All orders of a store. */
async function list(store) {
  const found = [];
  for (let cursor = ""; ;) {
    const { data, next_cursor: next } = await store.api.ok("GET", `/v1/orders?limit=100${cursor}`);
    found.push(...data);
    if (next === null) return found;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
}

/** Books, orders, refunds and received webhooks of a store. */
function compare({ store, receiver }) {
  const merchants = Object.entries(store.merchants).map(([channel, { id }]) => [channel, id]);
  return disagreements({
    url: at.causeway,
    key: store.secretKey,
    simulators: at,
    merchants: Object.fromEntries(merchants),
    webhooks: receiver.events.filter(({ answered }) => answered < 300),
  });
}

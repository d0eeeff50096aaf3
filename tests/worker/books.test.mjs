// The comparison of books, orders and webhooks finds nothing where everything agrees, and names
// each disagreement that is planted: at the simulator, in what the shop received, or in the facts.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { disagreementsOf } from "./agreement.mjs";
import { disagreements, gather, readTill } from "./books.mjs";
import { startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; the tills of this worker can be read.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, at, cny, until, usd } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");
const { Shopper, reference } = await import("./shopper.mjs");
const { CARDS } = await import("./seal.mjs");

after(() => own.stop());

let receiver;
let store;
/** One order each: paid and partly refunded, captured in part, waiting for a code, cancelled. */
const orders = {};

/** What `disagreements` wants to know of the store. */
async function shop(changes = {}) {
  const { stripe, alipay, wechat_pay: wechat } = at;
  return {
    url: at.causeway,
    key: store.secretKey,
    simulators: { stripe, alipay, wechat_pay: wechat },
    merchants: Object.fromEntries(Object.entries(store.merchants).map(([k, { id }]) => [k, id])),
    webhooks: receiver.events,
    tills: [await readTill(at.causeway, store.id)],
    ...changes,
  };
}

/** The facts, changed by a saboteur. */
async function facts(change) {
  const found = structuredClone(await gather(await shop()));
  change(found, (order) => found.orders.find(({ id }) => id === order.id));
  return disagreementsOf(found);
}

before(async () => {
  receiver = await Receiver.start();
  store = await Store.make({ channels: ["stripe", "alipay", "wechat_pay"], receiver });
  orders.refunded = await store.makeOrder();
  await new Shopper(orders.refunded).pay("card");
  await store.refund(orders.refunded, { amount: usd("3.20"), reason: "Damaged" });
  orders.captured = await store.makeOrder({ capture: "manual" });
  await new Shopper(orders.captured).pay("card");
  await store.api.ok("POST", `/v1/orders/${orders.captured.id}/capture`, { amount: usd("20.00") });
  orders.held = await store.makeOrder({ capture: "manual" });
  await new Shopper(orders.held).pay("card");
  orders.waiting = await store.makeOrder({ currency: "CNY" });
  await new Shopper(orders.waiting).pay("wechat_pay");
  orders.cancelled = await store.makeOrder({ currency: "CNY" });
  const left = await new Shopper(orders.cancelled).pay("alipay");
  await new Shopper(orders.cancelled).follow(left);
  await store.api.ok("POST", `/v1/orders/${orders.cancelled.id}/cancel`);
  orders.declined = await store.makeOrder();
  await new Shopper(orders.declined).pay("card", { card: CARDS.declined });
  await until("all agrees", async () => (await disagreements(await shop())).length === 0)
    .catch(async (error) => {
      error.message += `\n${(await disagreements(await shop())).join("\n")}`;
      throw error;
    });
});
after(() => receiver.stop());

/** Wants exactly one disagreement about this order, and these words in it. */
function tells(said, order, words) {
  const found = said.filter((line) => line.includes(order.id));
  assert.ok(found.some((line) => words.test(line)), `${words} is not in\n${said.join("\n")}`);
}

describe("the comparison", () => {
  test("finds nothing where everything agrees", async () => {
    assert.deepEqual(await disagreements(await shop()), []);
    const only = await shop({ orders: [orders.refunded.id] });
    assert.deepEqual(await disagreements(only), []);
  });

  test("tells a webhook that did not reach the shop, or with other contents", async () => {
    const paid = receiver.events.find(({ type, data }) =>
      type === "order.paid" && data.order.id === orders.refunded.id);
    const without = receiver.events.filter(({ id }) => id !== paid.id);
    tells(await disagreements(await shop({ webhooks: without })), orders.refunded,
      /webhook order\.paid .* did not reach/);
    const changed = structuredClone(paid);
    changed.data.order.captured.amount = "33.21";
    tells(await disagreements(await shop({ webhooks: [...without, changed] })), orders.refunded,
      /webhook order\.paid .* other contents/);
    const invented = { ...paid, id: "evt_invented" };
    tells(await disagreements(await shop({ webhooks: [...receiver.events, invented] })),
      orders.refunded, /evt_invented tells what is not known/);
  });

  test("tells events that are missing, repeated, or of other amounts", async () => {
    const of = (found, order, kind) =>
      found.events.find(({ type, order: id }) => type === kind && id === order.id);
    const drop = (found, event) => {
      found.events.splice(found.events.indexOf(event), 1);
    };
    for (const [order, kind, words] of [
      [orders.refunded, "order.paid", /order\.paid was told 0 times/],
      [orders.refunded, "refund.settled", /refund\.settled was told 0 times/],
      [orders.cancelled, "order.cancelled", /order\.cancelled was told 0 times/],
      [orders.declined, "order.payment_failed", /order\.payment_failed was told 0 times/],
    ]) {
      tells(await facts((found) => drop(found, of(found, order, kind))), order, words);
    }
    tells(await facts((found) =>
      found.events.push({ ...of(found, orders.refunded, "order.paid"), id: "evt_2" })),
    orders.refunded, /order\.paid was told 2 times/);
    tells(await facts((found) => {
      of(found, orders.captured, "order.paid").body.data.order.captured.amount = "33.20";
    }), orders.captured, /order\.paid says 3320, not 2000/);
    tells(await facts((found) => {
      of(found, orders.refunded, "refund.settled").body.data.refund.amount.amount = "3.00";
    }), orders.refunded, /refund\.settled tells of 300, the refund is 320/);
  });

  test("tells amounts that differ", async () => {
    tells(await facts((_, ours) => {
      ours(orders.captured).captured.amount = "33.20";
    }), orders.captured, /the channel took 2000, we know of 3320/);
    tells(await facts((_, ours) => {
      ours(orders.refunded).refunds[0].amount.amount = "3.00";
    }), orders.refunded, /is 320 at the channel, ours 300/);
    tells(await facts((_, ours) => {
      ours(orders.refunded).refunds[0].state = "failed";
    }), orders.refunded, /\(failed\): the channel says succeeded/);
    tells(await facts((_, ours) => {
      ours(orders.held).attempts[0].state = "closed";
    }), orders.held, /money is held at the channel/);
  });

  test("tells what was charged twice, or given back too often", async () => {
    const paymentOf = ({ payments }, order) =>
      payments.find((payment) => payment.reference === reference(order));
    tells(await facts((found) => {
      paymentOf(found, orders.refunded).charges = 2;
    }), orders.refunded, /was charged 2 times/);
    tells(await facts((found) => {
      const twin = { ...paymentOf(found, orders.refunded), id: "pi_2",
        reference: reference(orders.refunded, 2) };
      found.payments.push(twin);
    }), orders.refunded, /was charged by 2 attempts/);
    tells(await facts((found) => {
      const { refunds } = paymentOf(found, orders.refunded);
      refunds.push({ ...refunds[0], id: "re_2" });
    }), orders.refunded, /was made 2 times at the channel/);
    tells(await facts((found) => {
      const payment = paymentOf(found, orders.refunded);
      payment.refunds.push({ id: "re_3", reference: "other", amount_minor: 3320,
        status: "succeeded" });
    }), orders.refunded, /more is given back at the channel than the 3320/);
  });

  test("tells an order that neither rests nor has a timer, and a till that sleeps", async () => {
    tells(await facts(({ tills }) => {
      const { effects } = tills[0].tables;
      tills[0].tables.effects = effects.filter(({ order_id: id }) => id !== orders.waiting.id);
    }), orders.waiting, /attempt 1 is requires_action, .* nothing is due/);
    const asleep = await facts(({ tills }) => {
      tills[0].alarm = null;
    });
    assert.deepEqual(asleep, ["Till 0: its alarm is not set, though something is due."]);
    const late = await facts(({ tills }) => {
      tills[0].alarm += 24 * 3600_000;
    });
    assert.match(late.join(), /^Till 0: wakes \d+ ms after something is due\.$/);
  });

  test("tells a payment that nobody reported", async () => {
    const merchant = store.merchants.wechat_pay;
    await merchant.faults({ fault: "no_notice" });
    await merchant.press(reference(orders.waiting), "pay");
    tells(await disagreements(await shop()), orders.waiting,
      /the channel took 3320, we know of 0/);
    assert.deepEqual((await store.order(orders.waiting.id)).captured, cny("0.00"));
    tells(await facts((found) => {
      found.orders = found.orders.filter(({ id }) => id !== orders.waiting.id);
    }), orders.waiting, /took money for an order that we do not have/);
  });
});

// Channels that misbehave: no notice, false notices, lost answers. An order is paid by evidence
// alone, once, and by what the channel's books say.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Receiver } from "./receiver.mjs";
import { CARDS } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, page, read, until } from "./stack.mjs";

/** How long a channel's plan may take to ask, with what it asks before. */
const CHASE = { within: 60_000 };

/** A store of its own, because faults are a merchant's; and an order that waits at the cashier. */
async function atCashier(channel, method, { device, changes, faults = [], card } = {}) {
  const store = await Store.make({ channels: [channel] });
  const endpoint = await Receiver.start();
  await store.addEndpoint(endpoint);
  const merchant = store.merchants[channel];
  await merchant.faults(...faults);
  const currency = method === "card" ? "USD" : "CNY";
  const order = await store.makeOrder({ currency, ...changes });
  const shopper = new Shopper(order, { device });
  const snapshot = await shopper.pay(method, { card });
  if (snapshot.attempt.action?.type === "redirect") await shopper.follow(snapshot);
  const press = (action) => merchant.press(reference(order), action);
  const books = () => merchant.payment(reference(order));
  return { store, merchant, order, shopper, snapshot, press, books, endpoint };
}

/** The last request that the simulator sent as a notice, to be sent again with changes. */
async function lastNotice(merchant, kind = () => true) {
  const { notices } = await merchant.books();
  const found = notices.findLast((notice) => kind(notice.kind) && notice.tries.length > 0);
  const { request } = found.tries.at(-1);
  return { url: found.url, request: { method: "POST", ...request } };
}

/** Every channel, and how its shopper gets to the point where only pressing pay is missing. */
const CASHIERS = [
  ["stripe", "card", { card: CARDS.challenged }],
  ["alipay", "alipay", {}],
  ["wechat_pay", "wechat_pay", {}],
];

describe("without a notice", { concurrency: 6 }, () => {
  for (const [channel, method, options] of CASHIERS) {
    test(`${channel} is asked, and the payment found`, async () => {
      const faults = [{ fault: "no_notice", times: "always" }];
      const { store, order, press, endpoint } = await atCashier(channel, method,
        { ...options, faults });
      await press("pay");
      await store.orderWhere(order.id, "paid", CHASE);
      await endpoint.event("order.paid", order.id);
      assert.ok((await store.merchants[channel].requests("query")).length >= 1);
      await endpoint.stop();
    });
  }

  test("the way back proves nothing, but has the channel asked", async () => {
    const faults = [{ fault: "no_notice", times: "always" }];
    const { store, order, press } = await atCashier("alipay", "alipay",
      { faults, changes: { return_url: "https://shop.example/thanks?a=1#b" } });
    const way = `/return/${store.accounts.alipay.id}/${reference(order)}`;
    const expected = `https://shop.example/thanks?a=1&causeway_order=${order.id}#b`;
    const early = await page(`${way}?trade_status=TRADE_SUCCESS&total_amount=33.20`);
    assert.equal(early.status, 303);
    assert.equal(early.headers.get("location"), expected);
    assert.equal((await store.order(order.id)).state, "requires_action");
    await press("pay");
    const back = await page(way);
    assert.equal(back.headers.get("location"), expected);
    assert.equal((await store.order(order.id)).state, "paid");
    const framed = await page(way, { headers: { "sec-fetch-dest": "iframe" } });
    assert.equal(framed.status, 200);
    const other = reference(await store.makeOrder());
    assert.equal((await page(`/return/${store.accounts.alipay.id}/${other}`)).status, 404);
  });
});

describe("a false notice", { concurrency: 6 }, () => {
  for (const [channel, method, options] of CASHIERS) {
    test(`of a stranger changes nothing at ${channel}`, async () => {
      const faults = [{ fault: "no_notice", times: "always" }];
      const { store, merchant, order, press } = await atCashier(channel, method,
        { ...options, faults });
      const before = await store.order(order.id);
      await press("forge");
      const forgery = await until("the forgery was answered", async () => {
        const { notices } = await merchant.books();
        return notices.find(({ forged, tries }) => forged && tries.some(({ status }) => status));
      });
      assert.ok(!forgery.acknowledged, "a forgery was acknowledged");
      const after = await store.order(order.id);
      assert.equal(after.state, "requires_action");
      assert.equal(after.version, before.version);
    });

    test(`before the true one delays nothing at ${channel}`, async () => {
      const { order, press, endpoint } = await atCashier(channel, method,
        { ...options, faults: [{ fault: "forged_notice" }] });
      await press("pay");
      const event = await endpoint.event("order.paid", order.id);
      assert.deepEqual(event.data.order.captured, order.total);
      await endpoint.stop();
    });

    test(`that was tampered with, or is another merchant's, is refused by ${channel}`, async () => {
      const { store, merchant, order, press, endpoint } = await atCashier(channel, method, options);
      await press("pay");
      await endpoint.event("order.paid", order.id);
      const paid = await store.order(order.id);
      const wanted = (kind) => channel !== "stripe" || kind === "payment_intent.succeeded";
      const { url, request } = await lastNotice(merchant, wanted);
      const again = await read(url, request);
      assert.ok(again.status < 300, "the true notice is acknowledged again");
      const body = request.body.replace(/\d(?=[^\d]*$)/, (digit) => (Number(digit) + 1) % 10);
      assert.notEqual(body, request.body);
      // Alipay's signature stands in the body, the others' in headers.
      const headers = { "content-type": request.headers["content-type"] };
      const unsigned = request.body.replace(/(^|&)sign=[^&]*/, "");
      const other = await Store.make({ channels: [channel] });
      for (const [what, at, changed] of [
        ["tampered", url, { ...request, body }],
        ["without signature", url, { ...request, headers, body: unsigned }],
        ["empty", url, { ...request, body: "" }],
        ["another merchant's", other.accounts[channel].notice_url, request],
      ]) {
        const answer = await read(at, changed);
        const refused = answer.status >= 400 || answer.text === "fail" || answer.text === "failure";
        assert.ok(refused, `${what}: ${answer.status} ${answer.text}`);
        assert.ok(answer.status < 500 || channel !== "stripe", `${what}: ${answer.status}`);
      }
      assert.equal((await store.order(order.id)).version, paid.version);
      await endpoint.stop();
    });

    test(`with another amount is not believed: ${channel} is asked`, async () => {
      const { store, order, press, endpoint } = await atCashier(channel, method,
        { ...options, faults: [{ fault: "wrong_amount", on: "notice" }] });
      await press("pay");
      const event = await endpoint.event("order.paid", order.id, CHASE);
      assert.deepEqual(event.data.order.captured, order.total);
      assert.deepEqual((await store.order(order.id)).irregular, []);
      await endpoint.stop();
    });
  }

  test("for an account that is not there is not found", async () => {
    for (const account of ["acc_nobody_0123456789", "acc_x", "nonsense"]) {
      const answer = await page(`/notices/${account}`, { method: "POST", body: "{}" });
      assert.equal(answer.status, 404);
    }
  });

  test("that is too large is refused unread", async () => {
    const store = await Store.make({ channels: ["stripe"] });
    const path = new URL(store.accounts.stripe.notice_url).pathname;
    const answer = await page(path, { method: "POST", body: "x".repeat(300 * 1024) });
    assert.equal(answer.status, 413);
  });
});

describe("notices", { concurrency: 6 }, () => {
  for (const [channel, method, options] of CASHIERS) {
    test(`of ${channel} that come three times count once`, async () => {
      const { store, merchant, order, press, endpoint } = await atCashier(channel, method,
        { ...options, faults: [{ fault: "duplicate_notice", times: "always" }] });
      await press("pay");
      await endpoint.event("order.paid", order.id);
      await merchant.call("POST", "flush");
      await merchant.call("POST", "redeliver");
      const { data } = await store.api.ok("GET", `/v1/events?order=${order.id}`);
      assert.deepEqual(data.map(({ type }) => type), ["order.paid"]);
      assert.deepEqual((await store.order(order.id)).irregular, []);
      await endpoint.stop();
    });
  }

  test("of Stripe that overtake each other end in the same state", async () => {
    const { store, merchant, order, press, endpoint } = await atCashier("stripe", "card",
      { card: CARDS.challenged, faults: [{ fault: "reorder_notices", times: 10 }] });
    await press("pay");
    await merchant.call("POST", "flush");
    await endpoint.event("order.paid", order.id);
    assert.equal((await store.order(order.id)).state, "paid");
    await endpoint.stop();
  });

  for (const [channel, method, options] of CASHIERS.filter(([name]) => name !== "alipay")) {
    test(`of ${channel} that are signed too long ago are refused, and asked about`, async () => {
      const { store, merchant, order, press, endpoint } = await atCashier(channel, method,
        { ...options, faults: [{ fault: "clock_skew", on: "notice", seconds: -3600,
          times: "always" }] });
      await press("pay");
      await store.orderWhere(order.id, "paid", CHASE);
      const { notices } = await merchant.books();
      assert.ok(notices.every(({ acknowledged }) => !acknowledged), "an old notice was believed");
      await endpoint.stop();
    });
  }

  test("WeChat Pay's signature probes are refused", async () => {
    const { merchant, order, press, endpoint } = await atCashier("wechat_pay", "wechat_pay",
      { faults: [{ fault: "signature_probe", on: "notice" }] });
    await press("pay");
    await endpoint.event("order.paid", order.id);
    const { notices } = await merchant.books();
    const tries = notices.flatMap((notice) => notice.tries);
    assert.ok(tries.filter(({ probe }) => probe).every(({ status }) => status >= 400));
    assert.equal(tries.filter(({ probe }) => probe).length, 1);
    await endpoint.stop();
  });
});

describe("an answer that is lost", { concurrency: 6 }, () => {
  for (const [what, fault] of [
    ["dropped", { fault: "drop_answer", on: "create" }],
    ["an error 500", { fault: "error_500", on: "create" }],
  ]) {
    test(`(${what}) leaves a card payment open, and it is charged once`, async () => {
      const store = await Store.make({ channels: ["stripe"] });
      await store.merchants.stripe.faults(fault, { fault: "no_notice", times: "always" });
      const order = await store.makeOrder();
      const snapshot = await new Shopper(order).pay("card");
      assert.equal(snapshot.state, "processing");
      await store.orderWhere(order.id, "paid", CHASE);
      const books = await store.merchants.stripe.books();
      assert.equal(books.charges, 1);
      assert.equal(books.payments.length, 1);
    });

    test(`(${what}) still gets the shopper a WeChat Pay code`, async () => {
      const store = await Store.make({ channels: ["wechat_pay"] });
      await store.merchants.wechat_pay.faults(fault);
      const order = await store.makeOrder({ currency: "CNY" });
      const shopper = new Shopper(order);
      await shopper.pay("wechat_pay");
      const snapshot = await until("the code", async () => {
        const now = await shopper.status();
        return now.attempt.action && now;
      }, CHASE);
      assert.equal(snapshot.attempt.action.type, "qr");
      await store.merchants.wechat_pay.press(reference(order), "pay");
      await store.orderWhere(order.id, "paid");
    });
  }

  test("late, after our time-out, is found by asking", async () => {
    const store = await Store.make({ channels: ["stripe"] });
    await store.merchants.stripe.faults({ fault: "delay", on: "create", ms: 13_000 },
      { fault: "no_notice", times: "always" });
    const order = await store.makeOrder();
    const begun = Date.now();
    const snapshot = await new Shopper(order).pay("card");
    assert.equal(snapshot.state, "processing");
    assert.ok(Date.now() - begun < 12_500, "the shopper waits no longer than the time-out");
    await store.orderWhere(order.id, "paid", CHASE);
    assert.equal((await store.merchants.stripe.books()).charges, 1);
  });

  for (const [channel, method, options] of CASHIERS) {
    test(`to a refund at ${channel} refunds once`, async () => {
      const { store, merchant, order, press, books } = await atCashier(channel, method, options);
      await press("pay");
      await store.orderWhere(order.id, "paid");
      await merchant.faults({ fault: "drop_answer", on: "refund" },
        { fault: "no_notice", times: "always" });
      const body = { amount: { ...order.total, amount: "10.00" }, reason: "Damaged" };
      const refund = await store.refund(order, body);
      assert.equal(refund.state, "pending");
      const after = await store.orderWhere(order.id, "partly_refunded", CHASE);
      assert.equal(after.refunds.length, 1);
      assert.equal((await books()).refunded_minor, 1000);
    });

    test(`to a refund at ${channel} is not made up for by a refused question`, async () => {
      const { store, merchant, order, press, books } = await atCashier(channel, method, options);
      await press("pay");
      await store.orderWhere(order.id, "paid");
      const code = { stripe: "parameter_unknown", alipay: "ACQ.INVALID_PARAMETER",
        wechat_pay: "NO_AUTH" }[channel];
      await merchant.faults({ fault: "drop_answer", on: "refund" },
        { fault: "refuse", on: "refund_query", code }, { fault: "no_notice", times: "always" });
      const body = { amount: { ...order.total, amount: "10.00" }, reason: "Damaged" };
      await store.refund(order, body);
      const { refunds } = await store.orderWhere(order.id, (o) => o.refunds[0].state !== "pending",
        CHASE);
      assert.deepEqual(refunds.map(({ state }) => state), ["settled"]);
      assert.equal((await books()).refunded_minor, 1000);
    });

    test(`to a close at ${channel} still cancels the order`, async () => {
      const { store, merchant, order, books } = await atCashier(channel, method, options);
      if (channel === "alipay") await merchant.press(reference(order), "open");
      await merchant.faults({ fault: "drop_answer", on: "close" },
        { fault: "no_notice", times: "always" });
      await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
      await store.orderWhere(order.id, "cancelled", CHASE);
      assert.equal((await books()).status, "closed");
    });

    test(`while the shopper pays: a close at ${channel} finds it paid`, async () => {
      const { store, merchant, order, press, endpoint } = await atCashier(channel, method,
        { ...options, faults: [{ fault: "no_notice", times: "always" }] });
      await press("pay");
      await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
      const paid = await store.orderWhere(order.id, "paid", CHASE);
      assert.equal(paid.ending, false);
      assert.deepEqual(endpoint.types(order.id).filter((type) => type !== "order.paid"), []);
      assert.equal((await merchant.payment(reference(order))).status, "paid");
      await endpoint.stop();
    });
  }
});

describe("a channel that refuses", { concurrency: 6 }, () => {
  test("the request itself is the merchant's to mend, and another attempt may follow", async () => {
    const store = await Store.make({ channels: ["wechat_pay"] });
    await store.merchants.wechat_pay.faults({ fault: "refuse", on: "create", code: "NO_AUTH" });
    const order = await store.makeOrder({ currency: "CNY" });
    const shopper = new Shopper(order);
    const snapshot = await shopper.pay("wechat_pay");
    assert.equal(snapshot.attempt.state, "declined");
    assert.equal(snapshot.attempt.decline.reason, "configuration_error");
    const { attempts } = await store.order(order.id);
    assert.equal(attempts[0].decline.channel_code, "NO_AUTH");
    const again = await shopper.pay("wechat_pay");
    assert.equal(again.attempt.action.type, "qr");
  });

  test("a payment that is held at another amount is set right by the channel's own answer",
    async () => {
      const { store, order, press, endpoint } = await atCashier("alipay", "alipay",
        { faults: [{ fault: "wrong_amount", on: "any", times: "always" }] });
      await press("pay");
      const event = await endpoint.event("order.irregular_payment", order.id, CHASE);
      const [irregular] = event.data.order.irregular;
      assert.equal(irregular.kind, "excess");
      assert.equal(irregular.received.amount, "34.20");
      assert.equal(irregular.amount.amount, "1.00");
      assert.equal(event.data.order.state, "paid");
      await store.merchants.alipay.faults();
      await store.orderWhere(order.id, ({ refunds }) => refunds[0]?.state === "settled", CHASE);
      await endpoint.stop();
    });
});

// A payment from end to end at each channel: attempt, cashier, notice, paid order, webhook; then
// money back, in part and whole. Requests and notices are checked by the simulators, with the
// channels' own SDKs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Receiver } from "./receiver.mjs";
import { CARDS } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, cny, newKey, until, usd } from "./stack.mjs";

let receiver;
let store;

before(async () => {
  receiver = await Receiver.start();
  store = await Store.make({ receiver });
  for (const channel of ["stripe", "alipay", "wechat_pay"]) await store.addAccount(channel);
});
after(() => receiver.stop());

/** Presses pay at the cashier, and waits until the shop knows it. */
async function payAtCashier(order, channel) {
  await store.merchants[channel].press(reference(order), "pay");
  return receiver.event("order.paid", order.id);
}

function checkPaid(event, order, { channel, method }) {
  const told = event.data.order;
  assert.equal(told.state, "paid");
  assert.deepEqual(told.captured, order.total);
  assert.deepEqual(told.refundable, order.total);
  assert.equal(told.attempts.length, 1);
  const [attempt] = told.attempts;
  assert.equal(attempt.state, "paid");
  assert.equal(attempt.channel, channel);
  assert.equal(attempt.method, method);
  assert.equal(attempt.account, store.accounts[channel].id);
  return attempt;
}

/** Refunds 12.50, then the rest, and checks order, books and events. */
async function refundInTwo(order, channel) {
  const amount = { amount: "12.50", currency: order.total.currency };
  const path = `/v1/orders/${order.id}/refunds`;
  const first = await store.refund(order, { amount, reason: "One bag was damaged" });
  assert.deepEqual(first.amount, amount);
  const partly = await store.orderWhere(order.id, "partly_refunded");
  assert.deepEqual(partly.refunded, amount);
  assert.equal(partly.refundable.amount, "20.70");
  const settled = await receiver.event("refund.settled", order.id);
  assert.equal(settled.data.refund.id, first.id);
  assert.equal(settled.data.refund.state, "settled");

  const tooMuch = { amount: order.total, reason: "All of it" };
  const problem = await store.api.refused(422, "POST", path, tooMuch, newKey());
  assert.equal(problem.errors[0].pointer, "/amount");
  assert.equal(problem.errors[0].code, "refund_exceeds_captured");
  assert.match(problem.errors[0].detail, /20\.70/);

  const rest = await store.refund(order, { reason: "The other one too" });
  assert.equal(rest.amount.amount, "20.70");
  const whole = await store.orderWhere(order.id, "refunded");
  assert.deepEqual(whole.refunded, order.total);
  assert.equal(whole.refundable.amount, "0.00");
  await until("both refunds told", () =>
    receiver.types(order.id).filter((type) => type === "refund.settled").length === 2);
  const { data } = await store.api.ok("GET", path);
  assert.deepEqual(data.map(({ id, state }) => [id, state]),
    [[first.id, "settled"], [rest.id, "settled"]]);
  const books = await store.merchants[channel].payment(reference(order));
  assert.equal(books.refunded_minor, 3320);
  assert.equal(books.refunds.length, 2);
  assert.equal(books.charges, 1);
}

describe("Stripe", () => {
  test("a card pays at once, and comes back in two refunds", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    const snapshot = await shopper.pay("card");
    assert.equal(snapshot.state, "paid");
    assert.deepEqual(snapshot.attempt.card, { brand: "visa", last4: "4242" });
    const event = await receiver.event("order.paid", order.id);
    const attempt = checkPaid(event, order, { channel: "stripe", method: "card" });
    assert.equal(attempt.flow, "card");
    assert.match(attempt.channel_number, /^pi_/);
    assert.deepEqual(attempt.card, { brand: "visa", last4: "4242" });
    await refundInTwo(order, "stripe");
    assert.deepEqual(receiver.types(order.id), ["order.paid", "refund.settled", "refund.settled"]);
  });

  test("a declined card is told, and another card pays", async () => {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    const declined = await shopper.pay("card", { card: CARDS.poor });
    assert.equal(declined.state, "created");
    assert.equal(declined.attempt.state, "declined");
    assert.equal(declined.attempt.decline.reason, "insufficient_funds");
    const failed = await receiver.event("order.payment_failed", order.id);
    assert.equal(failed.data.attempt.decline.channel_code, "insufficient_funds");
    const paid = await shopper.pay("card");
    assert.equal(paid.state, "paid");
    assert.equal(paid.attempt.number, 2);
    const event = await receiver.event("order.paid", order.id);
    assert.deepEqual(event.data.order.attempts.map(({ state }) => state), ["declined", "paid"]);
  });

  test("a 3-D Secure challenge is passed, and another failed", async () => {
    for (const [press, state] of [["pay", "paid"], ["decline", "created"]]) {
      const order = await store.makeOrder();
      const shopper = new Shopper(order);
      const open = await shopper.pay("card", { card: CARDS.challenged });
      assert.equal(open.state, "requires_action");
      assert.equal(open.attempt.action.type, "challenge");
      await store.merchants.stripe.press(reference(order), press);
      const after3ds = await store.orderWhere(order.id, state);
      const decline = after3ds.attempts[0].decline?.reason;
      assert.equal(decline, press === "pay" ? undefined : "authentication_failed");
    }
  });

  test("a refund that stays pending settles, one that fails gives the room back", async () => {
    const slow = await store.makeOrder();
    await new Shopper(slow).pay("card", { card: CARDS.refundPending });
    await store.orderWhere(slow.id, "paid");
    const refund = { reason: "Slow bank" };
    const asked = await store.refund(slow, refund);
    assert.ok(["pending", "settled"].includes(asked.state));
    await store.orderWhere(slow.id, "refunded");

    const failing = await store.makeOrder();
    await new Shopper(failing).pay("card", { card: CARDS.refundFails });
    await store.orderWhere(failing.id, "paid");
    await store.refund(failing, refund);
    const failed = await receiver.event("refund.failed", failing.id);
    assert.equal(failed.data.refund.state, "failed");
    assert.ok(failed.data.refund.failure.channel_code);
    const order = await store.order(failing.id);
    assert.equal(order.state, "paid");
    assert.equal(order.refunded.amount, "0.00");
    assert.deepEqual(order.refundable, order.total);
  });

  test("an amount without minor units arrives as it is", async () => {
    const jpy = (amount) => ({ amount, currency: "JPY" });
    const items = [{ name: "Teapot", quantity: 1, unit_price: jpy("4800") }];
    const order = await store.api.ok("POST", "/v1/orders", { items, total: jpy("4800") });
    const snapshot = await new Shopper(order).pay("card");
    assert.equal(snapshot.state, "paid");
    const books = await store.merchants.stripe.payment(reference(order));
    assert.equal(books.amount_minor, 4800);
    assert.equal(books.currency, "JPY");
  });
});

for (const [device, flow, product] of [
  ["desktop", "redirect_desktop", "page"],
  ["phone", "redirect_phone", "wap"],
]) {
  test(`Alipay on a ${device}: redirect, pay, notice, two refunds`, async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    const shopper = new Shopper(order, { device });
    const snapshot = await shopper.pay("alipay");
    assert.equal(snapshot.state, "requires_action");
    assert.equal(snapshot.attempt.flow, flow);
    await shopper.follow(snapshot);
    const open = await store.merchants.alipay.payment(reference(order));
    assert.equal(open.product, product);
    assert.equal(open.amount_minor, 3320);
    const event = await payAtCashier(order, "alipay");
    const attempt = checkPaid(event, order, { channel: "alipay", method: "alipay" });
    assert.equal(attempt.channel_number, open.id);
    await refundInTwo(order, "alipay");
  });
}

test("WeChat Pay on a desktop: code, pay, notice, two refunds", async () => {
  const order = await store.makeOrder({ currency: "CNY" });
  const shopper = new Shopper(order);
  const snapshot = await shopper.pay("wechat_pay");
  assert.equal(snapshot.attempt.flow, "qr");
  assert.equal(snapshot.attempt.action.type, "qr");
  const event = await payAtCashier(order, "wechat_pay");
  checkPaid(event, order, { channel: "wechat_pay", method: "wechat_pay" });
  await refundInTwo(order, "wechat_pay");
});

test("WeChat Pay on a phone: redirect, pay, notice", async () => {
  const order = await store.makeOrder({ currency: "CNY" });
  const shopper = new Shopper(order, { device: "phone" });
  const snapshot = await shopper.pay("wechat_pay");
  assert.equal(snapshot.attempt.flow, "redirect_phone");
  await shopper.follow(snapshot);
  const event = await payAtCashier(order, "wechat_pay");
  checkPaid(event, order, { channel: "wechat_pay", method: "wechat_pay" });
});

test("WeChat Pay inside WeChat: bridge parameters, pay, notice", async () => {
  const shopper = { wechat_openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" };
  const order = await store.makeOrder({ currency: "CNY", shopper });
  const inWechat = new Shopper(order, { device: "wechat" });
  const snapshot = await inWechat.pay("wechat_pay");
  assert.equal(snapshot.attempt.flow, "bridge");
  const { parameters } = snapshot.attempt.action;
  const books = await store.merchants.wechat_pay.payment(reference(order));
  assert.equal(parameters.package, `prepay_id=${books.prepay_id}`);
  assert.equal(parameters.signType, "RSA");
  const event = await payAtCashier(order, "wechat_pay");
  checkPaid(event, order, { channel: "wechat_pay", method: "wechat_pay" });
});

for (const [channel, method, mode] of [
  ["alipay", "alipay", "cert"],
  ["wechat_pay", "wechat_pay", "certificate"],
]) {
  test(`${channel} in certificate mode: pay, notice, two refunds`, async () => {
    const { id } = store.accounts[channel];
    const before = store.merchants[channel];
    await store.api.ok("PATCH", `/v1/accounts/${id}`, { enabled: false });
    const account = await store.addAccount(channel, mode);
    const checked = await store.api.ok("POST", `/v1/accounts/${account.id}/check`);
    assert.equal(checked.ok, true, checked.detail);
    const order = await store.makeOrder({ currency: "CNY" });
    const shopper = new Shopper(order);
    const snapshot = await shopper.pay(method);
    if (snapshot.attempt.action.type === "redirect") await shopper.follow(snapshot);
    const event = await payAtCashier(order, channel);
    checkPaid(event, order, { channel, method });
    await refundInTwo(order, channel);
    const others = await before.payment(reference(order));
    assert.equal(others, undefined, "the account that is switched off has no part in it");
  });
}

test("the same amount of what each channel charged is what the orders say", async () => {
  const { data } = await store.api.ok("GET", "/v1/orders?limit=100");
  const paid = data.filter(({ captured }) => !/^0(\.0+)?$/.test(captured.amount));
  assert.ok(paid.length >= 10);
  for (const order of paid) assert.deepEqual(order.captured, order.total);
  assert.deepEqual(usd("33.20"), paid.find(({ total }) => total.currency === "USD").captured);
  assert.deepEqual(cny("33.20"), paid.find(({ total }) => total.currency === "CNY").captured);
});

// What each step of the plan does: at the demo shop, at the checkout as a shopper's browser, at
// the simulated channels as a shopper, and at the API as the shop's staff.

import assert from "node:assert/strict";
import { newAttemptId } from "../worker/seal.mjs";
import { Shopper, reference } from "../worker/shopper.mjs";
import { newKey, page, read } from "../worker/stack.mjs";
import { fromMinor, toMinor } from "../../www/shop/public/js/money.mjs";
import { loadGoods, price } from "../../www/shop/lib/pricing.mjs";

const GOODS = loadGoods();

/** Carries steps out, and remembers what it needs of each story. */
export class Acts {
  #shop;
  #api;
  #staff;
  #merchants;
  #told = new Map();

  /**
   * @param {string} shop the address of the demo shop
   * @param {object} api a `Client` with the secret key
   * @param {object} staff `Client`s of operators, from `hire`
   * @param {object} merchants `Merchant`s by channel
   */
  constructor({ shop, api, staff, merchants }) {
    this.#shop = shop;
    this.#api = api;
    this.#staff = staff;
    this.#merchants = merchants;
  }

  /** Carries one step out. */
  async do(step) {
    try {
      await this[`_${step.do}`](step, this.#told.get(step.story));
    } catch (error) {
      error.message = `${step.story.name}, ${step.do}: ${error.message}`;
      throw error;
    }
  }

  /** The order of a story, as it was made. */
  order(story) {
    return this.#told.get(story)?.order;
  }

  async _order({ story }) {
    const made = await (story.order ? this.#phoned(story) : this.#clicked(story));
    const { device } = story;
    this.#told.set(story, { ...made, shopper: new Shopper(made, { device }), tries: 0 });
  }

  /** An order that the shopper places in the demo shop. */
  async #clicked({ basket, shopper, shipping, cart }) {
    const { currency, locale, email, address } = shopper;
    const answer = await read(`${this.#shop}/api/orders`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": cart },
      body: JSON.stringify({ items: basket, currency, locale, address, email, shipping }),
    });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }

  /** An order that the shop's staff make for a shopper who called. */
  async #phoned({ basket, shopper, shipping, cart, order: more }) {
    const { currency, locale, email, address } = shopper;
    const { country, name, phone } = address;
    const sums = price(GOODS, { items: basket, currency, locale, shipping, country });
    const { total, tax, shipping: sent } = sums;
    const order = await this.#api.ok("POST", "/v1/orders", {
      items: sums.items.map(({ image, ...item }) => item),
      shipping: sent,
      tax,
      total,
      shopper: { email, name, phone, country, locale },
      merchant_reference: `TEL-${cart.slice(0, 8).toUpperCase()}`,
      metadata: { placed_by: "telephone" },
      ...more,
    }, { "idempotency-key": `phone-${cart}` });
    return { order, client_token: order.client_token };
  }

  async _card({ number, story }, told) {
    const { shopper } = told;
    await this.#leaveOpen(told);
    const { name } = story.shopper.address;
    const text = plainCard(number, name);
    told.snapshot = await shopper.pay("card", { text, id: newAttemptId() });
    told.tries += 1;
    told.channel = "stripe";
  }

  async _wallet({ method }, told) {
    const { shopper } = told;
    await this.#leaveOpen(told);
    told.snapshot = await shopper.pay(method);
    told.tries += 1;
    told.channel = method;
    // A code is scanned where it is; all else leads to a page of the channel's.
    if (told.snapshot.attempt.action?.type === "redirect") await shopper.follow(told.snapshot);
  }

  /** Leaves an attempt that waits for the shopper, as choosing another method does. */
  async #leaveOpen({ shopper, snapshot }) {
    if (snapshot?.state !== "requires_action") return;
    const { state } = await shopper.status();
    if (state !== "requires_action") return;
    const answer = await shopper.leave(snapshot.attempt.id);
    assert.ok(answer.status < 300, answer.text);
  }

  /** What the shopper presses on the channel's page. */
  async _press({ action }, { order, tries, channel }) {
    const merchant = this.#merchants[channel];
    // Paid though it was closed: only then does this fault strike.
    if (action === "pay_late") await merchant.faults({ fault: "late_payment" });
    await merchant.press(reference(order, tries), action === "pay_late" ? "pay" : action);
  }

  async _wait() {}

  async _cancel({ reason }, { order }) {
    await this.#staff.finance.ok("POST", `/v1/orders/${order.id}/cancel`, { reason });
  }

  /** Takes held money: all of it, or all but the last of the basket. */
  async _capture({ less }, { order }) {
    const path = `/v1/orders/${order.id}`;
    const { total, items } = await this.#api.ok("GET", path);
    const { currency } = total;
    const whole = toMinor(total.amount, currency);
    const missing = less ? toMinor(items.at(-1).unit_price.amount, currency) : 0n;
    const amount = { amount: fromMinor(whole - missing, currency), currency };
    await this.#staff.finance.ok("POST", `${path}/capture`, { amount }, newKey());
  }

  async _refund({ what, reason }, { order }) {
    const path = `/v1/orders/${order.id}`;
    const share = shareOf(what, await this.#api.ok("GET", path));
    await this.#staff.finance.ok("POST", `${path}/refunds`, { reason, ...share }, newKey());
  }

  async _ask({ what, reason, story }, told) {
    const path = `/v1/orders/${told.order.id}`;
    const share = shareOf(what, await this.#api.ok("GET", path));
    const requests = `${path}/refund_requests`;
    if (!share.items) {
      told.request = await this.#support(story).ok("POST", requests, { reason, ...share });
      return;
    }
    await this.#askOnPage(told, share.items, { reason, locale: story.shopper.locale });
    [told.request] = (await this.#api.ok("GET", requests)).data;
  }

  /** What the form of the shopper's page sends. */
  async #askOnPage({ shopper }, items, fields) {
    const wished = items.map(({ index, quantity }) => [`item-${index}`, String(quantity)]);
    const body = new URLSearchParams({ what: "items", ...Object.fromEntries(wished), ...fields });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const path = `/orders/${shopper.token}/refund`;
    const answer = await page(path, { method: "POST", headers, body: body.toString() });
    assert.equal(answer.status, 303, answer.text.slice(0, 300));
  }

  async _approve({ refused }, { request, channel }) {
    if (refused) {
      await this.#merchants[channel].faults({ fault: "refuse", on: "refund", code: refused });
    }
    await this.#staff.finance.ok("POST", `/v1/refund_requests/${request.id}/approve`, {});
  }

  async _decline({ story }, { request }) {
    const explanation = EXPLANATIONS[story.shopper.locale];
    await this.#staff.finance.ok("POST", `/v1/refund_requests/${request.id}/decline`,
      { explanation });
  }

  async _ship({ carrier, number, parcel, story }, { order }) {
    const path = `/v1/orders/${order.id}`;
    const items = { all: [], first: [0], rest: story.basket.map((_, index) => index).slice(1) };
    const share = items[parcel].map((index) => ({ index, quantity: story.basket[index].quantity }));
    const url = `https://parcels.example/${number}`;
    await this.#support(story).ok("POST", `${path}/ship`, { carrier, number, url, items: share });
  }

  async _note({ text, story }, { order }) {
    await this.#support(story).ok("POST", `/v1/orders/${order.id}/notes`, { text });
  }

  /** Who answers this shopper. */
  #support({ shopper }) {
    return shopper.locale === "zh-CN" ? this.#staff.support_zh : this.#staff.support;
  }
}

/** Why a request was declined, in the shopper's language. */
const EXPLANATIONS = {
  en: "The photos show the cup as it left the kiln: each glaze runs a little differently. We are "
    + "glad to exchange it if you would rather have another.",
  "zh-CN": "照片中的釉色差异属于手工烧制的正常现象，不影响使用。如您希望更换，我们可以为您换货。",
};

/** What is given back, as the API is told: some items, an amount, or all. */
function shareOf(what, { items, shipping, total }) {
  if (what === "whole") return {};
  const { currency } = total;
  const whole = toMinor(total.amount, currency);
  // Without shipping and tax, a single item is all.
  const isPart = toMinor(items[0].unit_price.amount, currency) < whole;
  if (what === "item" && isPart) return { items: [{ index: 0, quantity: 1 }] };
  const sent = toMinor(shipping?.amount ?? "0", currency);
  // Free shipping gives nothing back.
  const minor = what === "shipping" && sent > 0n ? sent : whole / 10n;
  return { amount: { amount: fromMinor(minor, currency), currency } };
}

function plainCard(number, name) {
  const cvc = /^3[47]/.test(number) ? "1234" : "123";
  return JSON.stringify({ number, exp_month: 11, exp_year: 2031, cvc, name });
}

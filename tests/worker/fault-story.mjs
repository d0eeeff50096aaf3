// One order at a channel that misbehaves, from the first attempt to money given back. People do
// what people do: they try again what failed, and wait for what takes time. See `fault-table.mjs`.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { disagreements, readTill } from "./books.mjs";
import { entryOf, leadingTo, lies } from "./fault-table.mjs";
import { Receiver } from "./receiver.mjs";
import { CARDS } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, at, page, read } from "./stack.mjs";

/** How long people wait for one thing, in true milliseconds: minutes of the worker's. */
const PATIENCE_MS = 90_000;
/** How often they look when the shop hears nothing. */
const GLANCE_MS = 1500;
/** How often a shopper presses Pay, or opens a cashier that does not come up. */
const TRIES = 4;
/** How long a refund stays undecided where a fault says so. */
const UNDECIDED_MS = 2000;
/** What the merchant captures of held money, then what less; the channel repeats a refusal. */
const CAPTURES = ["20.00", "19.00"];
/** What is given back of a paid order. */
const GIVEN_BACK = "10.00";

/** The name of a combination. */
export const nameOf = ({ way, story, points }) =>
  `${way.name}, ${story}: ${points.map(({ name }) => name).join(" and ")}`;

/**
 * Plays a combination to its end. Resolves to `{problems, struck}`: what is wrong, in words, and
 * the names of the fault points that came to pass.
 */
export async function play(combination) {
  const story = new Story(combination);
  try {
    await story.setUp();
    await story.tell();
    await story.rest();
    return { problems: [], struck: await story.struck() };
  } catch (error) {
    const { state, ending, captured, attempts, refunds, irregular } =
      await story.order().catch(() => ({}));
    const order = JSON.stringify({ state, ending, captured, attempts, refunds, irregular });
    return { problems: [`${error.stack} ${error.cause ?? ""}\nThe order is ${order}`], struck: [] };
  }
}

const receivers = [];

/** Ends what the stories have started. Not before all have ended: ports are given out again. */
export function endStories() {
  return Promise.all(receivers.map((receiver) => receiver.close()));
}

class Story {
  constructor({ way, story, points }) {
    Object.assign(this, { way, story, points });
    this.money = (amount) => ({ amount, currency: way.currency });
  }

  async setUp() {
    const { channel, captures, currency } = this.way;
    this.receiver = await Receiver.start();
    receivers.push(this.receiver);
    this.store = await Store.make({ channels: [channel], receiver: this.receiver });
    this.merchant = this.store.merchants[channel];
    this.entries = this.points.map((point) => entryOf(point, this.way));
    const before = this.points.flatMap((point) => leadingTo(point, this.way));
    await this.merchant.faults(...this.entries, ...before);
    this.holdsBack = this.points.some(({ fault }) => fault === "reorder_notices");
    const capture = captures ? "manual" : "automatic";
    this.made = await this.store.makeOrder({ currency, capture });
    this.shopper = new Shopper(this.made);
  }

  async order() {
    return this.store.order(this.made.id);
  }

  /** Waits until the order is as `fits` says, and returns what that returned. */
  async until(what, fits, within = PATIENCE_MS) {
    const end = performance.now() + within;
    for (;;) {
      const found = await fits(await this.order());
      if (found) return found;
      assert.ok(performance.now() < end, `${what}: not within ${within / 1000} s`);
      await this.glance();
    }
  }

  /** Waits for a webhook or for a while; notices that a fault holds back leave in the end. */
  async glance() {
    const patience = new AbortController();
    const heard = new Promise((resolve) => {
      this.receiver.answer = () => {
        resolve();
        return 204;
      };
    });
    const { signal } = patience;
    await Promise.race([heard, pause(GLANCE_MS, null, { signal }).catch(() => null)]);
    patience.abort();
    if (this.holdsBack) await this.merchant.call("POST", "flush");
  }

  async tell() {
    const { way, story } = this;
    const first = await this.attempt();
    if (story !== "paid") await this.open(first);
    if (story === "left") await this.leave(first);
    if (story === "cancelled") return this.cancel(first);
    const second = story === "left" ? await this.attempt() : first;
    if (second !== null) await this.payAtCashier(second);
    await this.until("the order is paid or held", ({ state }) =>
      ["authorized", "paid", "partly_refunded"].includes(state));
    if (way.captures) await this.capture();
    if (story === "left") await this.payLate(first);
    return this.giveBack({ amount: GIVEN_BACK });
  }

  /** Presses Pay until an attempt stands. Its number, or nothing if the order needs none. */
  async attempt() {
    const { method, card } = this.way;
    await this.shopper.open();
    for (let tries = 0; tries < TRIES; tries += 1) {
      const body = await this.shopper.attempt(method, { card: CARDS[card] });
      const answer = await this.shopper.post(body);
      if (answer.body.code === "already_paid") return null;
      assert.ok(answer.status < 300, answer.text);
      const attempt = await this.until("the attempt stands", ({ attempts }) => {
        const found = attempts.find(({ id }) => id === body.id);
        return !["started", "pending"].includes(found.state) && found;
      });
      if (attempt.state !== "declined") return attempt.number;
    }
    throw new Error(`No attempt stands after ${TRIES}.`);
  }

  /** Opens the cashier, again if it does not come up. */
  async open(number) {
    if (!this.way.opens) return;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { attempt } = await this.shopper.status();
      const left = attempt.action?.type === "redirect" && await page(attempt.action.href);
      if (left?.status === 303) await read(left.headers.get("location")).catch(() => null);
      if (await this.press(number, "open")) return;
    }
    throw new Error(`The cashier does not come up in ${TRIES} tries.`);
  }

  /** What the shopper presses at the channel; whether it was there to be pressed. */
  async press(number, action) {
    const { channel, id } = this.merchant;
    const path = `_sim/merchants/${id}/payments/${reference(this.made, number)}/${action}`;
    return (await read(`${at[channel]}/${path}`, { method: "POST" })).status === 200;
  }

  async payAtCashier(number) {
    if (!this.way.presses) return;
    await this.open(number);
    // A shopper who comes back too early has the channel asked.
    const asks = this.points.some(({ on }) => on === "query");
    if (asks) await this.comeBack(number);
    if (await this.press(number, "pay") && asks) await this.comeBack(number);
  }

  async comeBack(number) {
    const account = this.store.accounts[this.way.channel].id;
    await page(`/return/${account}/${reference(this.made, number)}`);
  }

  async leave(number) {
    if (this.points.some(({ on }) => on === "query")) await this.comeBack(number);
    const { attempts } = await this.order();
    const { id } = attempts.find((one) => one.number === number);
    const left = await this.shopper.leave(id);
    assert.ok(left.status < 300, left.text);
    await this.until("the attempt is closed", (order) =>
      order.attempts.find((one) => one.id === id).state === "closed");
  }

  async cancel(number) {
    if (this.points.some(({ on }) => on === "query")) await this.comeBack(number);
    await this.store.api.ok("POST", `/v1/orders/${this.made.id}/cancel`);
    await this.until("the order is cancelled", ({ state }) => state === "cancelled");
    await this.payLate(number);
  }

  /** A payment that the channel takes although it is closed there. */
  async payLate(number) {
    if (!this.points.some(({ fault }) => fault === "late_payment")) return;
    assert.ok(await this.press(number, "pay"), "the late payment was refused");
    const { id } = await this.until("the late payment is known", (order) => {
      const attempt = order.attempts.find((one) => one.number === number);
      return order.irregular.some((irregular) => irregular.attempt === attempt.id) && attempt;
    });
    // What is only held is released.
    if (this.way.captures) return;
    await this.giveBack({ attempt: id, amount: this.made.total.amount, asked: true });
  }

  async capture() {
    for (const amount of CAPTURES) {
      const body = { amount: this.money(amount) };
      await this.store.api.ok("POST", `/v1/orders/${this.made.id}/capture`, body);
      const failed = () => this.receiver.events.some(({ type, data }) =>
        type === "order.capture_failed" && data.order.id === this.made.id);
      const state = await this.until("the capture is known", (order) =>
        (order.state !== "authorized" && order.state) || (failed() && "refused"));
      if (state === "paid") return;
    }
    throw new Error("Nothing could be captured.");
  }

  /**
   * Has an amount given back of an attempt's payment, the winner's if none is named; `asked`: we do
   * so by ourselves at first. What fails is asked for again, as a new refund.
   */
  async giveBack({ attempt, amount, asked = false }) {
    const wanted = this.money(amount);
    for (let number = 0; number < TRIES; number += 1) {
      if (number > 0 || !asked) await this.refund({ amount: wanted, attempt }, number);
      const state = await this.until("the refund is decided", async (order) => {
        const all = order.refunds.filter((refund) => refund.amount.amount === amount
          && (!attempt || refund.attempt === attempt));
        const last = all.at(-1);
        if (last?.state === "pending") await this.decide(last);
        return last && last.state !== "pending" && last.state;
      });
      if (state === "settled") return;
    }
    throw new Error(`Nothing was given back in ${TRIES} tries.`);
  }

  refund(body, number) {
    return this.store.refund(this.made, { ...body, reason: "Damaged" }, `refund-${number}`);
  }

  /** A refund that the channel holds back is decided after a while. */
  async decide({ id, channel_number: number }) {
    const { payments } = await this.merchant.books();
    const found = payments.flatMap(({ refunds }) => refunds)
      .find((refund) => refund.reference === id || refund.id === number);
    if (!found || !["pending", "PROCESSING"].includes(found.status)) return;
    await pause(UNDECIDED_MS);
    await this.merchant.call("POST", `refunds/${found.id}/succeed`);
  }

  /** Waits until books, orders and webhooks agree, and the order is what the people wanted. */
  async rest() {
    let said = [];
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      said = await this.wrong();
      if (said.length === 0 || performance.now() > end) break;
      await this.glance();
    }
    assert.deepEqual(said, []);
  }

  async wrong() {
    const { channel } = this.way;
    const { id: store, secretKey: key } = this.store;
    const said = await disagreements({
      url: at.causeway,
      key,
      simulators: at,
      merchants: { [channel]: this.merchant.id },
      webhooks: this.receiver.events,
      tills: [await readTill(at.causeway, store)],
    });
    const order = await this.order();
    const taken = Number(order.captured.amount.replace(".", ""));
    // An amount that the channel signs is the truth for us, whatever its books say.
    const isLie = (line) => lies(this.points) && /the channel took \d+, we know of \d+/.test(line);
    const wrong = said.filter((line) => !isLie(line));
    const { state, amounts } = this.wanted();
    if (!amounts.includes(taken) && !lies(this.points)) {
      wrong.push(`${taken} was taken, not ${amounts.join(" or ")}.`);
    }
    if (order.state !== state) wrong.push(`The order is ${order.state}, not ${state}.`);
    return [...wrong, ...this.receiver.refused];
  }

  /** How the people want it to end; amounts in minor units. */
  wanted() {
    if (this.story === "cancelled") return { state: "cancelled", amounts: [0] };
    return { state: "partly_refunded", amounts: this.way.captures ? [2000, 1900] : [3320] };
  }

  /** The names of the fault points that came to pass. */
  async struck() {
    const { faults } = await this.merchant.call("GET", "faults");
    const { notices } = await this.merchant.books();
    const requests = await this.merchant.call("GET", "requests");
    return this.points.filter((point, index) => {
      const { times = 1, fault, on } = this.entries[index];
      const left = faults.find((one) => one.fault === fault && one.on === on);
      if (times === "always") return notices.length > 0 || requests.length > 0;
      return left === undefined || left.times < times;
    }).map(({ name }) => name);
  }
}

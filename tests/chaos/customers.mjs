// Shops and shoppers under load. What the worker acknowledges to them goes into `facts`, to be held
// against what is true in the end.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { CARDS } from "../worker/seal.mjs";
import { Shopper, reference } from "../worker/shopper.mjs";
import { draft } from "../worker/stack.mjs";
import { patient } from "./patient.mjs";

/** How long a shopper waits for a code or a result before leaving. */
const WAIT_MS = 1_500;
/** How often a shopper's page asks. */
const GLANCE_MS = 60;

/** What goes wrong at channels now and then, so that alarms have work. */
const FAULTS = [
  { fault: "no_notice", on: "notice" },
  { fault: "drop_answer", on: "create" },
  { fault: "drop_answer", on: "refund" },
  { fault: "error_500", on: "query" },
  { fault: "duplicate_notice", on: "notice" },
];

/** A shop's server and its shoppers, one payment after the other until `isOver` says so. */
export async function serve({ store, chance, facts, name, isOver }) {
  for (let number = 0; !isOver(); number += 1) {
    const customer = new Customer(store, chance, facts, `${name}-${number}`);
    customer.headers = { "cf-connecting-ip": addressOf(customer.name) };
    await customer.live();
  }
}

class Customer {
  constructor(store, chance, facts, name) {
    this.store = store;
    this.chance = chance;
    this.facts = facts;
    this.name = name;
  }

  /** From the order to what becomes of it. */
  async live() {
    if (this.chance.hits(6)) await this.change();
    if (this.chance.hits(10)) await this.disturb();
    await this.order();
    if (this.chance.hits(8)) return this.cancel();
    await this.pay();
    const seen = await this.wait(({ state }) => ["authorized", "paid"].includes(state));
    if (seen.state === "authorized" && this.chance.hits(70)) await this.capture();
    if (this.chance.hits(40)) await this.refund();
    return undefined;
  }

  async order() {
    const isCard = this.chance.hits(40);
    const currency = isCard ? "USD" : "CNY";
    const money = (amount) => ({ amount, currency });
    const quantity = this.chance.between(1, 9);
    const minor = String(quantity * 1250 + 820);
    this.method = isCard ? "card" : this.chance.pick(["alipay", "wechat_pay"]);
    this.channel = isCard ? "stripe" : this.method;
    const body = draft({
      currency,
      items: [{ name: "Tea", sku: "tea", quantity, unit_price: money("12.50") }],
      total: money(`${minor.slice(0, -2)}.${minor.slice(-2)}`),
      merchant_reference: this.name,
      capture: isCard && this.chance.hits(30) ? "manual" : "automatic",
    });
    const headers = { "idempotency-key": this.name };
    const made = await patient(() => this.store.api.ok("POST", "/v1/orders", body, headers));
    this.made = made;
    this.facts.order(this.store, made, { key: this.name, body });
  }

  /** Cancels before anything was paid. */
  async cancel() {
    const answer = await this.ask("POST", "cancel");
    assert.ok(answer.status < 300, answer.text);
    this.facts.saw(answer.body);
  }

  async pay() {
    const { chance } = this;
    const shopper = new Shopper(this.made);
    this.shopper = shopper;
    await patient(() => shopper.open());
    if (this.method === "card") {
      const card = chance.pick([CARDS.paid, CARDS.paid, CARDS.declined, CARDS.challenged]);
      let snapshot = await this.attempt({ card });
      if (snapshot.attempt.state === "declined") {
        snapshot = await this.attempt({ card: CARDS.paid });
      }
    } else {
      await this.attempt({});
    }
    const { attempt } = await this.wait(({ attempt: now }) => now?.action || isOver(now));
    if (!attempt?.action) return;
    // At the cashier's, which knows nothing of the worker's troubles.
    if (attempt.action.type === "redirect") await patient(() => this.follow());
    if (chance.hits(90)) await this.press("pay", attempt.number);
  }

  /** One attempt, sealed once and sent until it is answered. */
  async attempt(wish) {
    const body = await this.shopper.attempt(this.method, wish);
    const options = { headers: this.headers };
    const answer = await patient(() => this.shopper.post(body, options));
    assert.ok(answer.status < 300, answer.text);
    this.facts.snapshot(this.made.id, answer.body);
    return answer.body;
  }

  async follow() {
    const snapshot = await this.shopper.status();
    if (snapshot.attempt?.action) await this.shopper.follow(snapshot);
  }

  async press(action, number) {
    await this.store.merchants[this.channel].press(reference(this.made, number), action);
  }

  /** Looks until something is so, or patience ends; returns what was seen last. */
  async wait(isSo) {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const snapshot = await patient(() => this.shopper.status());
      this.facts.snapshot(this.made.id, snapshot);
      if (isSo(snapshot) || Date.now() > end) return snapshot;
      await pause(GLANCE_MS);
    }
  }

  async capture() {
    const { total } = this.made;
    const amount = this.chance.pick([total, { ...total, amount: "5.00" }]);
    const answer = await this.ask("POST", "capture", { amount });
    if (answer.status < 300) this.facts.captured(this.made.id, amount, answer.body);
  }

  async refund() {
    const order = await patient(() => this.store.order(this.made.id));
    this.facts.saw(order);
    const amount = { ...order.total, amount: this.chance.pick(["1.00", "2.50", "4.99"]) };
    if (!["paid", "partly_refunded"].includes(order.state)) return;
    const body = { amount, reason: "Damaged" };
    const key = `refund-${this.name}`;
    const answer = await this.ask("POST", "refunds", body, { "idempotency-key": key });
    assert.ok(answer.status < 300, answer.text);
    this.facts.refunded(this.made.id, answer.body, { key, body });
  }

  /** One call about the order, by the shop's server. */
  ask(method, what, body, headers) {
    const path = `/v1/orders/${this.made.id}/${what}`;
    return patient(() => this.store.api.call(method, path, body, headers));
  }

  /** A change of the store's settings. */
  async change() {
    const price = { amount: `${this.chance.between(1, 99)}.00`, currency: "USD" };
    const sku = this.name;
    const body = { name: "Tea", prices: [price] };
    await patient(() => this.store.api.ok("PUT", `/v1/prices/${sku}`, body));
    this.facts.price(this.store, sku, price);
    const wanted = { kind: "secret", label: this.name };
    const made = await patient(() => this.store.owner.call("POST", "/v1/api_keys", wanted));
    // A store has only so many keys.
    if (made.status < 300) this.facts.key(this.store, made.body);
  }

  /** Something goes wrong once at one of the channels. */
  async disturb() {
    const channel = this.chance.pick(Object.keys(this.store.merchants));
    await this.store.merchants[channel].faults(this.chance.pick(FAULTS));
  }
}

function isOver(attempt) {
  return !attempt || !["started", "pending", "requires_action"].includes(attempt.state);
}

/** A network of each shopper's own: one who pays a hundred times would be held off. */
function addressOf(name) {
  return `2001:db8:${createHash("sha256").update(name).digest("hex").slice(0, 4)}::1`;
}

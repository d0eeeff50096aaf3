// What the worker has acknowledged. Every answer with a 2xx is a promise; in the end each is held
// against what is true then.

import { patient } from "./patient.mjs";

/** States of an attempt that nothing undoes. */
const DEFINITE = ["paid", "declined", "closed"];

/** Promises of the worker, by what they are about. */
export class Facts {
  /** By order id: `{store, key, body, made, version, captured, states, amounts, refunds}`. */
  orders = new Map();
  /** What was found to be wrong at once. */
  wrong = [];

  #keys = [];
  #prices = new Map();

  /** An order was made under an idempotency key. */
  order(store, made, { key, body }) {
    if (this.orders.has(made.id)) this.wrong.push(`${made.id}: was made under two keys`);
    this.orders.set(made.id, { store, key, body, made, version: 0, captured: 0,
      states: new Map(), amount: null, refunds: [] });
    this.saw(made);
  }

  /** An order was shown to its shop. */
  saw(order) {
    const known = this.#newer(order);
    for (const { id, state } of order.attempts) known.states.set(id, state);
    for (const refund of order.refunds) this.refunded(order.id, refund, null);
    if (order.state === "cancelled") known.cancelled = true;
  }

  /** An order was shown to its shopper. */
  snapshot(id, snapshot) {
    const known = this.#newer({ id, ...snapshot });
    if (snapshot.attempt) known.states.set(snapshot.attempt.id, snapshot.attempt.state);
  }

  /** A capture was taken on. */
  captured(id, amount, order) {
    this.orders.get(id).amount = amount;
    this.saw(order);
  }

  /** A refund was taken on; `sent` is what it was asked for with. */
  refunded(id, { id: refund, amount }, sent) {
    const { refunds } = this.orders.get(id);
    const known = refunds.find((one) => one.id === refund);
    if (!known) refunds.push({ id: refund, amount, sent });
    else known.sent ??= sent;
  }

  /** An API key was handed out. */
  key(store, { key, id }) {
    this.#keys.push({ store, key, id });
  }

  /** A price was set. */
  price(store, sku, price) {
    this.#prices.set(sku, { store, price });
  }

  /** How much was promised, in words. */
  toString() {
    const refunds = [...this.orders.values()].flatMap((known) => known.refunds).length;
    const settings = this.#keys.length + this.#prices.size;
    return `${this.orders.size} orders, ${refunds} refunds, ${settings} settings`;
  }

  /** The promises that do not hold, given all orders as they are now. */
  async broken(orders) {
    const byId = new Map(orders.map((order) => [order.id, order]));
    const said = [...this.wrong];
    for (const [id, known] of this.orders) {
      const order = byId.get(id);
      if (!order) said.push(`${id}: was acknowledged, and is not there`);
      else said.push(...brokenOf(order, known), ...await repeated(order, known));
    }
    for (const id of byId.keys()) {
      if (!this.orders.has(id)) said.push(`${id}: is there, and nobody was told: a second order?`);
    }
    return [...said, ...await this.#settings()];
  }

  async #settings() {
    const said = [];
    for (const { store, key, id } of this.#keys) {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await patient(() => store.api.call("GET", "/v1/orders?limit=1", undefined,
        headers));
      if (answer.status !== 200) said.push(`API key ${id} of ${store.id}: ${answer.status}`);
    }
    for (const [sku, { store, price }] of this.#prices) {
      store.book ??= (await store.api.ok("GET", "/v1/prices")).data;
      const found = store.book.find((entry) => entry.sku === sku);
      if (found?.prices[0].amount !== price.amount) said.push(`price ${sku}: is not there`);
    }
    return said;
  }

  /** Notes how far an order had come. */
  #newer({ id, version, captured }) {
    const known = this.orders.get(id);
    known.version = Math.max(known.version, version);
    known.captured = Math.max(known.captured, Number(captured.amount));
    return known;
  }
}

/** What an order no longer says of what it once said. */
function brokenOf(order, known) {
  const said = [];
  const wants = (is, what) => is || said.push(`${order.id} (${order.state}): ${what}`);
  wants(order.total.amount === known.body.total.amount, "has another total");
  wants(order.merchant_reference === known.key, "has another reference");
  wants(order.version >= known.version, `went back to version ${order.version}`);
  wants(Number(order.captured.amount) >= known.captured, `${known.captured} was captured`);
  wants(!known.cancelled || order.state === "cancelled", "was cancelled");
  wants(!known.amount || order.captured.amount === known.amount.amount,
    `the capture of ${known.amount?.amount} is ${order.captured.amount}`);
  for (const [id, state] of known.states) {
    const attempt = order.attempts.find((one) => one.id === id);
    wants(attempt, `attempt ${id} (${state}) is not there`);
    wants(!DEFINITE.includes(state) || attempt?.state === state,
      `attempt ${id} was ${state}, and is ${attempt?.state}`);
  }
  for (const { id, amount } of known.refunds) {
    const refund = order.refunds.find((one) => one.id === id);
    wants(refund?.state === "settled" && refund.amount.amount === amount.amount,
      `refund ${id} of ${amount.amount} is ${JSON.stringify(refund)}`);
  }
  return said;
}

/** The same request under the same key still means the same thing. */
async function repeated({ id }, { store, key, body, refunds }) {
  const said = [];
  const again = await store.api.call("POST", "/v1/orders", body, { "idempotency-key": key });
  if (again.status !== 200 || again.body.id !== id) {
    said.push(`${id}: its key gave ${again.status} ${again.body.id}`);
  }
  for (const { id: refund, sent } of refunds.filter((one) => one.sent)) {
    const headers = { "idempotency-key": sent.key };
    const path = `/v1/orders/${id}/refunds`;
    const { status, body: found } = await store.api.call("POST", path, sent.body, headers);
    if (status >= 300 || found.id !== refund) {
      said.push(`${id}: the key of refund ${refund} gave ${status} ${found.id}`);
    }
  }
  return said;
}

// What the shop knows: the orders it created, and what verified webhooks said about them.
// Kept in memory, and in one JSON file if SHOP_STATE names one. A real shop has a database.

import { readFileSync, renameSync, writeFileSync } from "node:fs";

const EVENTS_MAX = 500;
const ORDERS_MAX = 2000;

export class Book {
  #file;
  #isPatient;
  #events = []; // newest first
  #orders = new Map(); // order id → {created, latest, history}

  /** Reads `file`, where one is named. A patient book is written only when `save` is called. */
  constructor(file, { isPatient = false } = {}) {
    this.#file = file;
    this.#isPatient = isPatient;
    if (!file) return;
    let saved;
    try {
      saved = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      if (error.code === "ENOENT") return;
      throw new Error(`SHOP_STATE: ${file} cannot be read (${error.message})`);
    }
    this.#events = saved.events ?? [];
    this.#orders = new Map(saved.orders ?? []);
  }

  /** Keeps what the shop itself put into an order; says nothing about its payment. */
  rememberOrder(id, created) {
    const known = this.#orders.get(id);
    this.#orders.set(id, { latest: null, history: [], ...known, created });
    trim(this.#orders, ORDERS_MAX);
    this.#changed();
  }

  /**
   * Takes in a verified webhook. The same id again (webhooks are repeated until answered) only
   * raises its count. Webhooks may overtake each other, so the order's version decides.
   */
  record(webhookId, event, now) {
    const seen = this.#events.find((kept) => kept.webhook_id === webhookId);
    if (seen) {
      seen.times_received += 1;
    } else {
      this.#events.unshift({
        webhook_id: webhookId,
        type: event.type,
        received_at: now,
        times_received: 1,
        body: event,
      });
      this.#events.length = Math.min(this.#events.length, EVENTS_MAX);
      this.#learn(event, now);
    }
    this.#changed();
    return !seen;
  }

  /** The newest verified webhooks, newest first. */
  get events() {
    return this.#events;
  }

  /** What a shopper may see of an order: no name, no address, no email. */
  order(id) {
    const kept = this.#orders.get(id);
    if (!kept) return null;
    const { created, latest, history } = kept;
    const source = latest ?? created;
    return {
      id,
      reference: latest?.merchant_reference ?? created?.reference ?? null,
      // Only a webhook moves the state; until one came, the order is merely created.
      state: latest?.state ?? "created",
      items: source.items.map(({ name, quantity, unit_price }) => ({ name, quantity, unit_price })),
      shipping: source.shipping ?? null,
      tax: source.tax ?? null,
      discount: source.discount ?? null,
      total: source.total,
      captured: latest?.captured ?? null,
      refunded: latest?.refunded ?? null,
      delivery: created?.shipping_choice ?? null,
      history,
    };
  }

  /** The order with this number, if the email address is the one that it was placed with. */
  find(reference, email) {
    const same = (a, b) => typeof a === "string" && a.toLowerCase() === b.toLowerCase();
    for (const [id, { created, latest }] of this.#orders) {
      const number = latest?.merchant_reference ?? created?.reference;
      const address = created?.email ?? latest?.shopper?.email;
      if ((same(number, reference) || same(id, reference)) && same(address, email)) {
        return this.order(id);
      }
    }
    return null;
  }

  #learn(event, now) {
    const order = event.data?.order;
    if (typeof order?.id !== "string" || !Number.isInteger(order.version)) return;
    const known = this.#orders.get(order.id) ?? { created: null, latest: null, history: [] };
    const isNewer = !known.latest || order.version >= known.latest.version;
    const { type, timestamp: time } = event;
    const history = [...known.history, { type, time, version: order.version, received_at: now }];
    history.sort((a, b) => a.version - b.version);
    this.#orders.set(order.id, { ...known, latest: isNewer ? order : known.latest, history });
    trim(this.#orders, ORDERS_MAX);
  }

  #changed() {
    if (!this.#isPatient) this.save();
  }

  /** Written beside and renamed, so that a crash leaves the old file or the new one. */
  save() {
    if (!this.#file) return;
    const text = JSON.stringify({ events: this.#events, orders: [...this.#orders] });
    writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function trim(map, max) {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}

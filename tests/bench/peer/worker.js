// The peer: the same job for cards through Stripe, written as a JavaScript worker usually is: Hono,
// the `stripe` package, `standardwebhooks`, one Durable Object with SQLite.
//
// It creates an order once for each Idempotency-Key, charges it once for each attempt id, believes
// Stripe's verified notice as well as its answer, counts each notice once, and has a signed webhook
// delivered that is tried again by an alarm. In its favour, it takes the card as it is (ours opens
// a sealed one), asks no rate limits, and serves one store without settings.

import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

/** Milliseconds until what was handed out and not heard of is due again. */
const LEASE_MS = 40_000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, created_at INTEGER NOT NULL, doc TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, order_id TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS attempts (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, state TEXT NOT NULL, intent TEXT,
    created_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS notices (id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, order_id TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL,
    due_at INTEGER);
  CREATE INDEX IF NOT EXISTS outbox_by_time ON outbox (due_at) WHERE due_at IS NOT NULL;
`;

/** Keeps all orders. */
export class Shop extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(TABLES);
  }

  /** Creates an order, or finds the one that the key has created; null for another body. */
  create(key, hash, order) {
    return this.ctx.storage.transactionSync(() => {
      const known = this.#first("SELECT body, order_id FROM keys WHERE key = ?", key);
      if (known) return known.body === hash ? { order: this.read(known.order_id) } : null;
      this.sql.exec("INSERT INTO orders VALUES (?, 'created', ?, ?)", order.id, order.created_at,
        JSON.stringify(order));
      this.sql.exec("INSERT INTO keys VALUES (?, ?, ?)", key, hash, order.id);
      return { order, isNew: true };
    });
  }

  read(id) {
    const row = this.#first("SELECT doc FROM orders WHERE id = ?", id);
    return row ? JSON.parse(row.doc) : null;
  }

  /** Records an attempt before it is sent. Says what is wrong, if anything is. */
  start(id, attempt) {
    return this.ctx.storage.transactionSync(() => {
      const order = this.read(id);
      if (!order) return { status: 404 };
      const known = this.#first("SELECT order_id, state FROM attempts WHERE id = ?", attempt);
      if (known && known.order_id !== id) return { status: 409 };
      if (known) return { order, again: true };
      const open = this.#first(
        "SELECT id FROM attempts WHERE order_id = ? AND state IN ('started', 'paid')", id);
      if (open || order.state !== "created") return { status: 409 };
      this.sql.exec("INSERT INTO attempts VALUES (?, ?, 'started', NULL, ?)", attempt, id,
        Date.now());
      return { order };
    });
  }

  /** Notes what Stripe said of an attempt, in answer or notice. Answers what is to be sent. */
  report(id, attempt, intent, notice) {
    const result = this.ctx.storage.transactionSync(() => {
      if (notice) {
        const seen = this.sql.exec(
          "INSERT INTO notices VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id", notice,
          Date.now()).toArray();
        if (seen.length === 0) return {};
      }
      const order = this.read(id);
      const known = this.#first("SELECT state FROM attempts WHERE id = ? AND order_id = ?", attempt,
        id);
      if (!order || !known) return {};
      const paid = intent.status === "succeeded" && intent.amount_received === order.amount
        && intent.currency === order.currency;
      const state = paid ? "paid" : intent.status === "requires_payment_method" ? "declined"
        : "started";
      if (known.state === state || known.state === "paid") return { order };
      this.sql.exec("UPDATE attempts SET state = ?, intent = ? WHERE id = ?", state, intent.id,
        attempt);
      if (!paid) return { order };
      Object.assign(order, { state: "paid", paid_at: Date.now(), intent: intent.id });
      this.sql.exec("UPDATE orders SET state = 'paid', doc = ? WHERE id = ?",
        JSON.stringify(order), id);
      const webhook = { id: `evt_${crypto.randomUUID()}`, body: JSON.stringify({
        type: "order.paid", timestamp: new Date().toISOString(), data: { order } }) };
      this.sql.exec("INSERT INTO outbox VALUES (?, ?, ?, 1, ?)", webhook.id, id, webhook.body,
        Date.now() + LEASE_MS);
      return { order, webhook };
    });
    if (result.webhook) this.#arm();
    return result;
  }

  delivered(id, ok) {
    const due = ok ? null : Date.now() + LEASE_MS;
    this.sql.exec("UPDATE outbox SET due_at = ? WHERE id = ?", due, id);
    this.#arm();
  }

  async alarm() {
    const due = this.sql.exec(
      "UPDATE outbox SET tries = tries + 1, due_at = ? WHERE due_at <= ? RETURNING id, body",
      Date.now() + LEASE_MS, Date.now()).toArray();
    this.#arm();
    for (const webhook of due) this.delivered(webhook.id, await send(this.env, webhook));
  }

  #arm() {
    const { due } = this.#first("SELECT min(due_at) AS due FROM outbox");
    if (due === null) this.ctx.storage.deleteAlarm();
    else this.ctx.storage.setAlarm(due);
  }

  #first(query, ...values) {
    return this.sql.exec(query, ...values).toArray()[0];
  }
}

let stripe;

function stripeOf(env) {
  const gateway = new URL(env.GATEWAY);
  stripe ??= new Stripe(env.STRIPE_KEY, {
    host: gateway.hostname,
    port: gateway.port,
    protocol: "http",
    httpClient: Stripe.createFetchHttpClient(),
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return stripe;
}

const app = new Hono();

const shopOf = (env) => env.SHOP.getByName("peer");

app.get("/healthz", (c) => c.json({ status: "ok" }));

app.post("/orders", async (c) => {
  const key = c.req.header("idempotency-key");
  if (c.req.header("authorization") !== `Bearer ${c.env.API_KEY}`) throw new HTTPException(401);
  if (!key) throw new HTTPException(400, { message: "an Idempotency-Key is needed" });
  const text = await c.req.text();
  const draft = JSON.parse(text);
  const order = { ...draft, ...priced(draft), id: newId(), state: "created",
    created_at: Date.now() };
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const made = await shopOf(c.env).create(key, new Uint8Array(hash).join(), order);
  if (!made) throw new HTTPException(409, { message: "the key was used with another body" });
  return c.json(made.order, made.isNew ? 201 : 200);
});

app.post("/orders/:id/attempts", async (c) => {
  const { id } = c.req.param();
  const { attempt, card } = await c.req.json();
  const shop = shopOf(c.env);
  const started = await shop.start(id, attempt);
  if (started.status) throw new HTTPException(started.status);
  const { order } = started;
  const intent = await stripeOf(c.env).paymentIntents.create({
    amount: order.amount,
    currency: order.currency,
    confirm: true,
    capture_method: "automatic",
    payment_method_types: ["card"],
    payment_method_data: { type: "card", card, billing_details: { name: order.shopper.name } },
    return_url: order.return_url,
    description: order.description,
    receipt_email: order.shopper.email,
    metadata: { order: id, attempt, reference: `${id}01` },
    expand: ["latest_charge"],
  }, { idempotencyKey: attempt });
  const result = await shop.report(id, attempt, told(intent), null);
  deliver(c, shop, result.webhook);
  return c.json(result.order, 201);
});

app.post("/notices", async (c) => {
  const body = await c.req.text();
  const signature = c.req.header("stripe-signature");
  let event;
  try {
    event = await stripeOf(c.env).webhooks.constructEventAsync(body, signature,
      c.env.STRIPE_WEBHOOK_SECRET);
  } catch {
    throw new HTTPException(400, { message: "the signature does not hold" });
  }
  if (event.type.startsWith("payment_intent.")) {
    const intent = event.data.object;
    const { order, attempt } = intent.metadata;
    const shop = shopOf(c.env);
    const result = await shop.report(order, attempt, told(intent), event.id);
    deliver(c, shop, result.webhook);
  }
  return c.body(null, 200);
});

/** What the shop needs to know of a payment intent. */
function told({ id, status, amount_received, currency }) {
  return { id, status, amount_received, currency };
}

/** Minor units of a total that adds up. */
function priced({ items, shipping, total }) {
  const minor = (money) => {
    if (!/^\d+\.\d\d$/.test(money.amount)) throw new HTTPException(422);
    return Number(money.amount.replace(".", ""));
  };
  const sum = items.reduce((all, { quantity, unit_price }) => all + quantity * minor(unit_price),
    minor(shipping));
  if (sum !== minor(total)) throw new HTTPException(422, { message: "the total does not add up" });
  return { amount: sum, currency: total.currency.toLowerCase() };
}

function deliver(c, shop, webhook) {
  if (!webhook) return;
  c.executionCtx.waitUntil(send(c.env, webhook).then((ok) => shop.delivered(webhook.id, ok)));
}

/** Sends a webhook as Standard Webhooks says; whether it was taken. */
async function send(env, { id, body }) {
  const at = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": new Webhook(env.WEBHOOK_SECRET).sign(id, at, body),
  };
  try {
    const answer = await fetch(`${env.GATEWAY}/hook`, { method: "POST", headers, body });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

function newId() {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 26).toUpperCase();
}

export default app;

// A running demo shop for its tests, with a small fake of the one call it makes
// (`POST /v1/orders`). Webhooks are signed with the public Standard Webhooks library.

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";
import { listen, readSettings } from "../../www/shop/server.mjs";

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const SERVER = fileURLToPath(new URL("../../www/shop/server.mjs", import.meta.url));
export const PUBLIC = fileURLToPath(new URL("../../www/shop/public/", import.meta.url));
export const CURRENCIES = ["USD", "EUR", "CNY", "JPY", "GBP", "HKD"];
export const CART_ID = "0f8fad5b-d9cb-469f-a165-70867728950e";

/** Answers `POST /v1/orders` as the worker would: the same key is the same order. */
async function fakeCauseway() {
  const calls = [];
  const byKey = new Map();
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const key = request.headers["idempotency-key"];
    calls.push({ path: request.url, headers: request.headers, body: JSON.parse(body) });
    const answer = (status, value) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (fake.lost > 0) {
      fake.lost -= 1;
      return request.socket.destroy();
    }
    if (fake.fail) return answer(fake.fail, { code: "internal", request_id: "req_1" });
    const known = byKey.get(key);
    if (known && known.body !== body) return answer(409, { code: "idempotency_conflict" });
    const id = known?.id ?? `01J00000000000000000000${String(byKey.size).padStart(3, "0")}`;
    byKey.set(key, { id, body });
    answer(known ? 200 : 201, {
      id,
      state: "created",
      client_token: `ct_${id}`,
      expires_at: "2030-01-01T00:00:00Z",
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const fake = {
    calls,
    fail: 0,
    /** How many answers are lost: what was asked is known, and the connection breaks. */
    lost: 0,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((done) => server.close(done)),
  };
  return fake;
}

/** The shop's environment, as `cargo xtask` sets it. */
export function environment(causewayUrl, more = {}) {
  return {
    PORT: "0",
    SHOP_URL: "http://localhost:8788",
    CAUSEWAY_URL: causewayUrl,
    CAUSEWAY_SECRET_KEY: "sk_test_demo_secret",
    CAUSEWAY_PUBLISHABLE_KEY: "pk_test_demo_public",
    CAUSEWAY_WEBHOOK_SECRET: SECRET,
    ...more,
  };
}

/** A running shop with its fake, and the calls that the tests make on it. */
export async function startShop(more) {
  const causeway = await fakeCauseway();
  const server = await listen(readSettings(environment(causeway.url, more)));
  const url = `http://127.0.0.1:${server.port}`;
  const ask = async (path, options) => {
    const answer = await fetch(url + path, options);
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get("content-type") ?? "");
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson ? JSON.parse(text) : null,
    };
  };
  const post = (path, body, headers = {}) =>
    ask(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const close = async () => {
    await server.close();
    await causeway.close();
  };
  return { causeway, url, ask, post, close };
}

/** What the delivery page sends to `POST /api/orders`. */
export function basket(changes = {}) {
  return {
    items: [
      { sku: "longjing-100", quantity: 2 },
      { sku: "cups-pair", quantity: 1 },
    ],
    currency: "USD",
    locale: "en",
    address: {
      name: "Ada Martin",
      line1: "1 Quay Street",
      line2: "",
      city: "Galway",
      region: "",
      postcode: "H91 X2Y3",
      country: "DE",
      phone: "",
    },
    email: "ada@example.com",
    shipping: "standard",
    ...changes,
  };
}

/** Body and headers of a webhook, ready to post. */
export function signed(event, { id = "msg_1", at = new Date(), secret = SECRET } = {}) {
  const body = JSON.stringify(event);
  return [
    body,
    {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, at, body),
    },
  ];
}

/** The event that says that an order was paid. */
export function paidEvent(orderId, changes = {}) {
  const total = { amount: "60.50", currency: "USD" };
  return {
    type: "order.paid",
    timestamp: "2029-01-01T10:00:00Z",
    data: {
      order: {
        id: orderId,
        state: "paid",
        version: 4,
        updated_at: "2029-01-01T10:00:00Z",
        total,
        captured: total,
        refunded: { amount: "0.00", currency: "USD" },
        merchant_reference: "LT-0F8FAD5BD9",
        items: [{ name: "Tea", quantity: 1, unit_price: total }],
        shopper: { email: "ada@example.com", name: "Ada Martin" },
        ...changes,
      },
    },
  };
}

// The demo shop's server: gives out the pages, creates orders, believes verified webhooks only.
// Run: PORT, SHOP_URL, CAUSEWAY_URL and the three keys in the environment, then `node server.mjs`.

import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";
import { Problem, readBody, readJson, sendJson, sendProblem } from "./lib/answers.mjs";
import { readOrder, readQuote } from "./lib/basket.mjs";
import { Book } from "./lib/book.mjs";
import { createOrder, referenceOf } from "./lib/causeway.mjs";
import { sendFile } from "./lib/files.mjs";
import { loadGoods, price } from "./lib/pricing.mjs";

const API_BODY_MAX_BYTES = 16 * 1024;
const WEBHOOK_BODY_MAX_BYTES = 256 * 1024;
const CART_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the settings from the environment, or throws an error that names each missing one. */
export function readSettings(env) {
  const names = {
    port: "PORT",
    shopUrl: "SHOP_URL",
    causewayUrl: "CAUSEWAY_URL",
    secretKey: "CAUSEWAY_SECRET_KEY",
    publishableKey: "CAUSEWAY_PUBLISHABLE_KEY",
    webhookSecret: "CAUSEWAY_WEBHOOK_SECRET",
  };
  const missing = Object.values(names).filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new Error(`The demo shop needs these environment variables: ${missing.join(", ")}.`);
  }
  const settings = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, env[name]]));
  if (!/^\d{1,5}$/.test(settings.port) || Number(settings.port) > 65535) {
    throw new Error("PORT must be a number from 0 to 65535.");
  }
  return {
    ...settings,
    port: Number(settings.port),
    shopUrl: originOf("SHOP_URL", settings.shopUrl),
    causewayUrl: originOf("CAUSEWAY_URL", settings.causewayUrl),
    stateFile: env.SHOP_STATE || null,
  };
}

function originOf(name, value) {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/") {
    throw new Error(`${name} must be an address such as https://pay.shop.example.`);
  }
  return url.origin;
}

/** The shop as a request handler for `node:http`. */
export function createShop(settings, book = new Book(settings.stateFile)) {
  const goods = loadGoods();
  const webhook = new Webhook(settings.webhookSecret);
  const shop = { settings, goods, book, webhook };
  return async (request, response) => {
    try {
      await route(shop, request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendProblem(response, error);
    }
  };
}

async function route(shop, request, response) {
  const { pathname } = new URL(request.url, "http://shop.invalid");
  const routes = {
    "/api/orders": { POST: placeOrder },
    "/api/orders/find": { POST: findOrder },
    "/api/quote": { POST: quote },
    "/api/events": { GET: ({ book }) => [200, { data: book.events }] },
    "/catalogue.json": { GET: ({ goods }) => [200, goods.list] },
    "/delivery.json": { GET: ({ goods }) => [200, goods.delivery] },
    "/config.json": { GET: config },
    "/healthz": { GET: () => [200, { status: "ok" }] },
    "/webhooks": { POST: takeWebhook },
  };
  const byId = /^\/api\/orders\/([0-9A-HJKMNP-TV-Z]{26})$/.exec(pathname);
  const methods = routes[pathname] ?? (byId ? { GET: (given) => showOrder(given, byId[1]) } : null);
  const method = request.method === "HEAD" ? "GET" : request.method;
  if (methods?.[method]) {
    const [status, value] = await methods[method](shop, request);
    sendJson(response, status, value);
  } else if (methods || method !== "GET") {
    response.setHeader("allow", methods ? Object.keys(methods).join(", ") : "GET, HEAD");
    throw new Problem(405, "wrong_method", `${request.method} does nothing at this address.`);
  } else if (pathname.startsWith("/api/")) {
    throw new Problem(404, "not_found", "There is nothing at this address.");
  } else {
    await sendFile(request, response, shop.settings, pathname);
  }
}

function config({ settings }) {
  return [200, { causeway_url: settings.causewayUrl, publishable_key: settings.publishableKey }];
}

async function quote({ goods }, request) {
  const basket = readQuote(await readJson(request, API_BODY_MAX_BYTES), goods);
  return [200, price(goods, basket)];
}

/** Prices the basket anew, creates the order and hands the page the token that pays it. */
async function placeOrder({ settings, goods, book }, request) {
  const cartId = request.headers["idempotency-key"] ?? randomUUID();
  if (!CART_ID.test(cartId)) {
    throw new Problem(400, "bad_cart_id", "Idempotency-Key must be a UUID in lower case.");
  }
  const basket = readOrder(await readJson(request, API_BODY_MAX_BYTES), goods);
  const sums = price(goods, basket);
  const order = await createOrder(settings, cartId, basket, sums);
  const { items, shipping, tax, total } = sums;
  book.rememberOrder(order.id, {
    reference: referenceOf(cartId),
    email: basket.email,
    address: basket.address,
    shipping_choice: basket.shipping,
    items,
    shipping,
    tax,
    total,
  });
  const { state, expires_at } = order;
  return [
    201,
    { client_token: order.client_token, order: { ...book.order(order.id), state, expires_at } },
  ];
}

function showOrder({ book }, id) {
  const order = book.order(id);
  if (!order) throw new Problem(404, "unknown_order", "The shop has not heard of this order.");
  return [200, order];
}

async function findOrder({ book }, request) {
  const { reference, email } = await readJson(request, API_BODY_MAX_BYTES);
  if (typeof reference !== "string" || typeof email !== "string") {
    throw new Problem(422, "missing_fields", "Send the order number and the email address.");
  }
  const order = book.find(reference.trim(), email.trim());
  // One answer for both mistakes, so that nobody can learn which orders exist.
  if (!order) {
    throw new Problem(404, "unknown_order", "No order has this number and this email address.");
  }
  return [200, order];
}

/**
 * Takes a webhook. The signature covers the raw bytes, so they are verified before they are parsed.
 * Any 2xx answer stops the repeats; it is given only once the event is kept.
 */
async function takeWebhook({ book, webhook }, request) {
  const body = await readBody(request, WEBHOOK_BODY_MAX_BYTES);
  try {
    webhook.verify(body, request.headers, { jsonParse: false });
  } catch (error) {
    throw new Problem(401, "not_verified", `The webhook is not believed: ${error.message}.`);
  }
  let event;
  try {
    event = JSON.parse(body.toString("utf8"));
  } catch {
    throw new Problem(400, "malformed_json", "The webhook's body is not valid JSON.");
  }
  if (typeof event?.type !== "string") {
    throw new Problem(422, "no_type", "The webhook names no type.");
  }
  const isNew = book.record(request.headers["webhook-id"], event, new Date().toISOString());
  return [200, { received: true, duplicate: !isNew }];
}

/** Listens on both loopback addresses, because `localhost` may mean either. */
export async function listen(settings, book) {
  const handler = createShop(settings, book);
  const first = await listenOn(createServer(handler), settings.port, "127.0.0.1");
  const second = createServer(handler);
  const servers = [first];
  try {
    servers.push(await listenOn(second, first.address().port, "::1"));
  } catch (error) {
    // A machine without IPv6 has no second address; a taken port there is somebody else's.
    if (error.code === "EADDRINUSE") {
      first.close();
      throw error;
    }
  }
  return {
    port: first.address().port,
    close: () =>
      Promise.all(
        servers.map(
          (server) =>
            new Promise((done) => {
              server.close(done);
              server.closeAllConnections();
            }),
        ),
      ),
  };
}

function listenOn(server, port, host) {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, host, () => done(server));
  });
}

async function main() {
  const settings = readSettings(process.env);
  const server = await listen(settings);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => server.close().then(() => process.exit(0)));
  }
  console.log(
    `Demo shop: ${settings.shopUrl} (port ${server.port}), paid through ${settings.causewayUrl}`,
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    const taken =
      error.code === "EADDRINUSE" ? `Port ${process.env.PORT} is taken.` : error.message;
    console.error(taken);
    process.exit(1);
  });
}

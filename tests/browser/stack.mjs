// What the browser tests stand on: a store of their own, orders in it, pages to look at, and the
// simulators' admin routes. The stack itself is started by `cargo xtask test browser`, which says
// in the environment where it is.

import { randomBytes } from "node:crypto";
import "../connections.mjs";

/** How long a single step may take: generous, because two cores run everything at once. */
export const STEP_MS = 30_000;
/** For whole tests. */
export const TEST = { timeout: 150_000 };

const NAMES = {
  pay: "CAUSEWAY_URL",
  ownerToken: "CAUSEWAY_OWNER_TOKEN",
  shop: "SHOP_URL",
  stripe: "SIM_STRIPE_URL",
  alipay: "SIM_ALIPAY_URL",
  wechat_pay: "SIM_WECHATPAY_URL",
  mail: "SIM_MAIL_URL",
  chromium: "CHROMIUM",
};

/** Where the stack is. */
export const at = Object.fromEntries(
  Object.entries(NAMES).map(([key, name]) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set. Run: cargo xtask test browser`);
    return [key, value.replace(/\/$/, "")];
  }),
);

/** Cards that the simulator of Stripe knows, as Stripe publishes them for test mode. */
export const CARDS = {
  paid: "4242424242424242",
  declined: "4000000000000002",
  challenged: "4000002500003155",
};

/** Asks for JSON, and throws what went wrong with the address and the answer. */
export async function ask(url, { method = "GET", headers = {}, body } = {}) {
  const answer = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(STEP_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text.slice(0, 800)}`);
  return text === "" ? null : JSON.parse(text);
}

/**
 * A store that no other test knows, with an account at each simulator and a webhook endpoint at
 * `shopPage` (from `shop-page.mjs`), whose origin it allows. `alipay` adds to the settings of the
 * account there.
 */
export async function makeStore(shopPage, alipay = {}) {
  const id = `b${randomBytes(8).toString("hex")}`;
  const headers = { authorization: `Bearer ${at.ownerToken}`, "causeway-store": id };
  const owner = (method, path, body, more = {}) =>
    ask(at.pay + path, { method, body, headers: { ...headers, ...more } });
  await owner("PUT", "/v1/store", {
    name: "Browser Tea",
    allowed_origins: [shopPage.origin],
    default_locale: "en",
    country: "US",
    card_lane: { lane: "worker_key", statement: "saq_d_assessed" },
  });
  const merchants = {};
  for (const [channel, settings] of [
    ["stripe", {}],
    ["alipay", { mode: "key", ...alipay }],
    ["wechat_pay", { mode: "public_key" }],
  ]) {
    merchants[channel] = await addAccount(owner, channel, settings);
  }
  const { key } = await owner("POST", "/v1/api_keys", { kind: "publishable", label: "page" });
  const { secret } = await owner("POST", "/v1/webhook_endpoints", { url: shopPage.webhookUrl });
  shopPage.listenWith(secret);
  return {
    id,
    owner,
    publishableKey: key,
    order: (orderId) => owner("GET", `/v1/orders/${orderId}`),
    books: (channel) => ask(`${at[channel]}/_sim/merchants/${merchants[channel]}/books`),
    faults: (channel, faults) =>
      ask(`${at[channel]}/_sim/merchants/${merchants[channel]}/faults`, {
        method: "PUT",
        body: faults,
      }),
  };
}

/** A store of which nobody has said anything yet. */
export function makeEmptyStore() {
  const id = `b${randomBytes(8).toString("hex")}`;
  const headers = { authorization: `Bearer ${at.ownerToken}`, "causeway-store": id };
  return { id, owner: (method, path, body) => ask(at.pay + path, { method, body, headers }) };
}

/** A store without accounts and endpoints, for what happens in the dashboard alone. */
export async function makeBareStore() {
  const store = makeEmptyStore();
  await store.owner("PUT", "/v1/store", { name: "Browser Tea" });
  return store;
}

/** `settings` are the simulator's `mode` and `products`, and the account's `flows`. */
async function addAccount(owner, channel, { flows, ...settings } = {}) {
  const merchant = await ask(`${at[channel]}/_sim/merchants`, { method: "POST", body: settings });
  const { credentials } = merchant;
  const account = await owner("POST", "/v1/accounts", {
    channel,
    label: channel,
    credentials,
    flows,
  });
  if (channel === "stripe") {
    await ask(`${at.stripe}/_sim/merchants/${merchant.id}/webhook`, {
      method: "POST",
      body: { url: account.notice_url },
    });
  }
  return merchant.id;
}

/** An order over two bags of tea with delivery and tax; 33.20 in all, unless told otherwise. */
export async function makeOrder(store, changes = {}) {
  const currency = changes.currency ?? "USD";
  const money = (amount) => ({ amount, currency });
  const { currency: _, ...rest } = changes;
  return store.owner("POST", "/v1/orders", {
    items: [{ name: "Longjing green tea", sku: "tea", quantity: 2, unit_price: money("12.50") }],
    shipping: money("5.20"),
    tax: money("3.00"),
    total: money("33.20"),
    ...rest,
  });
}

/** A time for the API: whole seconds, UTC. */
export function inSeconds(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  userAgent:
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) " +
    "Chrome/126.0.0.0 Mobile Safari/537.36",
};

/**
 * Opens a page in a context of its own and hands it to `use`; `device` is "desktop" or "phone".
 * An error in any script of any frame, and a refusal by a Content-Security-Policy, fails the test.
 */
export async function withPage(browser, use, { device = "desktop", ...more } = {}) {
  const shape = device === "phone" ? PHONE : { viewport: { width: 1280, height: 900 } };
  const context = await browser.newContext({ locale: "en-US", ...shape, ...more });
  const troubles = [];
  context.on("weberror", (error) => troubles.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) troubles.push(message.text());
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_MS);
    const result = await use(page, context);
    if (troubles.length > 0) throw new Error(`The page complained:\n${troubles.join("\n")}`);
    return result;
  } finally {
    await context.close();
  }
}

/** The frame whose address `matches`, as soon as there is one. */
export async function frameWhere(page, matches) {
  const end = Date.now() + STEP_MS;
  for (;;) {
    const frame = page.frames().find((one) => matches(one.url()));
    if (frame) return frame;
    await page.waitForEvent("framenavigated", { timeout: Math.max(1, end - Date.now()) });
  }
}

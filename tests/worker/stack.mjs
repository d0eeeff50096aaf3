// What the worker's tests stand on: calls that are held against the API's document, stores that no
// other test knows, merchants at the simulators. The stack itself is started by
// `cargo xtask test worker`, which says in the environment where it is.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import "../connections.mjs";
import { Contract, checkAlways } from "./contract.mjs";

/** How long one answer may take: two cores run everything at once. */
const ANSWER_MS = 30_000;
/** How long something that is to happen may take, unless the test says more. */
const UNTIL_MS = 30_000;
/** How often it is looked at. */
const GLANCE_MS = 50;

const NAMES = {
  causeway: "CAUSEWAY_URL",
  ownerToken: "CAUSEWAY_OWNER_TOKEN",
  stripe: "SIM_STRIPE_URL",
  alipay: "SIM_ALIPAY_URL",
  wechat_pay: "SIM_WECHATPAY_URL",
  mail: "SIM_MAIL_URL",
};

/** Where the stack is. */
export const at = Object.fromEntries(
  Object.entries(NAMES).map(([key, name]) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set. Run: cargo xtask test worker`);
    return [key, value.replace(/\/$/, "")];
  }),
);

/** The API's document, as the worker serves it. */
export const contract = new Contract(await (await fetch(`${at.causeway}/openapi.json`)).json());

/** Waits until `probe` gives something, and returns it. */
export async function until(what, probe, { within = UNTIL_MS } = {}) {
  // Not by `Date`, which some tests move.
  const end = performance.now() + within;
  for (;;) {
    const found = await probe();
    if (found) return found;
    assert.ok(performance.now() < end, `${what}: not within ${within / 1000} s`);
    await pause(GLANCE_MS);
  }
}

/**
 * One call of the API, held against the document. `body` is sent as JSON, `text` as it is.
 * Resolves to `{status, headers, text, body}`.
 */
export async function call(method, path, { body, text, headers = {}, fails } = {}) {
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const type = sent === undefined ? {} : { "content-type": "application/json" };
  const answer = await read(at.causeway + path, {
    method,
    headers: { ...type, ...headers },
    body: sent,
  });
  contract.check(method, path, body ?? parsed(text), answer, { fails });
  return answer;
}

/** The JSON of a text, if it is some. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A page or file of the worker, which the document does not describe. Not redirected. */
export async function page(path, options = {}) {
  const answer = await read(at.causeway + path, options);
  checkAlways(`${path}: ${answer.status}`, answer.headers);
  return answer;
}

/** Any address. Not redirected, and not packed unless that is asked for: packing takes time. */
export async function read(url, options = {}) {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const headers = { "accept-encoding": "identity", ...options.headers };
  const answer = await fetch(url, { redirect: "manual", signal, ...options, headers });
  const text = await answer.text();
  const isJson = /[/+]json/.test(answer.headers.get("content-type") ?? "");
  const body = isJson && text !== "" ? JSON.parse(text) : undefined;
  return { status: answer.status, headers: answer.headers, text, body };
}

/** A caller: the same headers with each call. */
export class Client {
  constructor(headers) {
    this.headers = headers;
  }

  /** Calls and returns the whole answer. */
  call(method, path, body, headers = {}) {
    return call(method, path, { body, headers: { ...this.headers, ...headers } });
  }

  /** Calls, wants a 2xx, and returns the body. */
  async ok(method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Calls, wants this status, and returns the problem document. */
  async refused(status, method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    return answer.body;
  }
}

/** A caller with a bearer token. */
export function withKey(key, more = {}) {
  return new Client({ authorization: `Bearer ${key}`, ...more });
}

/** The owner of the deployment in a store. */
export function owner(store, mode = "test") {
  return withKey(at.ownerToken, { "causeway-store": store, "causeway-mode": mode });
}

/** A name for a store that nobody has used. */
export function newStoreName() {
  return `t${randomBytes(9).toString("hex")}`;
}

/** The profile that stores of tests have. */
export function profile(changes = {}) {
  return {
    name: "Worker Tea",
    allowed_origins: ["https://shop.example"],
    default_locale: "en",
    country: "IE",
    card_lane: { lane: "worker_key", statement: "saq_d_assessed" },
    ...changes,
  };
}

/** How each simulator is asked for a merchant when the test says nothing. */
const MODES = { stripe: undefined, alipay: "key", wechat_pay: "public_key" };

/** A store of a test's own. */
export class Store {
  /** Merchants at the simulators, by channel. */
  merchants = {};
  /** Accounts of the store, by channel. */
  accounts = {};

  /**
   * Sets a store up with an account at each of `channels` (`{stripe: mode, …}` or names) and,
   * where there is a `receiver`, a webhook endpoint.
   */
  static async make({ channels = [], receiver, profile: changes } = {}) {
    const store = new Store();
    store.id = newStoreName();
    store.owner = owner(store.id);
    await store.owner.ok("PUT", "/v1/store", profile(changes));
    const { key } = await store.owner.ok("POST", "/v1/api_keys", { kind: "secret" });
    store.secretKey = key;
    store.api = withKey(key);
    for (const channel of channels) await store.addAccount(channel);
    if (receiver) store.endpoint = await store.addEndpoint(receiver);
    return store;
  }

  /** Adds an account at a new merchant of the channel's simulator. */
  async addAccount(channel, mode = MODES[channel]) {
    const merchant = await Merchant.make(channel, mode);
    const { credentials } = merchant;
    const account = await this.api.ok("POST", "/v1/accounts", { channel, credentials });
    if (channel === "stripe") await merchant.call("POST", "webhook", { url: account.notice_url });
    this.merchants[channel] = merchant;
    this.accounts[channel] = account;
    return account;
  }

  /** Has the store's events sent to a receiver. */
  async addEndpoint(receiver, more = {}) {
    const body = { url: receiver.url, ...more };
    const endpoint = await this.api.ok("POST", "/v1/webhook_endpoints", body);
    receiver.expect(endpoint.secret);
    return endpoint;
  }

  /** Makes an order. */
  makeOrder(changes, headers) {
    return this.api.ok("POST", "/v1/orders", draft(changes), headers);
  }

  /** Asks for a refund, as a new one unless a key is given; returns it. */
  refund(order, body, key) {
    return this.api.ok("POST", `/v1/orders/${order.id}/refunds`, body, newKey(key));
  }

  /** Reads an order. */
  order(id) {
    return this.api.ok("GET", `/v1/orders/${id}`);
  }

  /** Waits until an order is as `wanted` says: a state, or a function. Returns it. */
  async orderWhere(id, wanted, options) {
    const fits = typeof wanted === "string" ? (order) => order.state === wanted : wanted;
    let last;
    const probe = async () => {
      last = await this.order(id);
      return fits(last) && last;
    };
    return until(`order ${id} as ${wanted}`, probe, options).catch((error) => {
      error.message += `\nThe order is ${JSON.stringify(last)}`;
      throw error;
    });
  }
}

/** The header of an idempotency key, of one that nobody has used unless it is given. */
export function newKey(key = randomUUID()) {
  return { "idempotency-key": key };
}

/** The body of an order over two bags of tea: 33.20, unless told otherwise. */
export function draft({ currency = "USD", ...changes } = {}) {
  const money = (amount) => ({ amount, currency });
  return {
    items: [{ name: "Longjing green tea", sku: "tea", quantity: 2, unit_price: money("12.50") }],
    shipping: money("5.20"),
    tax: money("3.00"),
    total: money("33.20"),
    ...changes,
  };
}

/** Renminbi, the only currency of Alipay and WeChat Pay. */
export const cny = (amount) => ({ amount, currency: "CNY" });
/** US dollars. */
export const usd = (amount) => ({ amount, currency: "USD" });

/** A merchant at a simulator, steered through its `/_sim` routes. */
export class Merchant {
  static async make(channel, mode) {
    const made = await admin("POST", `${at[channel]}/_sim/merchants`, mode ? { mode } : {});
    const merchant = Object.assign(new Merchant(), made, { channel });
    // The real gateways repeat a notice after minutes; tests have no minutes.
    await merchant.call("PUT", "settings", { notice_interval_ms: 50, notice_tries: 5 });
    return merchant;
  }

  call(method, path, body) {
    return admin(method, `${at[this.channel]}/_sim/merchants/${this.id}/${path}`, body);
  }

  /** What goes wrong from now on; see `tests/simulators/faults.mjs`. */
  faults(...list) {
    return this.call("PUT", "faults", list);
  }

  /** Does what a person would press on the cashier's page. */
  press(reference, action) {
    return this.call("POST", `payments/${reference}/${action}`);
  }

  books() {
    return this.call("GET", "books");
  }

  /** What the books say of a payment. */
  async payment(reference) {
    const { payments } = await this.books();
    return payments.find((payment) => payment.reference === reference);
  }

  /** The requests of one kind that came in. */
  async requests(op) {
    return (await this.call("GET", "requests")).filter((request) => request.op === op);
  }
}

async function admin(method, url, body) {
  const answer = await read(url, { method, body: body && JSON.stringify(body) });
  assert.ok(answer.status < 300, `${method} ${url}: ${answer.status} ${answer.text}`);
  return answer.body;
}

// A shopper at the checkout, without a browser: opens the frame, reads what the worker put into
// it, starts attempts and follows them.

import assert from "node:assert/strict";
import { at, call, page, read } from "./stack.mjs";
import { CARDS, newAttemptId, plain, seal } from "./seal.mjs";

/** The frame's path. */
export const framePath = (token) => `/checkout/${token}`;

/** A shopper who holds an order's client token. */
export class Shopper {
  constructor({ client_token: token }, { device = "desktop" } = {}) {
    this.token = token;
    this.device = device;
  }

  /** Opens the frame; returns its bootstrap data. */
  async open(query = "") {
    const answer = await page(`${framePath(this.token)}?device=${this.device}${query}`);
    assert.equal(answer.status, 200, answer.text.slice(0, 300));
    this.data = bootstrap(answer.text);
    return this.data;
  }

  /** Where the order stands, as the frame asks. */
  async status() {
    const answer = await this.call("GET", `status?device=${this.device}`);
    assert.equal(answer.status, 200);
    return answer.body;
  }

  /** One call below the token. */
  call(method, path, body, options = {}) {
    return call(method, `${framePath(this.token)}/${path}`, { body, ...options });
  }

  /** The body of a new attempt by a method; of a card it is sealed. */
  async attempt(method, { card = CARDS.paid, id = newAttemptId(), text, ...changes } = {}) {
    const data = this.data ?? (await this.open());
    const offer = data.snapshot.methods.find((one) => one.method === method);
    assert.ok(offer, `${method} is not offered: ${JSON.stringify(data.snapshot.methods)}`);
    const body = { id, method, account: offer.account, device: this.device };
    if (offer.flow === "card") {
      const binding = {
        order: data.order_id,
        attempt: id,
        account: offer.account,
        amountMinor: data.amount_minor,
        currency: data.currency,
      };
      body.envelope = await seal(data.seal.public_key, binding, text ?? plain(card));
    }
    return { ...body, ...changes };
  }

  /** Posts an attempt; returns the whole answer. */
  post(body, options) {
    return this.call("POST", "attempts", body, options);
  }

  /** Pays by a method as far as pressing the button goes; returns the snapshot. */
  async pay(method, options) {
    const answer = await this.post(await this.attempt(method, options));
    assert.ok(answer.status < 300, answer.text);
    return answer.body;
  }

  /** Leaves an attempt; returns the whole answer. */
  leave(attempt) {
    return this.call("POST", `attempts/${attempt}/close?device=${this.device}`);
  }

  /** Goes through our page to the gateway. Returns the cashier's address. */
  async follow(snapshot) {
    const { action } = snapshot.attempt;
    assert.equal(action?.type, "redirect", JSON.stringify(snapshot.attempt));
    const left = await page(action.href);
    const link = / id="leave"[^>]* href="([^"]+)"/.exec(left.text)?.[1];
    const gateway = left.headers.get("location") ?? link?.replaceAll("&#38;", "&");
    assert.ok(gateway, left.text.slice(0, 300));
    // As a browser does on a page with the policy `strict-origin`.
    const answer = await read(gateway, link && { headers: { referer: `${at.causeway}/` } });
    assert.ok(answer.status < 400, `${gateway}: ${answer.status} ${answer.text}`);
    return answer.headers.get("location") ?? gateway;
  }
}

/** What the page of the frame tells its script. */
export function bootstrap(html) {
  const [, json] = /id="causeway-data">([^<]*)<\/script>/.exec(html) ?? [];
  assert.ok(json, "the frame has no data");
  return JSON.parse(json);
}

/** The name by which a channel knows an attempt: order id and number. */
export function reference(order, number = 1) {
  return `${order.id}${String(number).padStart(2, "0")}`;
}

// Our worker as a contender: a store that is set up through the API, and what a payment sends.

import { newAttemptId, plain, seal } from "../worker/seal.mjs";
import { TOTAL } from "./stripe.mjs";
import { WAYS, referenceOf, shopperAddress } from "./ways.mjs";


/** Our worker. */
export class Ours {
  name = "ours";
  ways = ["stripe", "alipay", "wechat_pay"];

  /** Sets a store up in a worker. `place` is `{url, pid, ownerToken}`. */
  static async open(place, gateway, store = "bench") {
    const ours = new Ours();
    Object.assign(ours, place);
    const { stripe, alipay, wechat_pay } = gateway.keys;
    const owner = { authorization: `Bearer ${place.ownerToken}`, "causeway-store": store };
    const call = async (method, path, body) => {
      const headers = { ...owner, "content-type": "application/json" };
      const answer = await fetch(place.url + path, { method, headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    await call("PUT", "/v1/store", {
      name: "Bench",
      allowed_origins: ["https://shop.example"],
      card_lane: { lane: "worker_key", statement: "saq_d_assessed" },
    });
    ours.key = (await call("POST", "/v1/api_keys", { kind: "secret" })).key;
    ours.accounts = {};
    for (const [channel, credentials] of Object.entries({ stripe, alipay, wechat_pay })) {
      ours.accounts[channel] = await call("POST", "/v1/accounts", { channel, credentials });
    }
    const endpoint = await call("POST", "/v1/webhook_endpoints", { url: `${gateway.url}/hook` });
    ours.webhookSecret = endpoint.secret;
    return ours;
  }

  create(way, number) {
    return {
      path: "/v1/orders",
      headers: {
        authorization: `Bearer ${this.key}`,
        "content-type": "application/json",
        "idempotency-key": `bench-${way}-${number}`,
      },
      body: WAYS[way].draft(number),
    };
  }

  created(body, number) {
    const { id, client_token } = JSON.parse(body);
    return { id, number, token: client_token, reference: referenceOf(id) };
  }

  /** The shopper's page. */
  page(order) {
    return { method: "GET", path: `/checkout/${order.token}?device=desktop` };
  }

  async attempt(way, order) {
    const account = this.accounts[way].id;
    const body = { id: newAttemptId(), method: WAYS[way].method, account, device: "desktop" };
    if (way === "stripe") body.envelope = await this.#seal(order, body.id, account);
    return {
      path: `/checkout/${order.token}/attempts`,
      headers: {
        "content-type": "application/json",
        "accept-language": "en",
        // What stands in front of the worker sets this.
        "cf-connecting-ip": shopperAddress(order.number),
      },
      body: JSON.stringify(body),
    };
  }

  noticePath(way) {
    return `/notices/${this.accounts[way].id}`;
  }

  async #seal(order, attempt, account) {
    this.sealKey ??= await this.#readSealKey(order);
    const binding = { order: order.id, attempt, account, amountMinor: TOTAL, currency: "USD" };
    return seal(this.sealKey, binding, plain("4242424242424242", { name: "CHEN WEI" }));
  }

  async #readSealKey(order) {
    const html = await (await fetch(this.url + this.page(order).path)).text();
    const [, json] = /id="causeway-data">([^<]*)<\/script>/.exec(html) ?? [];
    return JSON.parse(json).seal.public_key;
  }
}

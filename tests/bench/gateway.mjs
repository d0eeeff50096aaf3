// The channels and the shop of the bench, in one lean server: answers in the channels' formats, as
// cheap as they can be. What has to be signed is signed before the clock runs.
//
// The faithful ones, which verify what they are sent, are tests/simulators.

import { createSign, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { BOOKED, INTENT, filled } from "./stripe.mjs";

/** Serves everything that a worker calls. */
export class Gateway {
  /** What came to the shop in this phase: `{headers, body}`. */
  webhooks = [];
  /** How many requests came to channels in this phase. */
  calls = 0;
  /** Milliseconds between the arrival of the last call to a channel and its answer. */
  callTook_ms = 0;
  /** The payment numbers of Stripe, by our reference. */
  intents = new Map();

  #server;
  #wechat;
  #waiting = null;

  /** Listens on a free port of this machine. */
  static async start(keys) {
    const gateway = new Gateway();
    gateway.keys = keys;
    gateway.freshen();
    gateway.#server = createServer((request, response) => gateway.#take(request, response));
    gateway.#server.keepAliveTimeout = 600_000;
    await new Promise((done) => gateway.#server.listen(0, "127.0.0.1", done));
    gateway.url = `http://127.0.0.1:${gateway.#server.address().port}`;
    return gateway;
  }

  /** Signs WeChat Pay's answer anew: a signature is good for five minutes. */
  freshen() {
    const body = '{"code_url":"weixin://wxpay/bizpayurl?pr=causeway00"}';
    const seal = sealWechat(this.keys, body);
    this.#wechat = { body, headers: { "content-type": "application/json", ...seal } };
  }

  /** Forgets what came. */
  begin() {
    this.webhooks = [];
    this.calls = 0;
  }

  /** Waits until so many webhooks came since `begin`. */
  async received(count) {
    if (this.webhooks.length >= count) return;
    await new Promise((done) => {
      this.#waiting = { count, done };
    });
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(request, response) {
    const came_ms = performance.now();
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const [status, headers, text] = this.#answer(request, body.toString("utf8"));
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) });
      response.end(text);
      if (!request.url.startsWith("/hook")) this.callTook_ms = performance.now() - came_ms;
    });
  }

  #answer(request, body) {
    const { url, headers } = request;
    if (url.startsWith("/hook")) {
      this.webhooks.push({ headers, body });
      if (this.webhooks.length === this.#waiting?.count) {
        this.#waiting.done();
        this.#waiting = null;
      }
      return [204, {}, ""];
    }
    this.calls += 1;
    if (url.startsWith("/v1/payment_intents")) return this.#charge(body);
    if (url.startsWith("/v3/pay/transactions/native")) {
      return [200, this.#wechat.headers, this.#wechat.body];
    }
    return [404, {}, ""];
  }

  #charge(form) {
    const field = (name) => {
      const at = form.indexOf(name);
      return at < 0 ? "" : form.slice(at + name.length).split("&", 1)[0];
    };
    const reference = field("metadata[reference]=") || field("metadata%5Breference%5D=");
    const values = {
      number: randomBytes(12).toString("hex"),
      created: String(Math.floor(Date.now() / 1000)),
      order: field("metadata[order]=") || field("metadata%5Border%5D="),
      attempt: field("metadata[attempt]=") || field("metadata%5Battempt%5D="),
      reference,
    };
    this.intents.set(reference, values);
    const parts = form.includes("latest_charge.balance_transaction") ? BOOKED : INTENT;
    return [200, { "content-type": "application/json" }, filled(parts, values)];
  }
}

/** WeChat Pay's headers that sign an answer or a notice. */
export function sealWechat(keys, body) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(16).toString("hex");
  const signer = createSign("sha256").update(`${timestamp}\n${nonce}\n${body}\n`);
  return {
    "wechatpay-nonce": nonce,
    "wechatpay-serial": keys.wechat_pay.public_key_id,
    "wechatpay-signature": signer.sign(keys.gateway.privateKey, "base64"),
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    "wechatpay-timestamp": timestamp,
  };
}

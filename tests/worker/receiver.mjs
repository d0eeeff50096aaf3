// A shop's webhook endpoint on a free port. It verifies every webhook with the public Standard
// Webhooks library, and holds it against the API's document.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { contract, until } from "./stack.mjs";

/** Receives webhooks. */
export class Receiver {
  /** What came and was verified: `{id, type, data, headers, signatures}`; oldest first. */
  events = [];
  /** What came and did not hold, with the reason. */
  refused = [];
  /** How many requests came, however they were answered. */
  tries = 0;
  /** Answers a request: a status, given the event. May wait. */
  answer = () => 204;
  /** Whether what is under way may be hours old when it comes, because a test moves the clock. */
  clockMoves = false;
  /** Where an answer that redirects leads to. */
  location = null;
  /** What stands in each answer. */
  words = "";

  #secrets = [];
  #server;

  /** Listens. */
  static async start() {
    const receiver = new Receiver();
    receiver.#server = createServer((request, response) => receiver.#take(request, response));
    await new Promise((done) => receiver.#server.listen(0, "127.0.0.1", done));
    // A test that fails before it stops its receiver must not keep the process alive.
    receiver.#server.unref().on("connection", (socket) => socket.unref());
    receiver.url = `http://127.0.0.1:${receiver.#server.address().port}/webhooks`;
    return receiver;
  }

  /** From now on, webhooks must be signed with this secret. */
  expect(...secrets) {
    this.#secrets = secrets;
  }

  /** Waits for an event of a type, of an order where one is named. */
  event(type, order, options) {
    const fits = (event) => event.type === type && (!order || event.data.order.id === order);
    return until(`webhook ${type}`, () => this.#found(fits), options);
  }

  /** The types of what came about an order, each event once, in the order of their versions. */
  types(order) {
    const byId = new Map(this.events.map((event) => [event.id, event]));
    return [...byId.values()]
      .filter((event) => event.data.order.id === order)
      .sort((a, b) => a.data.order.version - b.data.order.version)
      .map((event) => event.type);
  }

  async stop() {
    await this.close();
    assert.deepEqual(this.refused, [], "webhooks that did not hold");
  }

  /** Stops listening, whatever came. */
  async close() {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #found(fits) {
    assert.deepEqual(this.refused, [], "webhooks that did not hold");
    return this.events.find(fits);
  }

  #verify(secret, text, headers) {
    const webhook = new Webhook(secret);
    if (!this.clockMoves) return webhook.verify(text, headers);
    const at = new Date(Number(headers["webhook-timestamp"]) * 1000);
    assert.ok(at <= Date.now() + 1000, "signed in the future");
    const wanted = webhook.sign(headers["webhook-id"], at, text);
    return assert.ok(headers["webhook-signature"].split(" ").includes(wanted), "not signed so");
  }

  async #take(request, response) {
    this.tries += 1;
    const text = await bodyOf(request);
    // Who was cut off in the middle has said nothing, and comes again.
    if (text === null) return;
    try {
      assert.equal(request.headers["content-type"], "application/json");
      for (const secret of this.#secrets) this.#verify(secret, text, request.headers);
      const body = JSON.parse(text);
      contract.checkWebhook(request.headers, body);
      const id = request.headers["webhook-id"];
      const signatures = request.headers["webhook-signature"].split(" ").length;
      const event = { id, ...body, text, headers: request.headers, signatures };
      const status = await this.answer(event);
      this.events.push({ ...event, answered: status });
      response.writeHead(status, this.location ? { location: this.location } : {})
        .end(this.words);
    } catch (error) {
      this.refused.push(error.message);
      response.writeHead(400).end();
    }
  }
}

/** The body of a request; `null` where its sender ended before it was whole. */
async function bodyOf(request) {
  const chunks = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString();
}

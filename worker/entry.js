// What Cloudflare calls. Durable Objects run synchronous Rust exports in `transactionSync`: an
// error or a panic stores nothing, and the caller hears of it at once.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { Core } from "./build/index.js";

// A handle without state; after a panic it leads to the fresh instance.
const core = new Core();

// The requests that the WASM is at work on. A panic ends its instance, and they would wait for
// ever: each is told instead to come again, to the next instance. What was stored stays stored.
const working = new Set();

// Longer than the longest exchange with a channel. The timer also keeps the runtime from ending a
// request that waits for nothing else before it is told.
const HANGS_MS = 60_000;

// Rust's futures take every turn by this. The runtime's own wraps each task and calls it from
// outside of JavaScript, a twentieth of what a payment costs.
globalThis.queueMicrotask = (task) => {
  Promise.resolve().then(() => {
    try {
      task();
    } catch (error) {
      reportError(error);
    }
  });
};

addEventListener("error", ({ error }) => ended(error));

// What our Rust says in words is an `Error`; anything else has ended the instance.
function ended(error) {
  if (error?.constructor === Error) return;
  // Makes the next instance now: what the old one had asked for must not answer to the new one.
  new Core();
  for (const giveUp of working) giveUp();
}

// An object: of a class the runtime would make an instance for each request, which takes a fifth of
// a millisecond.
export default {
  async fetch(request, env, ctx) {
    const { promise, resolve: giveUp } = Promise.withResolvers();
    const timer = setTimeout(giveUp, HANGS_MS);
    working.add(giveUp);
    try {
      const answer = await Promise.race([core.fetch(request, env, ctx), promise]);
      return answer ?? core.interrupted();
    } finally {
      clearTimeout(timer);
      working.delete(giveUp);
    }
  },
};

// A call of Rust by an object.
function rust(method, ...values) {
  try {
    return core[method](...values);
  } catch (error) {
    ended(error);
    throw error;
  }
}

// An order's frames: tabs and devices of one shopper.
const MAX_SOCKETS = 20;

class Timed extends DurableObject {
  // The time for which this object has set the alarm since it was started; null for none, undefined
  // as long as it has set none.
  next;

  // Whether the alarm is set for a time that lies ahead, or for none: else it may be missing.
  isArmed() {
    return this.next === null || this.next > Date.now();
  }

  // The alarm and what it is for are written in one turn, so they are stored together. It is set
  // each time, because the runtime gives up an alarm that failed too often.
  arm(next) {
    if (next === null) this.ctx.storage.deleteAlarm();
    else this.ctx.storage.setAlarm(Math.max(next, Date.now()));
    this.next = next;
  }
}

export class TillObject extends Timed {
  // Whether a call was committed since this object was started: its tables are there.
  #known = false;

  call(request) {
    const run = () => rust("till", this.ctx, this.env, Date.now(), request, this.#known);
    const [reply] = this.#commit(run);
    this.#known = true;
    return reply;
  }

  // A call that changes nothing needs no transaction, unless the alarm may be missing or overdue.
  read(request) {
    if (!this.#known || !this.isArmed()) return this.call(request);
    return rust("read", this.ctx, Date.now(), request);
  }

  async alarm() {
    this.next = undefined;
    const replies = this.#commit(() => rust("due", this.ctx, this.env, Date.now()));
    await Promise.all(replies.map((reply) => this.env.SELF.perform(reply)));
  }

  // A shopper's socket. Only our own worker can send requests here, after it checked the token.
  fetch(request) {
    const order = new URL(request.url).searchParams.get("order");
    // A frame that finds no room polls.
    if (this.ctx.getWebSockets(order).length >= MAX_SOCKETS) {
      return new Response(null, { status: 429 });
    }
    const snapshot = rust("snapshot", this.ctx, this.env, Date.now(), order);
    if (snapshot === undefined) return new Response(null, { status: 404 });
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, [order]);
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    server.send(snapshot);
    return new Response(null, { status: 101, webSocket: client });
  }

  // A frame says "ping" and nothing else, which is answered without waking the till.
  webSocketMessage(socket) {
    socket.close(1008);
  }

  webSocketClose(socket, code) {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  #commit(run) {
    const [replies, next, pushes] = this.ctx.storage.transactionSync(run);
    this.arm(next);
    for (const [order, snapshot] of pushes) {
      for (const socket of this.ctx.getWebSockets(order)) push(socket, snapshot);
    }
    return replies;
  }
}

// What was committed stays committed, also when a socket is closing: the frame asks again.
function push(socket, snapshot) {
  try {
    socket.send(snapshot);
  } catch {}
}

export class StoreObject extends Timed {
  call(request, name) {
    const isArmed = this.isArmed();
    const run = () => rust("store", this.ctx, Date.now(), request, name, isArmed);
    const [reply, next] = this.ctx.storage.transactionSync(run);
    if (next !== undefined) this.arm(next);
    return reply;
  }

  async alarm() {
    this.next = undefined;
    const run = () => rust("remind", this.ctx, Date.now());
    const [work, next] = this.ctx.storage.transactionSync(run);
    this.arm(next);
    if (work) await this.env.SELF.perform(work);
  }
}

export class CounterObject extends DurableObject {
  #known = false;

  // Without a transaction: a hit is one statement, and old rows that stay are deleted next time.
  call(request) {
    const answer = rust("counter", this.ctx, Date.now(), request, this.#known);
    this.#known = true;
    return answer;
  }
}

// Reached through the service binding SELF alone, never from outside.
export class Internal extends WorkerEntrypoint {
  perform(reply) {
    this.ctx.waitUntil(core.perform(this.env, this.ctx, reply));
  }
}

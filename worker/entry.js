// What Cloudflare calls. Durable Objects run synchronous Rust exports in `transactionSync`: an
// error or a panic stores nothing, and the caller hears of it at once.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import Worker, { Core } from "./build/index.js";

export default Worker;

// An order's frames: tabs and devices of one shopper.
const MAX_SOCKETS = 20;

export class TillObject extends DurableObject {
  call(request) {
    return this.#commit(() => new Core().till(this.ctx, this.env, Date.now(), request))[0];
  }

  async alarm() {
    const replies = this.#commit(() => new Core().due(this.ctx, this.env, Date.now()));
    await Promise.all(replies.map((reply) => this.env.SELF.perform(reply)));
  }

  // A shopper's socket. Only our own worker can send requests here, after it checked the token.
  fetch(request) {
    const order = new URL(request.url).searchParams.get("order");
    // A frame that finds no room polls.
    if (this.ctx.getWebSockets(order).length >= MAX_SOCKETS) {
      return new Response(null, { status: 429 });
    }
    const snapshot = new Core().snapshot(this.ctx, this.env, Date.now(), order);
    if (snapshot === undefined) return new Response(null, { status: 404 });
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, [order]);
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    server.send(snapshot);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage() {}

  webSocketClose(socket, code) {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  // Alarm and rows are written in one turn, so they are stored together. The alarm is set each
  // time, because the runtime gives up an alarm that failed too often.
  #commit(run) {
    const [replies, next, pushes] = this.ctx.storage.transactionSync(run);
    if (next === null) this.ctx.storage.deleteAlarm();
    else this.ctx.storage.setAlarm(Math.max(next, Date.now()));
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

export class StoreObject extends DurableObject {
  call(request) {
    return this.ctx.storage.transactionSync(() => new Core().store(this.ctx, Date.now(), request));
  }
}

export class CounterObject extends DurableObject {
  call(request) {
    return this.ctx.storage.transactionSync(() => new Core().counter(this.ctx, Date.now(), request));
  }
}

// Reached through the service binding SELF alone, never from outside.
export class Internal extends WorkerEntrypoint {
  perform(reply) {
    this.ctx.waitUntil(new Core().perform(this.env, this.ctx, reply));
  }
}

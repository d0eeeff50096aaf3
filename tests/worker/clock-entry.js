// The worker's entry with a clock that can be moved: it runs in workerd instead of
// `worker/entry.js`, which it wraps. The Rust below it is the same, byte for byte.
//
// `POST /_clock` with `{"forward_ms": …}` moves what the worker and its objects take as now, and
// rings the alarms of tills and stores that are due by then. With `{"rate": …, "haste": …}` their
// time runs so many times as fast, and their time-outs.
//
// `POST /_quiet` answers when nothing is at work: no alarm is due, no other request is under way,
// and what alarms and answered requests left to be done has been done.

import { forward, fromTrue, run, shortened, toTrue, trueNow } from "./moved-date.mjs";
import worker, {
  CounterObject, Internal as TrueInternal, StoreObject as Store, TillObject as Till,
} from "./entry.js";

export { CounterObject };

/** When alarms are to ring, by the moved clock; by class and id of their objects. */
const alarms = { STORE: new Map(), TILL: new Map() };

/** How many requests, alarms and pieces of work are under way. */
let working = 0;

/** How often it is looked whether all is quiet, in milliseconds. */
const GLANCE_MS = 2;

/** How long quiet is waited for, in milliseconds: longer than an exchange with a channel. */
const QUIET_MS = 60_000;

const trueTimeout = globalThis.setTimeout;
globalThis.setTimeout = (work, ms, ...more) => trueTimeout(work, shortened(ms), ...more);

/** Stands before an object of the runtime, whose methods want to be called on itself. */
export function before(target, changes) {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(changes, name)) return changes[name];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Counts work as long as it is under way. */
async function counted(work) {
  working += 1;
  try {
    return await work;
  } finally {
    working -= 1;
  }
}

/** A context whose background work is counted. */
const watched = (ctx) => before(ctx, { waitUntil: (work) => ctx.waitUntil(counted(work)) });

/** A class of objects with its alarms by the moved clock. */
const moved = (Class, own) => class extends Class {
  /** The context without what stands before it. */
  true;

  constructor(ctx, env) {
    super(ctx, env);
    this.true = ctx;
    const storage = before(ctx.storage, {
      setAlarm: (at_ms) => {
        own.set(String(ctx.id), at_ms);
        return this.rearm();
      },
      deleteAlarm: () => {
        own.delete(String(ctx.id));
        return ctx.storage.deleteAlarm();
      },
    });
    this.ctx = before(ctx, { storage });
  }

  // Tells the runtime, which knows the true time only, when to ring.
  rearm() {
    const at_ms = own.get(String(this.true.id));
    if (at_ms === undefined) return undefined;
    return this.true.storage.setAlarm(Math.max(toTrue(at_ms), trueNow()));
  }

  async alarm() {
    own.delete(String(this.true.id));
    await counted(super.alarm());
  }

  /** When its alarm rings, by the moved clock; null for never. */
  async rings() {
    const alarm = await this.true.storage.getAlarm();
    return alarm === null ? null : fromTrue(alarm);
  }
};

export class TillObject extends moved(Till, alarms.TILL) {}

export class StoreObject extends moved(Store, alarms.STORE) {}

export class Internal extends TrueInternal {
  perform(reply) {
    this.ctx = watched(this.ctx);
    return super.perform(reply);
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/_clock") return move(env, await request.json());
    if (pathname === "/_quiet") return quiet();
    return counted(worker.fetch(request, env, watched(ctx)));
  },
};

async function move(env, { forward_ms, rate, haste }) {
  if (forward_ms) forward(forward_ms);
  if (rate) run(rate, haste);
  const objects = Object.entries(alarms).flatMap(([name, own]) =>
    [...own.keys()].map((id) => env[name].get(env[name].idFromString(id))));
  await Promise.all(objects.map((object) => object.rearm()));
  return Response.json({ now: new Date() });
}

async function quiet() {
  const end_ms = trueNow() + QUIET_MS;
  const isDue = (at_ms) => at_ms <= Date.now();
  const isAnyDue = () => Object.values(alarms).some((own) => [...own.values()].some(isDue));
  while (working > 0 || isAnyDue()) {
    if (trueNow() > end_ms) return new Response("It stays busy.", { status: 503 });
    await new Promise((done) => trueTimeout(done, GLANCE_MS));
  }
  return Response.json({ now: new Date() });
}

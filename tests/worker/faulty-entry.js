// The worker's entry with a saboteur in its tills: it runs in workerd instead of
// `worker/entry.js`, which it wraps. The Rust below it is the same, byte for byte.
//
// `POST /_till/{store}/{number}` with `{"do": …}`:
// - `sabotage`, with `{kind, on, nth, times}`: the `nth` write of an alarm (`on: "alarm"`) or of a
//   call (`on` is its name, such as "create") is followed by a panic (`kind: "panic"`) or by a
//   statement that SQLite refuses (`kind: "sql"`);
// - `dump`: all rows of all tables, the time of the alarm, and how often alarms rang and failed;
// - `lose_alarm`: the alarm is gone, as one that the runtime has given up.
//
// `POST /_trap` with `{"on": …}`: see `traps.mjs`.
//
// `POST /_log` with `{"text": …}` prints it, as a careless line of ours would.
//
// Panics are real ones of the WASM, which is built to trap then: a crate of ours unwraps what the
// runtime never fails to give, and here it fails.
//
// `POST /_clock` with `{"forward_ms": …}` moves what the worker and its objects take as now, and
// rings the alarms of tills that are due by then. Simulators and time-outs keep the true time.
// With `{"rate": …, "haste": …}` their time runs so many times as fast, and their time-outs.

import { forward, fromTrue, run, shortened, toTrue, trueNow } from "./moved-date.mjs";
import { arm, failing, isArmed, take } from "./traps.mjs";
import { Core } from "./build/index.js";
import Worker, {
  CounterObject as Counter, Internal, StoreObject, TillObject as Till,
} from "./entry.js";

export { Internal, StoreObject };

const WRITES = /^\s*(INSERT|UPDATE|DELETE)/i;

/** When the alarms of tills are to ring, by the moved clock; by the ids of the tills. */
const alarms = new Map();

const trueTimeout = globalThis.setTimeout;
globalThis.setTimeout = (work, ms, ...more) => trueTimeout(work, shortened(ms), ...more);

/** Stands before an object of the runtime, whose methods want to be called on itself. */
function before(target, changes) {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(changes, name)) return changes[name];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Panics Rust, in the middle of what called this. */
function panic() {
  const state = {
    get storage() {
      throw new Error("there is no storage");
    },
  };
  new Core().till(state, {}, 0, "", false);
}

/** A cursor that has a row, and the reading of that panics. */
function panicking(cursor) {
  const raw = () => [new Proxy([], { get: panic })].values();
  return before(cursor, { raw });
}

/** Tills that are asked too much; the runtime's error says so by a property. */
function overloaded(namespace) {
  const error = Object.assign(new Error("Too many requests"), { overloaded: true });
  const refuse = () => Promise.reject(error);
  const stub = { call: refuse, read: refuse };
  return before(namespace, { constructor: namespace.constructor, getByName: () => stub });
}

export class TillObject extends Till {
  #plan = null;
  #writes = 0;
  #now = null;
  #rang = 0;
  #failed = 0;
  #true;

  constructor(ctx, env) {
    super(ctx, env);
    this.#true = ctx;
    const exec = (query, ...values) => this.#exec(query, values);
    const storage = before(ctx.storage, {
      sql: before(ctx.storage.sql, { exec }),
      setAlarm: (at_ms) => {
        alarms.set(String(ctx.id), at_ms);
        return this.arm();
      },
      deleteAlarm: () => {
        alarms.delete(String(ctx.id));
        return ctx.storage.deleteAlarm();
      },
    });
    this.ctx = before(ctx, { storage });
  }

  // Tells the runtime, which knows the true time only, when to ring.
  arm() {
    const at_ms = alarms.get(String(this.#true.id));
    if (at_ms === undefined) return undefined;
    return this.#true.storage.setAlarm(Math.max(toTrue(at_ms), trueNow()));
  }

  call(request) {
    const [name] = Object.keys(JSON.parse(request).call);
    return this.#run(name, () => super.call(request));
  }

  async alarm() {
    this.#rang += 1;
    alarms.delete(String(this.#true.id));
    try {
      await this.#run("alarm", () => super.alarm());
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
  }

  // By another name than a method of the till's own.
  async sabotaged({ do: what, ...plan }) {
    if (what === "sabotage") this.#plan = plan;
    if (what === "lose_alarm") {
      await this.ctx.storage.deleteAlarm();
      // The runtime gives an alarm up only after it rang, and a till that rang sets it anew.
      this.next = undefined;
    }
    const { sql } = this.#true.storage;
    const names = [...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").raw()].flat();
    const own = names.filter((name) => !name.startsWith("_cf") && !name.startsWith("sqlite"));
    const tables = own.map((name) => [name, [...sql.exec(`SELECT * FROM ${name}`)]]);
    const alarm = await this.#true.storage.getAlarm();
    return {
      tables: Object.fromEntries(tables),
      alarm: alarm === null ? null : fromTrue(alarm),
      rang: this.#rang,
      failed: this.#failed,
      planned: this.#plan,
    };
  }

  #run(now, work) {
    this.#now = now;
    this.#writes = 0;
    return work();
  }

  #exec(query, values) {
    const { sql } = this.#true.storage;
    const cursor = sql.exec(query, ...values);
    if (this.#plan?.on !== this.#now || !WRITES.test(query)) return cursor;
    this.#writes += 1;
    if (this.#writes !== this.#plan.nth) return cursor;
    const { kind, times = 1 } = this.#plan;
    this.#plan = times > 1 ? { ...this.#plan, times: times - 1 } : null;
    return kind === "panic" ? panicking(cursor) : sql.exec("INSERT INTO no_such_table VALUES (1)");
  }
}

export class CounterObject extends Counter {
  call(request) {
    if (isArmed("counter_fails")) throw new Error("no counter");
    if (isArmed("counter_hangs")) return new Promise(() => {});
    return super.call(request);
  }
}

export default class extends Worker {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/_clock") return this.#move(await request.json());
    if (pathname === "/_trap") return Response.json(arm((await request.json()).on) ?? null);
    if (pathname === "/_log") {
      console.log((await request.json()).text);
      return Response.json(null);
    }
    if (take("waitUntil")) this.ctx = failing(this.ctx);
    if (take("overloaded")) this.env = before(this.env, { TILL: overloaded(this.env.TILL) });
    const [, till] = /^\/_till\/(\w+\/\d+)$/.exec(pathname) ?? [];
    if (!till) return super.fetch(request);
    const stub = this.env.TILL.getByName(till);
    return Response.json(await stub.sabotaged(await request.json()));
  }

  async #move({ forward_ms, rate, haste }) {
    if (forward_ms) forward(forward_ms);
    if (rate) run(rate, haste);
    const { TILL } = this.env;
    const tills = [...alarms.keys()].map((id) => TILL.get(TILL.idFromString(id)));
    await Promise.all(tills.map((till) => till.arm()));
    return Response.json({ now: new Date() });
  }
}

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
// `POST /_clock` and `POST /_quiet`: see `clock-entry.js`, which this wraps.

import { arm, failing, isArmed, take } from "./traps.mjs";
import { Core } from "./build/index.js";
import worker, {
  CounterObject as Counter, Internal, StoreObject, TillObject as Till, before,
} from "./clock-entry.js";

export { Internal, StoreObject };

const WRITES = /^\s*(INSERT|UPDATE|DELETE)/i;

/** Panics Rust, in the middle of what called this. */
function panic() {
  const state = {
    get storage() {
      throw new Error("there is no storage");
    },
  };
  new Core().till(state, {}, 0, "", false);
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

  constructor(ctx, env) {
    super(ctx, env);
    const exec = (query, ...values) => this.#exec(query, values);
    const sql = before(ctx.storage.sql, { exec });
    this.ctx = before(ctx, { storage: before(this.ctx.storage, { sql }) });
  }

  call(request) {
    const [name] = Object.keys(JSON.parse(request).call);
    return this.#run(name, () => super.call(request));
  }

  async alarm() {
    this.#rang += 1;
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
    const { sql } = this.true.storage;
    const names = [...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").raw()].flat();
    const own = names.filter((name) => !name.startsWith("_cf") && !name.startsWith("sqlite"));
    const tables = own.map((name) => [name, [...sql.exec(`SELECT * FROM ${name}`)]]);
    return {
      tables: Object.fromEntries(tables),
      alarm: await this.rings(),
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
    const { sql } = this.true.storage;
    const cursor = sql.exec(query, ...values);
    if (this.#plan?.on !== this.#now || !WRITES.test(query)) return cursor;
    this.#writes += 1;
    if (this.#writes !== this.#plan.nth) return cursor;
    const { kind, times = 1 } = this.#plan;
    this.#plan = times > 1 ? { ...this.#plan, times: times - 1 } : null;
    // No Rust catches the trap that this ends in: what called the statement ends too.
    if (kind === "panic") panic();
    return sql.exec("INSERT INTO no_such_table VALUES (1)");
  }
}

export class CounterObject extends Counter {
  call(request) {
    if (isArmed("counter_fails")) throw new Error("no counter");
    if (isArmed("counter_hangs")) return new Promise(() => {});
    return super.call(request);
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/_trap") return Response.json(arm((await request.json()).on) ?? null);
    if (pathname === "/_log") {
      console.log((await request.json()).text);
      return Response.json(null);
    }
    const [, till] = /^\/_till\/(\w+\/\d+)$/.exec(pathname) ?? [];
    if (till) {
      const stub = env.TILL.getByName(till);
      return Response.json(await stub.sabotaged(await request.json()));
    }
    const near = take("waitUntil") ? failing(ctx) : ctx;
    const full = take("overloaded");
    const given = full ? before(env, { TILL: overloaded(env.TILL) }) : env;
    return worker.fetch(request, given, near);
  },
};

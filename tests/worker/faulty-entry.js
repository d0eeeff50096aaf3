// The worker's entry with a saboteur in its tills: it runs in workerd instead of
// `worker/entry.js`, which it wraps. The Rust below it is the same, byte for byte.
//
// `POST /_till/{store}/{number}` with `{"do": …}`:
// - `sabotage`, with `{kind, on, nth, times}`: the `nth` write of an alarm (`on: "alarm"`) or of a
//   call (`on` is its name, such as "create") is followed by a panic (`kind: "panic"`: what reaches
//   JavaScript of one is this error) or by a statement that SQLite refuses (`kind: "sql"`);
// - `dump`: all rows of all tables, the time of the alarm, and how often alarms rang and failed;
// - `lose_alarm`: the alarm is gone, as one that the runtime has given up.

import Worker, { CounterObject, Internal, StoreObject, TillObject as Till } from "./entry.js";

export { CounterObject, Internal, StoreObject };

const WRITES = /^\s*(INSERT|UPDATE|DELETE)/i;

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

/** The reading of a cursor's rows panics. */
function panicking(cursor) {
  const raw = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  return before(cursor, { raw });
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
    const storage = before(ctx.storage, { sql: before(ctx.storage.sql, { exec }) });
    this.ctx = before(ctx, { storage });
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
    if (what === "lose_alarm") await this.#true.storage.deleteAlarm();
    const { sql } = this.#true.storage;
    const names = [...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").raw()].flat();
    const own = names.filter((name) => !name.startsWith("_cf") && !name.startsWith("sqlite"));
    const tables = own.map((name) => [name, [...sql.exec(`SELECT * FROM ${name}`)]]);
    return {
      tables: Object.fromEntries(tables),
      alarm: await this.#true.storage.getAlarm(),
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

export default class extends Worker {
  async fetch(request) {
    const [, till] = /^\/_till\/(\w+\/\d+)$/.exec(new URL(request.url).pathname) ?? [];
    if (!till) return super.fetch(request);
    const stub = this.env.TILL.getByName(till);
    return Response.json(await stub.sabotaged(await request.json()));
  }
}

// Our worker's entry with a clerk beside it, who counts what a payment asks of the runtime: calls
// of objects, rows that change, alarms, subrequests, RSA. It runs instead of `worker/entry.js`,
// which it wraps. `GET /_counts` tells the counts and begins anew.

import worker, { CounterObject, Internal, StoreObject, TillObject as Till } from "./entry.js";

export { Internal, StoreObject };

const NONE = { till: 0, counter: 0, rows: 0, alarms: 0, subrequests: 0, sign: 0, verify: 0 };
let counts = { ...NONE };

const { fetch } = globalThis;
globalThis.fetch = (...given) => {
  counts.subrequests += 1;
  return fetch(...given);
};

for (const name of ["sign", "verify"]) {
  const done = crypto.subtle[name].bind(crypto.subtle);
  crypto.subtle[name] = (algorithm, ...given) => {
    if (String(algorithm.name ?? algorithm).startsWith("RSA")) counts[name] += 1;
    return done(algorithm, ...given);
  };
}

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

export class TillObject extends Till {
  #sql;

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    const setAlarm = (at_ms) => {
      counts.alarms += 1;
      const changed = this.#changes();
      const set = ctx.storage.setAlarm(at_ms);
      // The runtime keeps the alarm in a row of its own.
      counts.rows -= this.#changes() - changed;
      return set;
    };
    this.ctx = before(ctx, { storage: before(ctx.storage, { setAlarm }) });
  }

  call(request) {
    counts.till += 1;
    const changed = this.#changes();
    const reply = super.call(request);
    counts.rows += this.#changes() - changed;
    return reply;
  }

  // Where the alarm has to be set it becomes a call, which counts itself.
  read(request) {
    const { till } = counts;
    const reply = super.read(request);
    counts.till = till + 1;
    return reply;
  }

  #changes() {
    const [[changes]] = [...this.#sql.exec("SELECT total_changes()").raw()];
    return changes;
  }
}

class Counter extends CounterObject {
  call(request) {
    counts.counter += 1;
    return super.call(request);
  }
}

export { Counter as CounterObject };

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/_counts") return worker.fetch(request, env, ctx);
    const answer = Response.json(counts);
    counts = { ...NONE };
    return answer;
  },
};

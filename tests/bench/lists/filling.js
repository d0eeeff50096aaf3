// Our worker's entry with a till that can be filled quickly: with copies of its newest order, in
// the rows that making and paying them would leave. It runs instead of `worker/entry.js`, which it
// wraps. `GET /_fill?store=…&to=…` fills a store's first till up to so many orders.

import worker, { CounterObject, Internal, StoreObject, TillObject as Till } from "./entry.js";

export { CounterObject, Internal, StoreObject };

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** As many are written in one transaction. */
const BATCH = 2_000;

/** Crockford's base32 of a number, in so many characters. */
function base32(number, length) {
  let text = "";
  let rest = number;
  for (let i = 0; i < length; i += 1) {
    text = ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

export class TillObject extends Till {
  fill(to) {
    const { sql } = this.ctx.storage;
    const [template] = sql.exec("SELECT * FROM orders ORDER BY id LIMIT 1").toArray();
    const [{ count, change }] = sql.exec(
      "SELECT count(*) AS count, max(change) AS change FROM orders").toArray();
    const names = Object.keys(template);
    const marks = names.map(() => "?").join(", ");
    const insert = `INSERT INTO orders (${names.join(", ")}) VALUES (${marks})`;
    const last = Math.min(to, count + BATCH);
    this.ctx.storage.transactionSync(() => {
      for (let n = count + 1; n <= last; n += 1) {
        const at = template.created_at + n * 1_000;
        const id = `${base32(at, 10)}00${base32(n, 14)}`;
        const copied = (text) => text?.replaceAll(template.id, id)
          .replaceAll("shopper1@", `shopper${n}@`)
          .replaceAll("Green tea", n % 1_000 === 0 ? "Yixing teapot" : "Green tea")
          .replaceAll("pi_template", `pi_${base32(n, 14)}`);
        const values = names.map((name) => ({
          id, created_at: at, change: change + n - count }[name] ?? template[name]));
        sql.exec(insert, ...values.map((value, i) =>
          (["money", "details", "added"].includes(names[i]) ? copied(value) : value)));
      }
    });
    return last;
  }
}

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname !== "/_fill") return worker.fetch(request, env, ctx);
    const till = env.TILL.getByName(`${url.searchParams.get("store")}/0`);
    return Response.json(await till.fill(Number(url.searchParams.get("to"))));
  },
};

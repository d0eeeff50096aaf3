// The floor: what the runtime alone costs for the operations that our worker needs for a payment
// (counts.mjs), and nothing besides. It parses, checks and decides nothing.

import { DurableObject } from "cloudflare:workers";
import { COUNTS } from "./counts.mjs";

const SIGNING = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const MAC = { name: "HMAC", hash: "SHA-256" };
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const encoder = new TextEncoder();

/** Finished keys, imported once. */
let keys;

/** A till: writes so many rows, reads the row of the order. */
export class Till extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec("CREATE TABLE IF NOT EXISTS rows (id TEXT, n INTEGER, doc TEXT, "
      + "PRIMARY KEY (id, n)) WITHOUT ROWID");
  }

  call(id, writes, alarm, doc) {
    const [row] = this.sql.exec("SELECT doc FROM rows WHERE id = ? AND n = 0", id).raw();
    if (writes > 0) {
      this.ctx.storage.transactionSync(() => {
        for (let n = 0; n < writes; n += 1) {
          this.sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", id, n, doc);
        }
      });
    }
    if (alarm) this.ctx.storage.setAlarm(Date.now() + 1_800_000);
    return row?.[0] ?? doc;
  }

  alarm() {}
}

/** A counter: one row. */
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS hits (key TEXT PRIMARY KEY, count INTEGER)");
  }

  hit(key) {
    return this.ctx.storage.sql.exec(
      "INSERT INTO hits VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
      key,
    ).raw().next().value[0];
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    const [, way, phase, known] = pathname.split("/");
    keys ??= await readKeys(env);
    const body = await request.text();
    const id = known ?? newId();
    const counts = COUNTS[way][phase];
    const till = env.TILL.getByName("bench/0");
    await Promise.all(counts.counters.map((who) => {
      const key = who === "order" ? id : request.headers.get("cf-connecting-ip");
      return env.COUNTER.getByName(`bench/${key.charCodeAt(key.length - 1) % 16}`).hit(key);
    }));
    let last = body;
    for (const step of counts.steps) last = await perform(step, { env, way, id, till, body, last });
    for (const step of counts.after ?? []) {
      // One after the other, as the webhook and what is noted of it.
      ctx.waitUntil(step.reduce(
        (before, one) => before.then((l) => perform(one, { env, way, id, till, body, last: l })),
        Promise.resolve(last),
      ));
    }
    return Response.json({ id, reference: `${id}01`, order: last });
  },
};

async function perform([what, ...numbers], { env, way, id, till, body, last }) {
  switch (what) {
    case "till": return till.call(id, numbers[0], numbers[1], last);
    case "sign":
      await crypto.subtle.sign(SIGNING.name, keys.sign, encoder.encode(last));
      return last;
    case "verify":
      await crypto.subtle.verify(SIGNING.name, keys.verify, keys.signature, encoder.encode(body));
      return last;
    case "mac":
      await crypto.subtle.sign(MAC.name, keys.mac, encoder.encode(body));
      return last;
    case "call":
      return call(env, way, id);
    case "webhook":
      await webhook(env, id, last);
      return last;
    default:
      throw new Error(what);
  }
}

/** A call to the channel. */
async function call(env, way, id) {
  const form = way === "stripe";
  const path = form ? "/v1/payment_intents" : "/v3/pay/transactions/native";
  const answer = await fetch(env.GATEWAY + path, {
    method: "POST",
    headers: { "content-type": form ? "application/x-www-form-urlencoded" : "application/json" },
    body: `amount=3000&metadata[order]=${id}&metadata[attempt]=${id}&metadata[reference]=${id}01`,
  });
  return answer.text();
}

async function webhook(env, id, doc) {
  const at = Math.floor(Date.now() / 1000);
  const body = `{"type":"order.paid","timestamp":"","data":${JSON.stringify(doc)}}`;
  const mac = await crypto.subtle.sign("HMAC", keys.mac, encoder.encode(`${id}.${at}.${body}`));
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`,
  };
  await (await fetch(`${env.GATEWAY}/hook`, { method: "POST", headers, body })).text();
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(bytes, (byte) => DIGITS[byte & 31]).join("");
}

async function readKeys(env) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const { subtle } = crypto;
  const sign = await subtle.importKey("pkcs8", bytes(env.SIGN_KEY), SIGNING, false, ["sign"]);
  return {
    sign,
    verify: await subtle.importKey("spki", bytes(env.VERIFY_KEY), SIGNING, false, ["verify"]),
    // Of another text: it costs the same to find that out.
    signature: await subtle.sign(SIGNING.name, sign, encoder.encode("another")),
    mac: await subtle.importKey("raw", bytes(env.MAC_KEY), MAC, false, ["sign"]),
  };
}

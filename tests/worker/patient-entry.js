// The worker's entry as behind a proxy that is not Cloudflare's, which tells no address: it runs in
// workerd instead of `worker/entry.js`, which it wraps. The Rust below it is the same, byte for
// byte.
//
// Time-outs of a second, which is how long a wrong try to sign in waits, end only when they are
// told to. `GET /_pauses` says how many there were; after `POST /_pauses` they wait no longer.

import worker, {
  CounterObject, Internal, StoreObject, TillObject,
} from "./clock-entry.js";

export { CounterObject, Internal, StoreObject, TillObject };

/** Milliseconds. */
const PAUSE_MS = 1000;
const GLANCE_MS = 2;

let pauses = 0;
let over = false;

const trueTimeout = globalThis.setTimeout;
globalThis.setTimeout = (work, ms, ...more) => {
  if (ms !== PAUSE_MS) return trueTimeout(work, ms, ...more);
  pauses += 1;
  const wait = () => (over ? work(...more) : trueTimeout(wait, GLANCE_MS));
  return trueTimeout(wait, GLANCE_MS);
};

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/_pauses") {
      over ||= request.method === "POST";
      return Response.json({ pauses });
    }
    const headers = new Headers(request.headers);
    headers.delete("cf-connecting-ip");
    return worker.fetch(new Request(request, { headers }), env, ctx);
  },
};

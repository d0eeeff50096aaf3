// Stands before our worker's entry in the suites, as a proxy of the merchant's does: tells the
// address of whoever asks, unless the test has said one. Each request comes from another address:
// what tests that know nothing of each other do is not counted together.

import worker, { CounterObject, Internal, StoreObject, TillObject } from "./entry.js";

export { CounterObject, Internal, StoreObject, TillObject };

let asked = 0;

/** An address of a private network (RFC 1918) that has not asked before. */
function address() {
  asked += 1;
  return `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`;
}

export default {
  fetch(request, env, ctx) {
    if (request.headers.has("cf-connecting-ip")) return worker.fetch(request, env, ctx);
    const headers = new Headers(request.headers);
    headers.set("cf-connecting-ip", address());
    return worker.fetch(new Request(request, { headers }), env, ctx);
  },
};

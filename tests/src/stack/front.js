// Stands before our worker's entry in the suites, as a proxy of the merchant's does: tells the
// address of whoever asks, unless the test has said one.

import worker, { CounterObject, Internal, StoreObject, TillObject } from "./entry.js";

export { CounterObject, Internal, StoreObject, TillObject };

const ADDRESS = "127.0.0.1";

export default {
  fetch(request, env, ctx) {
    if (request.headers.has("cf-connecting-ip")) return worker.fetch(request, env, ctx);
    const headers = new Headers(request.headers);
    headers.set("cf-connecting-ip", ADDRESS);
    return worker.fetch(new Request(request, { headers }), env, ctx);
  },
};

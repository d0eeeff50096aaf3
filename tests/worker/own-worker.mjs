// A worker of a test's own, on a free port, with a saboteur in its tills (`faulty-entry.js`): a
// panic ends the isolate that other tests' requests are in. Its channels are the stack's.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startMovedWorker } from "./moved-worker.mjs";

/** Milliseconds of an hour. */
export const HOUR_MS = 3_600_000;

/**
 * Starts it, with the simulators' addresses in `env`. With a folder as `state`, it stores and
 * prints there; with `twin` another isolate shares its objects. Resolves to `{url, ownerToken,
 * secrets, forward, run, quiet, stop}`, of which `moved-worker.mjs` says more. Simulators of the
 * stack keep the true time: a channel whose signatures carry the time may refuse. Those of
 * `own-simulators.mjs` can keep up.
 */
export async function startWorker(env, { state, twin } = {}) {
  const ownerToken = `own_${randomBytes(20).toString("hex")}`;
  const masterKey = randomBytes(32).toString("base64");
  const sealKeys = randomBytes(32).toString("base64");
  const hosts = { stripe: env.SIM_STRIPE_URL, alipay: env.SIM_ALIPAY_URL,
    wechat_pay: env.SIM_WECHATPAY_URL };
  const worker = await startMovedWorker({
    fronts: ["faulty-entry.js", "traps.mjs"],
    twin,
    ...(state && { objects: join(state, "objects"), logs: state }),
    bindings: {
      ALLOW_HTTP: "1",
      CAUSEWAY_MASTER_KEY: masterKey,
      CAUSEWAY_OWNER_TOKEN: ownerToken,
      CAUSEWAY_SEAL_KEYS: sealKeys,
      CHANNEL_HOSTS: JSON.stringify(hosts),
    },
  });
  return { ...worker, ownerToken, secrets: { masterKey, sealKeys } };
}

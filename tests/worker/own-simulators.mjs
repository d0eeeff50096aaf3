// Simulators of a test's own, in a thread of their own, whose clock runs as fast as that of the
// test's worker (`own-worker.mjs`).

import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { shareKeys } from "../simulators/keys.mjs";
import { startSimulators } from "../simulators/start.mjs";
import { forward, run } from "./moved-date.mjs";

/** How many key pairs all merchants share: making one takes longer than a payment. */
const KEYS = 8;

/**
 * Starts them. `rate`: how many of their seconds pass in a true one. Resolves to
 * `{env, forward, stop}`; `env` names their addresses as `cargo xtask test` does, `forward` moves
 * their clock by milliseconds.
 */
export async function startOwnSimulators({ rate = 1 } = {}) {
  const thread = new Worker(new URL(import.meta.url), { workerData: { simulatorsAt: rate } });
  const { stripe, alipay, wechatpay } = await new Promise((resolve, reject) => {
    thread.once("message", resolve).once("error", reject);
  });
  return {
    env: { SIM_STRIPE_URL: stripe, SIM_ALIPAY_URL: alipay, SIM_WECHATPAY_URL: wechatpay },
    forward: async (forward_ms) => {
      thread.postMessage(forward_ms);
      await new Promise((resolve) => thread.once("message", resolve));
    },
    stop: () => thread.terminate(),
  };
}

if (!isMainThread && workerData?.simulatorsAt) {
  run(workerData.simulatorsAt);
  await shareKeys(KEYS);
  const { origins } = await startSimulators();
  parentPort.postMessage(origins);
  parentPort.on("message", (forward_ms) => {
    forward(forward_ms);
    parentPort.postMessage("moved");
  });
}

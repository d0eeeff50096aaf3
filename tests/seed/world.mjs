// What the past is lived in: worker, simulated channels and demo shop, with one clock for all of
// them that can be moved. All but the worker run in this process.

import { forward } from "../worker/moved-date.mjs";
import { startMovedWorker } from "../worker/moved-worker.mjs";
import { startSimulators } from "../simulators/start.mjs";
import { Book } from "../../www/shop/lib/book.mjs";
import { listen } from "../../www/shop/server.mjs";

/**
 * Starts channels and worker, with the clock set back.
 *
 * @param {object} wish
 * @param {number} wish.back_ms how far the clock is set back
 * @param {object} [wish.ports] of `worker`, `stripe`, `alipay`, `wechatpay`, `mail`; free ones for
 *   those left out
 * @param {string} [wish.stateFile] where the channels keep what they know
 * @param {(origins: object) => object} wish.bindings the worker's variables and secrets, given the
 *   channels' addresses
 * @param {object} [wish.worker] more for `startMovedWorker`
 */
export async function startWorld({ back_ms, ports = {}, stateFile, bindings, worker: more }) {
  const simulators = await startSimulators({ ports, stateFile });
  const { origins } = simulators;
  const secrets = bindings(origins);
  const worker = await startMovedWorker({ port: ports.worker, bindings: secrets, ...more });
  // The tests' helpers, which are used here too, ask the environment when they are loaded.
  Object.assign(process.env, { CAUSEWAY_URL: worker.url,
    CAUSEWAY_OWNER_TOKEN: secrets.CAUSEWAY_OWNER_TOKEN, SIM_STRIPE_URL: origins.stripe,
    SIM_ALIPAY_URL: origins.alipay, SIM_WECHATPAY_URL: origins.wechatpay,
    SIM_MAIL_URL: origins.mail });
  let ahead_ms = 0;
  let shop;
  let book;
  const clock = {
    async forward(ms) {
      ahead_ms += ms;
      await worker.forward(ms);
    },
    /** Shows the true time again. */
    right: () => clock.forward(-ahead_ms),
  };
  await clock.forward(-back_ms);
  return {
    origins,
    clock,

    /** Waits until nothing is under way: no notice, no webhook, no question to a channel. */
    async rest() {
      // What the worker did last may have had a channel send a notice.
      do {
        await simulators.idle();
        await worker.quiet();
      } while (!await simulators.idle());
    },

    /** Opens the demo shop at `url`, whose port is `port`. Resolves to what it knows. */
    async openShop({ keys, url, port, stateFile: file }) {
      // Four weeks of webhooks are written once, not once for each of them.
      book = new Book(file, { isPatient: true });
      shop = await listen({ port, shopUrl: url, causewayUrl: worker.url, ...keys }, book);
      return book;
    },

    /** Ends all of it; what was stored stays. The clock of this process is right again. */
    async stop() {
      await shop?.close();
      book?.save();
      await worker.stop();
      await simulators.stop();
      forward(-ahead_ms);
    },
  };
}

// The runtime rings a failing alarm seven times, for two and a half minutes, and then gives it up.
// The till's next request must set it again, or its orders would never be looked after.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startWorker } from "./own-worker.mjs";

const own = await startWorker(process.env);
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, at, read, until } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");

/** How long the runtime tries, and some more. */
const GIVES_UP_MS = 240_000;

const TEST = { timeout: 300_000 };

test("an alarm that the runtime gave up is set by the next request", TEST, async () => {
  const receiver = await Receiver.start();
  const store = await Store.make({ receiver });
  receiver.answer = () => (receiver.tries === 1 ? 500 : 204);
  const till = async (order) => {
    const body = JSON.stringify(order);
    return (await read(`${at.causeway}/_till/${store.id}/0`, { method: "POST", body })).body;
  };
  const order = await store.makeOrder();
  await till({ do: "sabotage", kind: "panic", on: "alarm", nth: 1, times: 1000 });
  await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
  await until("the first try", () => receiver.tries === 1);
  const given = await until("the runtime gives the alarm up", async () => {
    const found = await till({ do: "dump" });
    return found.failed > 1 && found.alarm === null && found;
  }, { within: GIVES_UP_MS });
  assert.equal(receiver.tries, 1);
  assert.equal(given.rang, given.failed);

  // What made it fail is mended; nobody tells the runtime.
  await till({ do: "sabotage", kind: "none", on: "nothing" });
  assert.equal((await till({ do: "dump" })).alarm, null);
  await store.order(order.id);
  assert.notEqual((await till({ do: "dump" })).alarm, null);
  await until("the webhook is tried again", () => receiver.tries >= 2);
  await receiver.stop();
  await own.stop();
});

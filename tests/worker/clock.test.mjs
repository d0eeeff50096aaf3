// What takes days, on a worker whose clock the test moves: orders expire, webhooks are tried for
// three days and more.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");

after(() => own.stop());

test("an order expires when its time is up, and not before", async () => {
  const receiver = await Receiver.start();
  receiver.clockMoves = true;
  const store = await Store.make({ receiver });
  const order = await store.makeOrder();
  const left_ms = Date.parse(order.expires_at) - Date.parse(order.created_at);
  await own.forward(left_ms - HOUR_MS / 60);
  assert.equal((await store.order(order.id)).state, "created");
  await own.forward(HOUR_MS / 60);
  await receiver.event("order.expired", order.id);
  assert.equal((await store.order(order.id)).state, "expired");
  await receiver.stop();
});

// What a client does whose connection breaks: it sends the same again, under the same ids and keys,
// until there is an answer. An answer is never a reason to do so: a worker that was killed gives
// none, and one that runs gives a good one.

import { setTimeout as pause } from "node:timers/promises";

/** How long between two tries. */
const AGAIN_MS = 100;
/** How long a client goes on trying: a worker under wrangler may be killed as soon as it stands. */
const PATIENCE_MS = 20 * 60_000;

/** How often something was sent again. */
export const counts = { again: 0 };

/** Does `work`, which calls the worker, again and again until its connection holds. */
export async function patient(work) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBroken(error) || Date.now() > end) throw error;
      counts.again += 1;
      await pause(AGAIN_MS);
    }
  }
}

/** What wrangler's proxy says when the worker behind it was killed a moment before it was itself. */
const SAID_BY_PROXY = "Your worker restarted mid-request";

/** Whether there was no answer of the worker's: refused, cut off, or silence. */
function isBroken(error) {
  if (error.name === "TimeoutError" || error.message.includes(SAID_BY_PROXY)) return true;
  return error instanceof TypeError && ["fetch failed", "terminated"].includes(error.message);
}

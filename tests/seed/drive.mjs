// Carries the plan out: moves the clock from step to step, and has everything come to rest before
// each move that is so long that what was signed before it would be too old after it.

/** Steps so near to each other are taken side by side. */
const TOGETHER_MS = 60_000;

/** What is under way may grow older by so much: signatures hold for five minutes. */
const HASTE_MS = 150_000;

/** How many steps are taken side by side. */
const MOST = 12;

/**
 * Takes all steps.
 *
 * @param {object[]} steps from `plan`, in the order of their times
 * @param {object} world `{clock, acts, rest}`: `clock.forward(ms)` moves the clock, `rest()` waits
 *   until nothing is under way
 * @param {(step: object) => void} said is told each step that was taken
 * @returns {Promise<Map<object, Error>>} the stories in which a step failed, with what failed: no
 *   further step of theirs was taken
 */
export async function drive(steps, { clock, acts, rest }, said = () => {}) {
  const failed = new Map();
  const take = async (step) => {
    if (failed.has(step.story)) return;
    await acts.do(step).catch((error) => failed.set(step.story, error));
    said(step);
  };
  let rested_ms = Date.now();
  for (const together of groups(steps)) {
    const ahead_ms = together[0].at_ms - Date.now();
    if (ahead_ms > 0) {
      if (together[0].at_ms - rested_ms > HASTE_MS) {
        await rest();
        await clock.forward(Math.max(together[0].at_ms - Date.now(), 0));
        rested_ms = Date.now();
      } else {
        await clock.forward(ahead_ms);
      }
    }
    await Promise.all(together.map(take));
  }
  await rest();
  return failed;
}

/** Steps that are taken side by side: near to each other, each of another story. */
function groups(steps) {
  const all = [];
  for (const step of steps) {
    const last = all.at(-1);
    const fits = last && last.length < MOST && step.at_ms - last[0].at_ms <= TOGETHER_MS
      && !last.some(({ story }) => story === step.story)
      // Faults are a merchant's, not a payment's.
      && ![...last, step].some(({ action, refused }) => action === "pay_late" || refused);
    if (fits) last.push(step);
    else all.push([step]);
  }
  return all;
}

// Holds what our worker does for a payment against the counts that the floor is made from, so that
// the floor stays honest: were ours to do more or less, the bench says so.

import { Driver } from "./driver.mjs";
import { COUNTS } from "./floor/counts.mjs";

/** Payments that are counted, after as many that are not. */
const PAYMENTS = 8;

/** What one phase of a way comes to, by the floor's table. */
export function expected(way, phase) {
  const { counters, steps, after = [] } = COUNTS[way][phase];
  const all = [...steps, ...after.flat()];
  const count = (what) => all.filter(([name]) => name === what).length;
  return {
    counter: counters.length,
    till: count("till"),
    rows: all.filter(([name]) => name === "till").reduce((sum, [, rows]) => sum + rows, 0),
    alarms: all.filter(([name, , alarm]) => name === "till" && alarm).length,
    subrequests: count("call") + count("webhook"),
    sign: count("sign"),
    verify: count("verify"),
  };
}

/** Says where a phase of ours does not what the table says. `ours` runs `floor/counting.js`. */
export async function checkCounts(ours, gateway) {
  const driver = new Driver(ours, gateway);
  const read = async () => (await fetch(`${ours.url}/_counts`)).json();
  for (const way of ours.ways) {
    await driver.payments(way, PAYMENTS);
    await read();
    await driver.payments(way, PAYMENTS, {
      between: async (phase) => {
        const found = await read();
        const wanted = expected(way, phase);
        for (const [what, count] of Object.entries(wanted)) {
          if (found[what] === count * PAYMENTS) continue;
          process.stderr.write(`  ${way}, ${phase}: ${found[what] / PAYMENTS} × ${what} a payment, `
            + `and tests/bench/floor/counts.mjs says ${count}: the floor is to be mended.\n`);
        }
      },
    });
  }
}

// Every fault of every channel, alone and in pairs: in the end the channel's books, our orders,
// refunds and events, and the webhooks that the shop received agree to the cent, and every order
// rests or waits with a timer.
//
// A worker of the test's own, whose time runs six times as fast, with simulators that go by the
// same clock. Played are all single faults and a share of the pairs, chosen by `CAUSEWAY_SEED`.
// `CAUSEWAY_FAULTS` is `all`, a number of pairs, or a part of the names of those to be played.

import assert from "node:assert/strict";
import { createHash, randomInt } from "node:crypto";
import { after, describe, test } from "node:test";
import { HASTE, combinations } from "./fault-table.mjs";
import { startOwnSimulators } from "./own-simulators.mjs";
import { startWorker } from "./own-worker.mjs";

/** How many pairs are played when nothing else is said. */
const SHARE = "100";
/** How many orders are under way at a time. */
const AT_A_TIME = 40;
/** How many times as fast the worker lives. */
const RATE = 6;
const TEST = { timeout: 1_800_000 };

const simulators = await startOwnSimulators({ rate: RATE });
const own = await startWorker(simulators.env);
await own.run(RATE, HASTE);
Object.assign(process.env, simulators.env,
  { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { endStories, nameOf, play } = await import("./fault-story.mjs");

after(async () => {
  await own.stop();
  await endStories();
  await simulators.stop();
});

const seed = Number(process.env.CAUSEWAY_SEED ?? randomInt(2 ** 31));
const { kept, excluded } = combinations();
const wanted = process.env.CAUSEWAY_FAULTS || SHARE;
const chosen = choose(kept);

function choose(all) {
  if (wanted === "all") return all;
  if (/^\d+$/.test(wanted)) return share(all, Number(wanted));
  return all.filter((one) => nameOf(one).includes(wanted));
}

/** All single faults, and so many pairs, by the seed. */
function share(all, count) {
  const pairs = all.filter(({ points }) => points.length === 2);
  // The same seed plays the same pairs.
  const lot = (pair) => createHash("sha256").update(`${seed} ${nameOf(pair)}`).digest("hex");
  const drawn = pairs.map((pair) => [lot(pair), pair]).sort(([a], [b]) => (a < b ? -1 : 1));
  return [...all.filter(({ points }) => points.length === 1),
    ...drawn.slice(0, count).map(([, pair]) => pair)];
}

let underWay = 0;
const waiting = [];

/** Plays a combination when there is room for one more. */
async function inTurn(combination) {
  if (underWay >= AT_A_TIME) await new Promise((resolve) => waiting.push(resolve));
  underWay += 1;
  try {
    return await play(combination);
  } finally {
    underWay -= 1;
    waiting.shift()?.();
  }
}

/** The combinations of a story in a way to pay. */
const groups = new Map();
for (const one of chosen) {
  const title = `${one.way.name}, ${one.story}`;
  groups.set(title, [...(groups.get(title) ?? []), one]);
}

describe("faults, alone and in pairs", { concurrency: true }, () => {
  for (const [title, list] of groups) {
    test(`${title}: ${list.length} combinations agree`, TEST, async (t) => {
      const ends = await Promise.all(list.map(inTurn));
      const bad = ends.flatMap(({ problems }, index) =>
        problems.map((problem) => `${nameOf(list[index])}\n${problem}`));
      const idle = list.filter(({ points }, index) => points.length === 1
        && ends[index].struck.length === 0 && ends[index].problems.length === 0).map(nameOf);
      const both = ends.filter(({ struck }, index) => struck.length === list[index].points.length);
      t.diagnostic(`${title}: all faults struck in ${both.length} of ${list.length}`);
      assert.equal(bad.length, 0,
        `${bad.length} of ${list.length} (seed ${seed}):\n${bad.slice(0, 20).join("\n\n")}`);
      assert.deepEqual(idle, [], "these faults never struck");
    });
  }

  test("what is left out has a reason", (t) => {
    for (const [because, count] of excluded) t.diagnostic(`${count} left out: ${because}`);
    t.diagnostic(`seed ${seed}, ${chosen.length} of ${kept.length} combinations played`);
    assert.ok([...excluded.keys()].every((because) => because.length > 20));
  });
});

// The browser's half of `cargo xtask bench`: drives Chromium and writes one JSON document with
// everything that was measured, which `tests/src/bench/browser.rs` turns into figures.
//
//   node bench/browser.mjs ROUNDS FOLDER
//
// FOLDER takes `browser.json` and the peers' bundles. The environment says where the stack,
// CHROMIUM and ESBUILD are.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundlePeers } from "./bundle.mjs";
import { Chromium } from "./cdp.mjs";
import { Forms } from "./forms.mjs";
import { Sealing } from "./sealing.mjs";

const PACKAGES = [
  "@adyen/adyen-web",
  "braintree-web-drop-in",
  "@hpke/core",
  "@hpke/hybridkem-x-wing",
  "jose",
];

const [rounds, folder] = [Number(process.argv[2]), process.argv[3]];
if (!(rounds > 0) || !folder) throw new Error("Usage: node bench/browser.mjs ROUNDS FOLDER");

await mkdir(folder, { recursive: true });
await bundlePeers(folder);
const browser = await Chromium.launch();
try {
  const versions = {};
  for (const name of PACKAGES) versions[name] = await version(name);
  const forms = await interleaved(
    await Forms.prepare(browser, folder),
    ["ours", "named", "apart", "bare", "adyen", "braintree"],
    ["desktop", "phone"],
  );
  const sealing = await interleaved(
    await Sealing.prepare(browser, folder),
    ["ours", "jose", "hpke"],
    ["desktop", "slow"],
  );
  await writeFile(join(folder, "browser.json"), JSON.stringify({ versions, forms, sealing }));
} finally {
  await browser.close();
}

/**
 * Measures each subject under each condition in turn, round after round, so that what the machine
 * does besides hits all alike; every other round backwards, so that none always comes after the
 * same. The first round warms up and does not count. Gives, by condition and subject, a list of
 * values under each name.
 */
async function interleaved(bench, subjects, conditions) {
  const found = {};
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const turns = round % 2 === 0 ? subjects : [...subjects].reverse();
      for (const condition of conditions) {
        for (const subject of turns) {
          const values = await bench[subject](condition);
          console.log(`  ${round}/${rounds} ${condition} ${subject}: ${told(values)}`);
          if (round === 0) continue;
          const lists = ((found[condition] ??= {})[subject] ??= {});
          for (const [name, value] of Object.entries(values)) (lists[name] ??= []).push(value);
        }
      }
    }
  } finally {
    await bench.close();
  }
  return found;
}

function told(values) {
  return Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(1)}`).join(", ");
}

/** The version of an installed package; some do not export their package.json. */
async function version(name) {
  const entry = createRequire(import.meta.url).resolve(name);
  const [folder] = entry.split(`/node_modules/${name}/`);
  return JSON.parse(await readFile(`${folder}/node_modules/${name}/package.json`, "utf8")).version;
}

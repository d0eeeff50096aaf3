// The server half of the bench. Prints one line with what the servers have to know, reads one line
// with where they are, and prints one line with all that was measured. `cargo xtask bench server`
// starts it, and the servers.

import { once } from "node:events";
import { createInterface } from "node:readline";
import { checkCounts } from "./checked.mjs";
import { Driver } from "./driver.mjs";
import { Floor } from "./floor.mjs";
import { Gateway } from "./gateway.mjs";
import { makeKeys, pemBody, randomHex } from "./keys.mjs";
import { addedMs, missingMs, pushedMs } from "./latency.mjs";
import { Ours } from "./ours.mjs";
import { Peer } from "./peer.mjs";

/** Payments of a way before the first that counts: by then the hot functions are compiled. */
const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 1_000);
/** Payments of one measurement: few enough that no query about them falls due before they end. */
const PAYMENTS = Number(process.env.BENCH_PAYMENTS ?? 200);
/** Rounds; in each, every contender is measured once in every way. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9);

const say = (text) => process.stderr.write(`${text}\n`);
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const gateway = await Gateway.start(makeKeys());
const secrets = {
  floor: Buffer.from(randomHex(24)).toString("base64"),
  peer: `whsec_${Buffer.from(randomHex(24)).toString("base64")}`,
  peerKey: randomHex(40),
};
const { keys } = gateway;
tell({
  gateway: gateway.url,
  floor: {
    GATEWAY: gateway.url,
    SIGN_KEY: pemBody(keys.merchant.privateKey),
    VERIFY_KEY: pemBody(keys.merchant.publicKey),
    MAC_KEY: secrets.floor,
  },
  peer: {
    GATEWAY: gateway.url,
    API_KEY: secrets.peerKey,
    STRIPE_KEY: keys.stripe.secret_key,
    STRIPE_WEBHOOK_SECRET: keys.stripe.webhook_secret,
    WEBHOOK_SECRET: secrets.peer,
  },
});
const [line] = await once(createInterface({ input: process.stdin }), "line");
const places = JSON.parse(line);

await checkCounts(await Ours.open(places.counted, gateway), gateway);
const ours = await Ours.open(places.ours, gateway);
const floor = new Floor({ ...places.floor, webhookSecret: `whsec_${secrets.floor}` });
const peer = new Peer({ ...places.peer, apiKey: secrets.peerKey, webhookSecret: secrets.peer });
const drivers = [ours, floor, peer].map((contender) => new Driver(contender, gateway));

const results = {};
for (const way of ours.ways) {
  results[way] = {};
  for (const driver of drivers.filter(({ contender }) => contender.ways.includes(way))) {
    results[way][driver.contender.name] = [];
  }
}
await everyone(async (driver, way) => {
  for (let done = 0; done < WARM_UP; done += PAYMENTS) {
    await driver.payments(way, Math.min(PAYMENTS, WARM_UP - done));
  }
});
for (let round = 1; round <= ROUNDS; round += 1) {
  say(`  round ${round} of ${ROUNDS}`);
  await everyone(async (driver, way) => {
    const pages = driver.contender === ours;
    results[way][driver.contender.name].push(await driver.payments(way, PAYMENTS, { pages }));
  });
}
const added_ms = {};
for (const way of ["stripe", "wechat_pay"]) {
  added_ms[way] = {};
  for (const contender of [ours, floor]) {
    added_ms[way][contender.name] = await addedMs(contender, gateway, way);
  }
}
const pushed_ms = await pushedMs(ours, gateway, "wechat_pay");
const other = await Ours.open(places.ours, gateway, "other");
tell({ results, added_ms, pushed_ms, missing_ms: await missingMs(ours, other) });
gateway.stop();

/** Every contender in every way of its, one after the other. */
async function everyone(work) {
  for (const way of ours.ways) {
    for (const driver of drivers) {
      if (driver.contender.ways.includes(way)) await work(driver, way);
    }
  }
}

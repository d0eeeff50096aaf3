#!/usr/bin/env node
// Gives a new state folder a past: four weeks of a shop, lived through the API with a clock that
// was set back. `cargo xtask start` runs it before it starts the servers, at their addresses.
//
//     node tests/seed/main.mjs --orders N --state DIR --built DIR --shop-url URL
//         --worker PORT --stripe PORT --alipay PORT --wechatpay PORT --mail PORT
//         --shop PORT
//
// The worker's variables and secrets are in the environment. Prints `ready` once the worker can be
// called; reads one line with the keys of the store, which was set up then (`{secret_key,
// publishable_key, webhook_secret}`); prints a line for each step that it takes; ends.

import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { DAYS } from "./plan.mjs";
import { tell } from "./tell.mjs";
import { startWorld } from "./world.mjs";

const DAY_MS = 86_400_000;
/** One story in so many may fail. */
const FEW = 20;
const SECRETS = ["ALLOW_HTTP", "CAUSEWAY_MASTER_KEY", "CAUSEWAY_OWNER_TOKEN", "CAUSEWAY_SEAL_KEYS",
  "CHANNEL_HOSTS", "PUBLIC_URL"];
/** Where wrangler looks for the objects of its local worker, below what `--persist-to` names. */
const OBJECTS = "state/v3/do";

const PORTS = ["worker", "stripe", "alipay", "wechatpay", "mail", "shop"];
const WORDS = ["orders", "state", "built", "shop-url", ...PORTS];
const options = Object.fromEntries(WORDS.map((name) => [name, { type: "string" }]));
const { values } = parseArgs({ options });

const state = resolve(values.state);
const built = pathToFileURL(`${resolve(values.built)}/`);
const logs = join(state, "logs/past");
mkdirSync(logs, { recursive: true });

const end_ms = Date.now();
const world = await startWorld({
  back_ms: DAYS * DAY_MS,
  ports: Object.fromEntries(PORTS.map((name) => [name, Number(values[name])])),
  stateFile: join(state, "simulators.json"),
  bindings: () => Object.fromEntries(SECRETS.map((name) => [name, process.env[name]])),
  worker: {
    objects: join(state, OBJECTS),
    logs,
    worker: new URL("worker/", built),
    site: new URL("target/site/", built),
  },
});
console.log("ready");
const [line] = await once(createInterface(process.stdin), "line");
const { secret_key: secretKey, publishable_key: publishableKey,
  webhook_secret: webhookSecret } = JSON.parse(line);
await world.openShop({
  keys: { secretKey, publishableKey, webhookSecret },
  url: values["shop-url"],
  port: Number(values.shop),
  stateFile: join(state, "shop.json"),
});
const stories = await tell(world, {
  id: "demo",
  shop: values["shop-url"],
  secretKey,
  orders: Number(values.orders),
  end_ms,
}, (made, of, at) => {
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
  console.log(`${day}: order ${made} of ${of}`);
});
await world.stop();
const failed = stories.filter(({ error }) => error);
for (const { error } of failed) console.error(error.stack);
// A machine with too much to do may let some time-outs pass: the store is as good without those.
if (failed.length * FEW > stories.length) process.exit(1);
// Sockets that are kept open for further calls must not keep the process.
process.exit(0);

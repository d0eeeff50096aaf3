// A worker of a test's own, on a free port, with a saboteur in its tills (`faulty-entry.js`): a
// panic ends the isolate that other tests' requests are in. Its channels are the stack's.

import { randomBytes } from "node:crypto";
import { appendFileSync, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { forward, run } from "./moved-date.mjs";

const WORKER = new URL("../../worker/", import.meta.url);
const SITE = fileURLToPath(new URL("../../target/site", import.meta.url));
const require = createRequire(new URL("package.json", WORKER));
const { Log, LogLevel, Miniflare } = require("miniflare");
const { Agent, setGlobalDispatcher } = require("undici");

// A connection for each request: workerd ends idle ones, perhaps while a request is on its way.
setGlobalDispatcher(new Agent({ pipelining: 0 }));

/** Miniflare's own log, in a file. */
class FileLog extends Log {
  #path;

  constructor(state) {
    super(LogLevel.VERBOSE);
    this.#path = join(state, "miniflare.log");
  }

  log(message) {
    appendFileSync(this.#path, `${message}\n`);
  }
}

/** The modules of the worker that was built, with the saboteur in front. */
async function modules() {
  const js = async (path, url) => {
    const contents = await readFile(url, "utf8");
    return { type: "ESModule", path, contents };
  };
  return [
    await js("faulty-entry.js", new URL("faulty-entry.js", import.meta.url)),
    await js("moved-date.mjs", new URL("moved-date.mjs", import.meta.url)),
    await js("traps.mjs", new URL("traps.mjs", import.meta.url)),
    await js("entry.js", new URL("entry.js", WORKER)),
    await js("build/index.js", new URL("build/index.js", WORKER)),
    {
      type: "CompiledWasm",
      path: "build/index_bg.wasm",
      contents: await readFile(new URL("build/index_bg.wasm", WORKER)),
    },
  ];
}

/** Milliseconds of an hour. */
export const HOUR_MS = 3_600_000;

/**
 * Starts it, with the simulators' addresses in `env`. With a folder as `state`, it stores and
 * prints there. Resolves to `{url, ownerToken, secrets, forward, run, stop}`. `forward` moves the
 * clock of the worker and of this process by milliseconds, so that alarms which are due by then
 * ring at once; `run` makes it, and the worker's time-outs, so many times as fast. Simulators of
 * the stack keep the true time: a channel whose signatures carry the time may refuse. Those of
 * `own-simulators.mjs` can keep up.
 */
export async function startWorker(env, { state } = {}) {
  const object = (className) => ({ className, useSQLite: true });
  const ownerToken = `own_${randomBytes(20).toString("hex")}`;
  const hosts = { stripe: env.SIM_STRIPE_URL, alipay: env.SIM_ALIPAY_URL,
    wechat_pay: env.SIM_WECHATPAY_URL };
  const settings = {
    name: "causeway",
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: state ? new FileLog(state) : new Log(LogLevel.NONE),
    ...(state && { durableObjectsPersist: join(state, "objects") }),
    // Its log would be taken for the tests' own output.
    handleRuntimeStdio: (out, errors) => [out, errors].forEach((stream) => (state
      ? stream.pipe(createWriteStream(join(state, "workerd.log"), { flags: "a" }))
      : stream.resume())),
    compatibilityDate: "2026-04-01",
    modules: await modules(),
    modulesRoot: "/",
    durableObjects: { TILL: object("TillObject"), STORE: object("StoreObject"),
      COUNTER: object("CounterObject") },
    serviceBindings: {
      SELF: { name: "causeway", entrypoint: "Internal" },
      ASSETS: { disk: { path: SITE } },
    },
    bindings: {
      ALLOW_HTTP: "1",
      CAUSEWAY_MASTER_KEY: randomBytes(32).toString("base64"),
      CAUSEWAY_OWNER_TOKEN: ownerToken,
      CAUSEWAY_SEAL_KEYS: randomBytes(32).toString("base64"),
      CHANNEL_HOSTS: JSON.stringify(hosts),
      PUBLIC_URL: "http://127.0.0.1:1",
    },
  };
  const miniflare = new Miniflare(settings);
  const url = (await miniflare.ready).origin;
  // Its own address, to which channels send notices, is known only now.
  const bindings = { ...settings.bindings, PUBLIC_URL: url };
  await miniflare.setOptions({ ...settings, port: Number(new URL(url).port), bindings });
  const { CAUSEWAY_MASTER_KEY: masterKey, CAUSEWAY_SEAL_KEYS: sealKeys } = bindings;
  return {
    url,
    ownerToken,
    secrets: { masterKey, sealKeys },
    forward: (forward_ms) => {
      forward(forward_ms);
      return setClock(url, { forward_ms });
    },
    run: (rate, haste) => {
      run(rate);
      return setClock(url, { rate, haste });
    },
    stop: () => miniflare.dispose(),
  };
}

async function setClock(url, change) {
  const answer = await fetch(`${url}/_clock`, { method: "POST", body: JSON.stringify(change) });
  if (!answer.ok) throw new Error(`The clock stays: ${answer.status} ${await answer.text()}`);
}

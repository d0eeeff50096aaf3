// A built worker in this process's Miniflare, with a clock that can be moved (`clock-entry.js`).

import { appendFileSync, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import "../connections.mjs";
import { forward, run } from "./moved-date.mjs";

const WORKER = new URL("../../worker/", import.meta.url);
const SITE = new URL("../../target/site/", import.meta.url);
const require = createRequire(new URL("package.json", WORKER));
const { Log, LogLevel, Miniflare } = require("miniflare");

/** Miniflare's own log, in a file. */
class FileLog extends Log {
  #path;

  constructor(folder) {
    super(LogLevel.VERBOSE);
    this.#path = join(folder, "miniflare.log");
  }

  log(message) {
    appendFileSync(this.#path, `${message}\n`);
  }
}

/** The modules of a worker that was built; the first of `fronts`, files of this folder, leads. */
async function modules(worker, fronts) {
  const js = async (path, folder) => {
    const contents = await readFile(new URL(path, folder), "utf8");
    return { type: "ESModule", path, contents };
  };
  return [
    ...await Promise.all(fronts.map((path) => js(path, import.meta.url))),
    await js("entry.js", worker),
    await js("build/index.js", worker),
    {
      type: "CompiledWasm",
      path: "build/index_bg.wasm",
      contents: await readFile(new URL("build/index_bg.wasm", worker)),
    },
  ];
}

/** What stands before the worker's own entry. */
const CLOCK = ["clock-entry.js", "moved-date.mjs"];

/**
 * Starts a worker. Resolves to `{url, forward, run, quiet, stop}`: `forward` moves the clock of the
 * worker and of this process by milliseconds, so that alarms which are due by then ring at once;
 * `run` makes it, and the worker's time-outs, so many times as fast; `quiet` waits until the
 * worker has nothing left to do.
 *
 * @param {object} wish
 * @param {object} wish.bindings variables and secrets; without PUBLIC_URL, its own address is that
 * @param {number} [wish.port] where it listens, on 127.0.0.1; a free one when left out
 * @param {string} [wish.objects] the folder of its objects; in memory when left out
 * @param {string} [wish.logs] the folder of its logs; none when left out
 * @param {string[]} [wish.fronts] modules of this folder that lead to `clock-entry.js`
 * @param {boolean} [wish.twin] whether there is another isolate with the same objects, at `twin`;
 *   its clock stays as it is
 * @param {URL} [wish.worker] the folder of the built worker, and `wish.site` that of the site
 */
export async function startMovedWorker({
  bindings, port = 0, objects, logs, fronts = [], twin = false, worker = WORKER, site = SITE,
}) {
  const objectsOf = (more) => {
    const object = (className) => ({ className, useSQLite: true, ...more });
    return { TILL: object("TillObject"), STORE: object("StoreObject"),
      COUNTER: object("CounterObject") };
  };
  const shared = {
    host: "127.0.0.1",
    cf: false,
    log: logs ? new FileLog(logs) : new Log(LogLevel.NONE),
    ...(objects && { durableObjectsPersist: objects }),
    // Its log would be taken for the tests' own output.
    handleRuntimeStdio: (out, errors) => [out, errors].forEach((stream) => (logs
      ? stream.pipe(createWriteStream(join(logs, "workerd.log"), { flags: "a" }))
      : stream.resume())),
  };
  const first = {
    name: "causeway",
    compatibilityDate: "2026-04-01",
    modules: await modules(worker, [...fronts, ...CLOCK]),
    modulesRoot: "/",
    durableObjects: objectsOf(),
    serviceBindings: {
      SELF: { name: "causeway", entrypoint: "Internal" },
      ASSETS: { disk: { path: fileURLToPath(site) } },
    },
  };
  const second = { ...first, name: "twin", unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    durableObjects: objectsOf({ scriptName: "causeway" }) };
  const settings = (at, PUBLIC_URL) => {
    const workers = twin ? [first, second] : [first];
    const known = { PUBLIC_URL, ...bindings };
    return { ...shared, port: at, workers: workers.map((one) => ({ ...one, bindings: known })) };
  };
  const miniflare = new Miniflare(settings(port, "http://127.0.0.1:1"));
  const url = (await miniflare.ready).origin;
  if (!bindings.PUBLIC_URL) {
    // Its own address, to which channels send notices, is known only now.
    await miniflare.setOptions(settings(Number(new URL(url).port), url));
  }
  return {
    url,
    ...(twin && { twin: (await miniflare.unsafeGetDirectURL("twin")).origin }),
    forward: (forward_ms) => {
      forward(forward_ms);
      return post(url, "_clock", { forward_ms });
    },
    run: (rate, haste) => {
      run(rate);
      return post(url, "_clock", { rate, haste });
    },
    quiet: () => post(url, "_quiet", {}),
    stop: () => miniflare.dispose(),
  };
}

async function post(url, path, body) {
  // Packing the answer would take longer than all else.
  const headers = { "accept-encoding": "identity" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${url}/${path}`, options);
  if (!answer.ok) throw new Error(`/${path}: ${answer.status} ${await answer.text()}`);
}

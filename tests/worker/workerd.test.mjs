// The worker on a plain workerd, from the settings and with the options that README.md gives a
// merchant. How it pays, and how it lives through being killed, `cargo xtask chaos` shows.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { read } from "./stack.mjs";

const WORKER = fileURLToPath(new URL("../../worker/", import.meta.url));

const SETTINGS = {
  CAUSEWAY_MASTER_KEY: randomBytes(32).toString("base64"),
  CAUSEWAY_SEAL_KEYS: randomBytes(32).toString("base64"),
  CAUSEWAY_OWNER_TOKEN: randomBytes(32).toString("hex"),
  PUBLIC_URL: "https://pay.shop.example",
};

/** Runs it with these variables and nothing else, for as long as `use` takes. */
async function withWorkerd(env, use) {
  const state = join(process.env.STATE_DIR, `workerd-${randomBytes(6).toString("hex")}`);
  mkdirSync(state);
  const options = ["serve", "workerd.capnp", `--directory-path=state=${state}`,
    "--directory-path=site=../target/site", "--socket-addr=http=127.0.0.1:0", "--control-fd=3"];
  const stdio = ["ignore", "ignore", "ignore", "pipe"];
  const workerd = spawn("node_modules/.bin/workerd", options, { cwd: WORKER, env, stdio });
  const ended = new Promise((done) => workerd.once("exit", done));
  try {
    // It says which port it took.
    for await (const line of createInterface({ input: workerd.stdio[3] })) {
      const { event, port } = JSON.parse(line);
      if (event === "listen") return await use(`http://127.0.0.1:${port}`);
    }
    return assert.fail("workerd ended before it listened");
  } finally {
    workerd.kill();
    await ended;
  }
}

test("a plain workerd serves with secrets and an address alone", () =>
  withWorkerd(SETTINGS, async (url) => {
    assert.equal((await read(`${url}/healthz`)).status, 200);
    const loader = await read(`${url}/causeway.js`);
    assert.equal(loader.status, 200);
    assert.match(loader.headers.get("content-type"), /javascript/);
    const headers = { authorization: `Bearer ${SETTINGS.CAUSEWAY_OWNER_TOKEN}`,
      "causeway-store": "tea", "content-type": "application/json" };
    const body = JSON.stringify({ name: "Tea", allowed_origins: ["https://shop.example"] });
    const store = await read(`${url}/v1/store`, { method: "PUT", headers, body });
    assert.equal(store.status, 200, store.text);
  }));

for (const missing of Object.keys(SETTINGS)) {
  test(`a plain workerd names ${missing} where it is not in its environment`, () => {
    const { [missing]: _, ...env } = SETTINGS;
    return withWorkerd(env, async (url) => {
      const answer = await read(`${url}/v1/orders`);
      assert.equal(answer.status, 503, answer.text);
      assert.equal(answer.body.code, "not_configured");
      assert.ok(answer.body.detail.startsWith(missing), answer.body.detail);
    });
  });
}

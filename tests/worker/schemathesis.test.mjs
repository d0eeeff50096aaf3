// The API fuzzed from its own document by Schemathesis, as each kind of caller: no 5xx, no answer
// that the document does not have, nothing taken that it forbids, nothing refused that it allows
// but for the rules that `../schemathesis/hooks.py` names. What fails is printed with the request
// that repeats it, once the key is put in.
//
// The requests follow from a seed, which is printed. `SCHEMATHESIS_SEED` asks for others, and
// `SCHEMATHESIS_EXAMPLES` for more than a few of each operation:
// `SCHEMATHESIS_EXAMPLES=500 SCHEMATHESIS_SEED=$RANDOM cargo xtask test worker/schemathesis`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startWorker } from "./own-worker.mjs";

const { SCHEMATHESIS: PROGRAM } = process.env;
if (!PROGRAM) throw new Error("SCHEMATHESIS is not set. Run: cargo xtask test worker");
const EXAMPLES = process.env.SCHEMATHESIS_EXAMPLES ?? "4";
const SEED = process.env.SCHEMATHESIS_SEED ?? "20261122";
const file = (name) => fileURLToPath(new URL(`../schemathesis/${name}`, import.meta.url));

// A worker of its own: thousands of odd requests are nobody else's load. Nor is wrangler's proxy
// asked, which answers 503 by itself when workerd ends an idle connection.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, at, contract, usd } = await import("./stack.mjs");

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "causeway-schemathesis-"));
});
after(async () => {
  await own.stop();
  await rm(folder, { recursive: true });
});

/**
 * Who calls. `shows` is what it shows for each of the document's security schemes; a scheme that is
 * missing is one that it has nothing for. All operations are fuzzed as each caller; every edge that
 * the document has is tried (the phase "coverage", most of the time) where `edges` says so: by one
 * caller who may do it.
 */
const CALLERS = {
  "the owner token": {
    edges: "^/v1/(store|mail|api_keys|sealing_keys|operators|audit|me|sessions|passkeys|views)",
    shows: (store) => ({ ownerToken: ["bearer", at.ownerToken], ownerStore: ["api_key", store.id],
      ownerMode: ["api_key", "test"] }),
  },
  "a secret key": {
    edges: "^/v1/(orders|refund_requests|events|webhook_endpoints|prices|accounts|channels"
      + "|onboarding)",
    shows: (store) => ({ secretKey: ["bearer", store.secretKey] }),
  },
  "a publishable key": {
    edges: "^/v1/carts",
    shows: async (store) => {
      const { key } = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
      // Also where only a secret key may be used: it is refused there.
      return { publishableKey: ["bearer", key], secretKey: ["bearer", key] };
    },
  },
  "no key": { edges: "^/(?!v1/)", shows: () => ({}) },
};

test("each operation has a caller who tries its edges", () => {
  for (const path of Object.keys(contract.document.paths)) {
    const callers = Object.values(CALLERS).filter(({ edges }) => new RegExp(edges).test(path));
    assert.equal(callers.length, 1, path);
  }
});

/** A caller's settings; its secrets are in the environment alone. Resolves to `{path, env}`. */
async function settings(name, store) {
  const { edges, shows } = CALLERS[name];
  const { client_token: token } = await store.makeOrder();
  await store.owner.ok("PUT", "/v1/prices/tea", { name: "Tea", prices: [usd("12.50")] });
  const lines = [await readFile(file("schemathesis.toml"), "utf8"),
    "[[operations]]", `exclude-path-regex = '${edges}'`, "phases.coverage.enabled = false"];
  const env = { SCHEMATHESIS_HOOKS: file("hooks.py"), CAUSEWAY_CLIENT_TOKEN: token,
    CAUSEWAY_ACCOUNT: store.accounts.stripe.id };
  for (const [scheme, [kind, value]] of Object.entries(await shows(store))) {
    lines.push(`[auth.openapi.${scheme}]`, `${kind} = "\${SHOWN_${scheme}}"`);
    env[`SHOWN_${scheme}`] = value;
  }
  const path = join(folder, `${name.replaceAll(" ", "-")}.toml`);
  await writeFile(path, lines.join("\n"));
  return { path, env };
}

/** Fuzzes; resolves to `{code, text}`. */
function fuzz({ path, env }) {
  const args = ["--config-file", path, "run", `${at.causeway}/openapi.json`, "--no-color",
    "--seed", SEED, "--max-examples", EXAMPLES];
  const child = spawn(PROGRAM, args, { cwd: folder, env: { ...process.env, ...env } });
  const texts = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => texts.push(chunk));
  }
  return new Promise((done, failed) => {
    child.on("error", failed).on("close", (code) =>
      done({ code, text: Buffer.concat(texts).toString() }));
  });
}

// One caller after the other: what is sent follows from answers before, and so from the seed.
describe(`the API as its document says, seed ${SEED}`, () => {
  for (const name of Object.keys(CALLERS)) {
    test(`for a caller with ${name}`, async (t) => {
      const store = await Store.make({ channels: ["stripe"] });
      const { code, text } = await fuzz(await settings(name, store));
      t.diagnostic(text.match(/^ *\d+ generated.*$/m)?.[0].trim() ?? "nothing was generated");
      assert.equal(code, 0, text);
    });
  }
});

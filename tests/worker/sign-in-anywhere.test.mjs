// Wrong tries to sign in where no proxy tells an address, so that nobody can be counted by one:
// each waits, and none keeps anybody out.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { startMovedWorker } from "./moved-worker.mjs";

const FORM = { "content-type": "application/x-www-form-urlencoded",
  "sec-fetch-site": "same-origin" };

const ownerToken = `own_${randomBytes(20).toString("hex")}`;
let worker;

before(async () => {
  worker = await startMovedWorker({
    fronts: ["patient-entry.js"],
    bindings: {
      ALLOW_HTTP: "1",
      CAUSEWAY_MASTER_KEY: randomBytes(32).toString("base64"),
      CAUSEWAY_OWNER_TOKEN: ownerToken,
      CAUSEWAY_SEAL_KEYS: randomBytes(32).toString("base64"),
    },
  });
});

after(() => worker.stop());

async function owner(method, path, body) {
  const headers = { authorization: `Bearer ${ownerToken}`, "causeway-store": "tea",
    "content-type": "application/json" };
  const answer = await fetch(worker.url + path, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

const signIn = (token) => fetch(`${worker.url}/dashboard/sign-in`, { method: "POST",
  headers: FORM, body: new URLSearchParams({ token }), redirect: "manual" });

const pauses = async (method = "GET") =>
  (await (await fetch(`${worker.url}/_pauses`, { method })).json()).pauses;

test("a wrong try waits before it is answered, a right one does not", { timeout: 60_000 }, async () => {
  await owner("PUT", "/v1/store", { name: "Tea" });
  const person = { email: "ann@shop.example", name: "Ann", role: "owner" };
  const { id } = await owner("POST", "/v1/operators", person);
  const { token } = await owner("POST", `/v1/operators/${id}/token`);
  const wrong = `opt_tea_${"0".repeat(32)}`;
  let answered = 0;
  const tries = Array.from({ length: 12 }, (_, n) => signIn(n % 2 ? wrong : "x").then((answer) => {
    answered += 1;
    return answer.status;
  }));
  // None can be answered before all of them wait: that they wait is what ends this.
  while (answered === 0 && await pauses() < tries.length);
  assert.equal(answered, 0);
  const right = await signIn(token);
  assert.equal(right.status, 303);
  assert.equal(await pauses(), tries.length);
  assert.equal(answered, 0);
  await pauses("POST");
  assert.deepEqual(await Promise.all(tries), tries.map(() => 422));
});

// Keys that cards are sealed to: a store makes its own, and older ones end. On a worker of its own,
// whose clock is moved, and whose master key is known.

import assert from "node:assert/strict";
import { createDecipheriv, createHmac } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Search, filesBelow, formsOfBytes, formsOfText } from "./marks.mjs";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

const state = await mkdtemp(join(tmpdir(), "causeway-sealing-"));
const own = await startWorker(process.env, { state, twin: true });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, read } = await import("./stack.mjs");
const { Shopper, reference } = await import("./shopper.mjs");
const { seal, plain, CARDS } = await import("./seal.mjs");

/** Everything that the worker answered, as text. */
const answers = [];
const fetchAsIs = globalThis.fetch;
globalThis.fetch = async (...asked) => {
  const answer = await fetchAsIs(...asked);
  if (String(asked[0]).startsWith(own.url)) answers.push(await answer.clone().text());
  return answer;
};

let store;
before(async () => {
  store = await Store.make({ channels: ["stripe"] });
});
after(async () => {
  await own.stop();
  await rm(state, { recursive: true });
});

const PATH = "/v1/sealing_keys";
const keys = async (of = store) => (await of.api.ok("GET", PATH)).data;
const rotate = (of = store) => of.owner.ok("POST", PATH);

/** A shopper who has an order's page open, which stays payable for days. */
async function opened(of = store) {
  const expires_at = new Date(Date.now() + 100 * HOUR_MS).toISOString();
  const order = await of.makeOrder({ expires_at });
  const shopper = new Shopper(order);
  await shopper.open();
  return { order, shopper, key: shopper.data.seal };
}

/** The attempt is refused because its key has ended; the answer has the key in use. */
async function assertEnded({ order, shopper }) {
  const answer = await shopper.post(await shopper.attempt("card"));
  assert.equal(answer.status, 422, answer.text);
  const [problem] = answer.body.errors;
  assert.deepEqual([problem.pointer, problem.code], ["/envelope", "key_ended"]);
  assert.match(problem.detail, /nothing was charged: reload the page/);
  assert.deepEqual((await store.order(order.id)).attempts, []);
  assert.equal(await store.merchants.stripe.payment(reference(order)), undefined);
  return answer.body.seal;
}

test("without keys of its own a store uses those of the deployment", async () => {
  const listed = await store.api.ok("GET", PATH);
  assert.deepEqual(listed.data.map(({ source, in_use }) => [source, in_use]),
    [["deployment", true]]);
  assert.match(listed.how_to_rotate, /POST \/v1\/sealing_keys.*CAUSEWAY_SEAL_KEYS/s);
  assert.equal((await opened()).key.key_id, listed.data[0].id);
});

describe("a new key", () => {
  test("is in use at once, and pages from before still pay", async () => {
    const first = await opened();
    const made = await rotate();
    assert.deepEqual([made.source, made.in_use, made.ends_at], ["store", true, null]);
    const second = await opened();
    assert.equal(second.key.key_id, made.id);
    const newer = await rotate();
    const third = await opened();
    assert.equal(third.key.key_id, newer.id);
    assert.equal(new Set([first, second, third].map(({ key }) => key.public_key)).size, 3);
    for (const { shopper } of [first, second, third]) {
      assert.equal((await shopper.pay("card")).state, "paid");
    }
    const listed = await keys();
    assert.deepEqual(listed.map(({ id, source, in_use }) => [id, source, in_use]), [
      [newer.id, "store", true], [made.id, "store", false],
      [first.key.key_id, "deployment", false]]);
    const overlap_ms = Date.parse(listed[1].ends_at) - Date.parse(newer.created_at);
    assert.ok(Math.abs(overlap_ms - 48 * HOUR_MS) < 60_000, `${overlap_ms}`);
  });

  test("is known where the settings were read before it was made", async () => {
    const at_ = await Store.make({ channels: ["stripe"] });
    const elsewhere = (method, path, body) => read(own.twin + path, { method,
      headers: { ...at_.api.headers, "content-type": "application/json" },
      body: body && JSON.stringify(body) });
    const old = await elsewhere("GET", PATH);
    const made = await rotate(at_);
    const { shopper, key } = await opened(at_);
    assert.equal(key.key_id, made.id);
    assert.deepEqual((await elsewhere("GET", PATH)).body, old.body, "it asks the store no sooner");
    const body = await shopper.attempt("card");
    const answer = await elsewhere("POST", `/checkout/${shopper.token}/attempts`, body);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.state, "paid");
  });

  test("is the store's alone", async () => {
    const other = await Store.make({ channels: ["stripe"] });
    const { id } = await rotate();
    assert.ok(!(await keys(other)).some((key) => key.id === id));
    await other.owner.refused(404, "DELETE", `${PATH}/${id}`);
    const page = await opened(other);
    const { key } = await opened();
    page.shopper.data.seal = key;
    const answer = await page.shopper.post(await page.shopper.attempt("card"));
    assert.equal(answer.body.errors[0].code, "key_ended");
  });

  test("is audited, and so is the end of an old one; without the key", async () => {
    const at_ = await Store.make();
    const [old, made] = [await rotate(at_), await rotate(at_)];
    await at_.owner.ok("DELETE", `${PATH}/${old.id}`);
    const { data: rows } = await at_.owner.ok("GET", "/v1/audit?act=sealing_key.");
    assert.deepEqual(rows.map(({ act, target }) => [act, target]), [
      ["sealing_key.delete", old.id], ["sealing_key.create", made.id],
      ["sealing_key.create", old.id]]);
    assert.deepEqual(Object.keys(rows[0].before), ["created_at", "ends_at"]);
    assert.deepEqual([rows[0].after, rows[1].before], [null, null]);
  });

  test("is refused where there are eight", async () => {
    const full = await Store.make();
    for (let n = 0; n < 8; n += 1) await rotate(full);
    const { detail } = await full.owner.refused(409, "POST", PATH);
    assert.match(detail, /8 sealing keys/);
    const oldest = (await keys(full)).findLast(({ source }) => source === "store");
    await full.owner.ok("DELETE", `${PATH}/${oldest.id}`);
    await rotate(full);
  });
});

describe("the end of a key", () => {
  test("comes at once for one that is deleted; its page is told the key in use", async () => {
    await rotate();
    const page = await opened();
    await rotate();
    await store.owner.ok("DELETE", `${PATH}/${page.key.key_id}`);
    const given = await assertEnded(page);
    assert.equal(given.key_id, (await keys())[0].id);
    page.shopper.data.seal = given;
    assert.equal((await page.shopper.pay("card")).state, "paid");
  });

  test("does not come for the one in use, nor for the deployment's", async () => {
    const [used] = await keys();
    const refused = (id) => store.owner.refused(409, "DELETE", `${PATH}/${id}`);
    assert.match((await refused(used.id)).detail, /make a new one first/);
    const deployed = (await keys()).at(-1);
    assert.match((await refused(deployed.id)).detail, /CAUSEWAY_SEAL_KEYS/);
    await store.owner.refused(404, "DELETE", `${PATH}/${"0".repeat(16)}`);
    assert.deepEqual((await keys()).filter(({ in_use }) => in_use).map(({ id }) => id), [used.id]);
  });

  test("leaves an attempt that is known as it is", async () => {
    const page = await opened();
    const body = await page.shopper.attempt("card");
    assert.equal((await page.shopper.post(body)).body.state, "paid");
    await rotate();
    await store.owner.ok("DELETE", `${PATH}/${page.key.key_id}`);
    const again = await page.shopper.post(body);
    assert.equal(again.status, 200, again.text);
    assert.equal(again.body.state, "paid");
  });

  test("ends an attempt that waited for its channel with its order, and charges nothing",
    async () => {
      await rotate();
      const page = await opened();
      const body = await page.shopper.attempt("card");
      await store.merchants.stripe.faults({ fault: "error_500", on: "create", times: "always" });
      assert.equal((await page.shopper.post(body)).body.state, "processing");
      await rotate();
      await store.owner.ok("DELETE", `${PATH}/${page.key.key_id}`);
      await store.merchants.stripe.faults();
      const after_ = async (ms) => {
        await own.forward(ms);
        await own.quiet();
        const { state: of, attempts } = await store.order(page.order.id);
        return [of, ...attempts.map((attempt) => attempt.state)];
      };
      assert.equal((await after_(HOUR_MS / 60))[0], "processing");
      await after_(100 * HOUR_MS);
      assert.deepEqual(await after_(HOUR_MS), ["expired", "closed"]);
      assert.equal(await store.merchants.stripe.payment(reference(page.order)), undefined);
    });

  test("comes by itself 48 hours after the next was made, and the row is gone", async () => {
    const page = await opened();
    const next = await rotate();
    await own.forward(48 * HOUR_MS - HOUR_MS / 60);
    assert.ok((await keys()).some(({ id }) => id === page.key.key_id));
    assert.equal((await page.shopper.pay("card")).state, "paid");
    const late = await opened();
    late.shopper.data.seal = page.key;
    await own.forward(HOUR_MS / 60);
    assert.deepEqual((await keys()).map(({ id }) => id), [next.id, (await keys()).at(-1).id]);
    await assertEnded(late);
  });
});

test("the secret half is told to nobody, and stored sealed", async () => {
  const made = await seeds();
  assert.ok(made.length >= 8, `${made.length} seeds`);
  assert.deepEqual(new Set(made.map(({ seed }) => seed.length)), new Set([32]));
  const marks = made.map(({ id, seed }) => [id, formsOfBytes(seed)]);
  const search = new Search(marks);
  for (const { path, bytes } of filesBelow(state)) assert.deepEqual(search.in(bytes, path), []);
  const told = new Search([...marks, ...made.map(({ id, sealed }) => [id, formsOfText(sealed)])]);
  answers.push(JSON.stringify(await store.owner.ok("GET", "/v1/audit?limit=100")));
  for (const text of answers) assert.deepEqual(told.in(text, "an answer"), []);
  for (const log of ["miniflare.log", "workerd.log"]) {
    assert.deepEqual(told.in(await readFile(join(state, log)), log), []);
  }
});

/** HChaCha20 (draft-irtf-cfrg-xchacha-03, section 2.2). */
function hchacha(key, nonce) {
  const x = new Uint32Array([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
    ...new Uint32Array(new Uint8Array(key).buffer),
    ...new Uint32Array(new Uint8Array(nonce).buffer)]);
  const turn = (a, b, bits) => {
    const mixed = x[a] ^ x[b];
    x[a] = (mixed << bits) | (mixed >>> (32 - bits));
  };
  const quarter = (a, b, c, d) => {
    for (const [to, from, by, bits] of [[a, b, d, 16], [c, d, b, 12], [a, b, d, 8], [c, d, b, 7]]) {
      x[to] += x[from];
      turn(by, to, bits);
    }
  };
  for (let round = 0; round < 10; round += 1) {
    for (let i = 0; i < 4; i += 1) quarter(i, 4 + i, 8 + i, 12 + i);
    for (let i = 0; i < 4; i += 1) {
      quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
    }
  }
  return Buffer.from(new Uint32Array([...x.subarray(0, 4), ...x.subarray(12)]).buffer);
}

/** Opens what the worker sealed under its master key (`shared/src/vault.rs`). */
function unsealed(name, sealed) {
  const hmac = (key, ...parts) =>
    parts.reduce((h, part) => h.update(part), createHmac("sha256", key)).digest();
  const master = Buffer.from(own.secrets.masterKey, "base64");
  const key = hmac(hmac(Buffer.alloc(32), master), "causeway vault v1", Buffer.of(1));
  const bytes = Buffer.from(sealed, "base64url");
  const [nonce, text, tag] = [bytes.subarray(1, 25), bytes.subarray(25, -16), bytes.subarray(-16)];
  const short = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const opener = createDecipheriv("chacha20-poly1305", hchacha(key, nonce.subarray(0, 16)), short,
    { authTagLength: 16 });
  opener.setAAD(Buffer.from(name), { plaintextLength: text.length }).setAuthTag(tag);
  return Buffer.concat([opener.update(text), opener.final()]);
}

/** The seeds of all keys that are on the disk, as `{id, sealed, seed}`. */
async function seeds() {
  const found = new Map();
  for (const { path, bytes } of filesBelow(join(state, "objects"))) {
    if (!/\.sqlite(-wal)?$/.test(path)) continue;
    const pattern = /"id":"([0-9a-f]{16})","public":"[^"]*","sealed":"([\w-]+)"/g;
    for (const [, id, sealed] of bytes.toString("latin1").matchAll(pattern)) {
      found.set(id, { id, sealed, seed: unsealed(`sealing key ${id}`, sealed) });
    }
  }
  return [...found.values()];
}

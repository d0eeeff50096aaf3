// Passkeys: made, kept and used as WebAuthn says. What the worker takes and refuses is held against
// an independent implementation. A browser's own passkeys are in `browser/passkeys.test.mjs`.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { Authenticator, text } from "./authenticator.mjs";
import { Store, at, call, page, withKey } from "./stack.mjs";

const PARTY = "localhost";
const ORIGIN = at.causeway.replace("127.0.0.1", PARTY);
const OWN = { "sec-fetch-site": "same-origin" };

let store;
let other;
let count = 0;

before(async () => {
  [store, other] = [await Store.make(), await Store.make()];
});

/** A new operator of a store, as one who calls. */
async function operator(of = store, role = "support") {
  count += 1;
  const body = { email: `p${count}@shop.example`, name: "Ann", role };
  const made = await of.owner.ok("POST", "/v1/operators", body);
  const { token } = await of.owner.ok("POST", `/v1/operators/${made.id}/token`);
  return { ...made, of, api: withKey(token) };
}

const options = (ann) => ann.api.ok("POST", "/v1/passkeys/options");

const keep = (ann, { clientData, attestation }, label = "") => ann.api.call("POST", "/v1/passkeys",
  { label, client_data: text(clientData), attestation: text(attestation) });

const newKey = () => new Authenticator(PARTY, ORIGIN);

/** An operator with a passkey. */
async function withPasskey(of) {
  const [ann, key] = [await operator(of), newKey()];
  const { challenge, user } = await options(ann);
  const made = await keep(ann, key.create({ challenge }));
  assert.equal(made.status, 201, made.text);
  return { ...ann, key, handle: user.id, passkey: made.body };
}

/** A network of its own: tries to sign in are counted for each. */
function network() {
  count += 1;
  return { "cf-connecting-ip": `192.0.${count >> 8}.${count & 255}` };
}

function post(path, body, headers = {}) {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const type = { "content-type": "application/json" };
  return page(path, { method: "POST", body: sent,
    headers: { ...OWN, ...type, ...network(), ...headers } });
}

async function challenge() {
  const { status, body } = await post("/dashboard/passkey/options");
  assert.equal(status, 200);
  assert.deepEqual([body.rpId, body.userVerification, body.allowCredentials],
    [PARTY, "required", []]);
  return body.challenge;
}

const shown = (used, handle, more = {}) => ({ id: text(used.id),
  client_data: text(used.clientData), authenticator_data: text(used.data),
  signature: text(used.signature), user_handle: handle, ...more });

const signIn = (used, handle, more, headers) =>
  post("/dashboard/passkey", shown(used, handle, more), headers);

describe("a passkey", () => {
  test("is made as the options say, which name its operator by nothing personal", async () => {
    const ann = await operator();
    const said = await options(ann);
    assert.deepEqual(said.rp, { id: PARTY, name: "Worker Tea" });
    assert.equal(Buffer.from(said.user.id, "base64url").toString(), `${store.id}:${ann.id}`);
    assert.deepEqual(said.pubKeyCredParams, [{ type: "public-key", alg: -7 }]);
    assert.equal(said.attestation, "none");
    assert.equal(said.authenticatorSelection.userVerification, "required");
    assert.equal(said.authenticatorSelection.residentKey, "required");
    assert.notEqual((await options(ann)).challenge, said.challenge);
  });

  test("is kept, listed, known again and deleted", async () => {
    const [ann, key] = [await operator(), newKey()];
    const { status, body } = await keep(ann, key.create(await options(ann)), "Phone");
    assert.equal(status, 201);
    assert.deepEqual([body.label, body.used_at, body.can_be_backed_up], ["Phone", null, false]);
    assert.deepEqual((await ann.api.ok("GET", "/v1/passkeys")).data, [body]);
    const next = await options(ann);
    assert.deepEqual(next.excludeCredentials, [{ type: "public-key", id: text(key.id) }]);
    assert.equal((await keep(ann, key.create(next))).status, 409);
    const bob = await operator();
    assert.equal((await keep(bob, key.create(await options(bob)))).status, 409, "it is Ann's");
    await bob.api.refused(404, "DELETE", `/v1/passkeys/${body.id}`);
    await ann.api.ok("DELETE", `/v1/passkeys/${body.id}`);
    await ann.api.refused(404, "DELETE", `/v1/passkeys/${body.id}`);
    assert.deepEqual((await ann.api.ok("GET", "/v1/passkeys")).data, []);
  });

  test("belongs to an operator", async () => {
    for (const caller of [store.owner, store.api]) {
      await caller.refused(403, "POST", "/v1/passkeys/options");
      const body = { client_data: "", attestation: "" };
      await caller.refused(403, "POST", "/v1/passkeys", body);
    }
    assert.deepEqual((await store.owner.ok("GET", "/v1/passkeys")).data, []);
  });

  test("answers a challenge of its operator's, once", async () => {
    const [ann, bob] = [await operator(), await operator()];
    const said = await options(ann);
    assert.equal((await keep(bob, newKey().create(said))).status, 422);
    const made = newKey().create(said);
    assert.equal((await keep(ann, made)).status, 201);
    assert.equal((await keep(ann, newKey().create(said))).status, 409);
    assert.equal((await keep(ann, newKey().create({ challenge: await challenge() }))).status, 422);
    const turned = Buffer.from(said.challenge, "base64url");
    turned[0] ^= 1;
    assert.equal((await keep(ann, newKey().create({ challenge: text(turned) }))).status, 422);
  });

  /** Each fault, and what the independent implementation says about it. */
  const FAULTS = {
    "no fault": {},
    "another origin": { origin: "http://evil.example" },
    "another port": { origin: `${ORIGIN}1` },
    "another site": { party: "evil.example" },
    "one that was to be used": { type: "webauthn.get" },
    "nobody there": { flags: 0x04 },
    "nobody checked": { flags: 0x01 },
    "a key of another kind": { alg: -257 },
    "a point beside the curve": { y: Buffer.alloc(32, 7) },
    "a short point": { x: Buffer.alloc(31, 7) },
  };

  for (const [name, fault] of Object.entries(FAULTS)) {
    test(`is taken or refused when made as an independent implementation would: ${name}`,
      async () => {
        const ann = await operator();
        const said = await options(ann);
        const made = newKey().create({ ...said, ...fault });
        const response = { id: text(made.id), rawId: text(made.id), type: "public-key",
          clientExtensionResults: {}, response: { clientDataJSON: text(made.clientData),
            attestationObject: text(made.attestation) } };
        const theirs = await verifyRegistrationResponse({ response,
          expectedChallenge: said.challenge, expectedOrigin: ORIGIN, expectedRPID: PARTY,
          supportedAlgorithmIDs: [-7] })
          .then(({ verified }) => verified, () => false);
        const { status, body } = await keep(ann, made);
        assert.ok([201, 422].includes(status));
        // It reads a point when it is used, not when it is kept.
        const atUse = name === "a point beside the curve" || name === "a short point";
        assert.equal(status === 201, theirs && !atUse, JSON.stringify(body));
        assert.equal(status === 201, name === "no fault");
      });
  }
});

describe("signing in by a passkey", () => {
  test("opens a session, and goes on to where one wanted to go", async () => {
    const { key, handle, id, api } = await withPasskey();
    const used = key.get({ challenge: await challenge() });
    const answer = await signIn(used, handle, { next: "/dashboard/orders" });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body, { location: "/dashboard/orders" });
    const cookie = answer.headers.get("set-cookie").split(";")[0];
    const me = await call("GET", "/v1/me", { headers: { cookie } });
    assert.equal(me.body.actor.id, id);
    const { data } = await api.ok("GET", "/v1/sessions");
    assert.deepEqual(data.map(({ way }) => way), ["passkey"]);
    assert.notEqual((await api.ok("GET", "/v1/passkeys")).data[0].used_at, null);
  });

  test("works once for each challenge", async () => {
    const { key, handle } = await withPasskey();
    const used = key.get({ challenge: await challenge() });
    assert.equal((await signIn(used, handle)).status, 200);
    assert.equal((await signIn(used, handle)).status, 403);
    const again = key.get({ challenge: JSON.parse(used.clientData).challenge });
    assert.equal((await signIn(again, handle)).status, 403);
  });

  test("needs a challenge for signing in", async () => {
    const { key, handle, api } = await withPasskey();
    const said = await api.ok("POST", "/v1/passkeys/options");
    assert.equal((await signIn(key.get(said), handle)).status, 403);
    const own = key.get({ challenge: text(Buffer.alloc(40)) });
    assert.equal((await signIn(own, handle)).status, 403);
  });

  test("is refused for a copy, whose count does not grow", async () => {
    const { key, handle } = await withPasskey();
    const use = async (counted) => {
      const used = key.get({ challenge: await challenge(), count: counted });
      return (await signIn(used, handle)).status;
    };
    assert.deepEqual([await use(1), await use(9), await use(9), await use(8), await use(0),
      await use(10)], [200, 200, 403, 403, 403, 200]);
  });

  test("ends with the passkey, and with its operator", async () => {
    const [ann, bob, eve] = [await withPasskey(), await withPasskey(), await withPasskey()];
    await ann.api.ok("DELETE", `/v1/passkeys/${ann.passkey.id}`);
    await store.owner.ok("DELETE", `/v1/operators/${bob.id}`);
    await store.owner.ok("DELETE", `/v1/operators/${eve.id}/passkeys`);
    await other.owner.refused(404, "DELETE", `/v1/operators/${eve.id}/passkeys`);
    for (const { key, handle } of [ann, bob, eve]) {
      const used = key.get({ challenge: await challenge() });
      assert.equal((await signIn(used, handle)).status, 403);
    }
  });

  test("is for the store and the operator that the passkey names", async () => {
    const [ann, bob] = [await withPasskey(), await withPasskey(other)];
    const fresh = async () => ann.key.get({ challenge: await challenge() });
    for (const handle of [bob.handle, text(`${store.id}:${bob.id}`), text(`${other.id}:${ann.id}`),
      text(`nosuchstore:${ann.id}`), text("nothing"), "", text(`UPPER:${ann.id}`)]) {
      assert.equal((await signIn(await fresh(), handle)).status, 403, handle);
    }
    assert.equal((await signIn(await fresh(), ann.handle)).status, 200);
  });

  test("is refused to pages of other sites, and slowed down for who guesses", async () => {
    const { key, handle } = await withPasskey();
    const cross = { "sec-fetch-site": "cross-site" };
    assert.equal((await post("/dashboard/passkey/options", undefined, cross)).status, 403);
    const used = key.get({ challenge: await challenge() });
    assert.equal((await signIn(used, handle, {}, cross)).status, 403);
    const from = network();
    const wrong = { ...used, signature: Buffer.from("00", "hex") };
    for (let tried = 0; tried < 10; tried += 1) {
      assert.equal((await signIn(wrong, handle, {}, from)).status, 403);
    }
    assert.equal((await signIn(wrong, handle, {}, from)).status, 429);
    assert.equal((await signIn(used, handle)).status, 200, "elsewhere");
  });

  const stranger = newKey();
  const FAULTS = {
    "no fault": {},
    "another origin": { origin: "http://evil.example" },
    "another site": { party: "evil.example" },
    "one that was to be made": { type: "webauthn.create" },
    "nobody there": { flags: 0x04 },
    "nobody checked": { flags: 0x01 },
    "another's signature": { key: stranger.privateKey },
  };

  for (const [name, fault] of Object.entries(FAULTS)) {
    test(`is taken or refused as an independent implementation would: ${name}`, async () => {
      const { key, handle } = await withPasskey();
      const asked = await challenge();
      const used = key.get({ challenge: asked, ...fault });
      const made = key.create({ challenge: asked });
      const { registrationInfo } = await verifyRegistrationResponse({
        response: { id: text(key.id), rawId: text(key.id), type: "public-key",
          clientExtensionResults: {}, response: { clientDataJSON: text(made.clientData),
            attestationObject: text(made.attestation) } },
        expectedChallenge: asked, expectedOrigin: ORIGIN, expectedRPID: PARTY });
      const theirs = await verifyAuthenticationResponse({
        response: { id: text(key.id), rawId: text(key.id), type: "public-key",
          clientExtensionResults: {}, response: { clientDataJSON: text(used.clientData),
            authenticatorData: text(used.data), signature: text(used.signature),
            userHandle: handle } },
        expectedChallenge: asked, expectedOrigin: ORIGIN, expectedRPID: PARTY,
        credential: registrationInfo.credential,
      }).then(({ verified }) => verified, () => false);
      const { status } = await signIn(used, handle);
      assert.equal(status === 200, theirs);
      assert.equal(status, name === "no fault" ? 200 : 403);
    });
  }

  test("is refused for any bit that was turned in what was signed", async () => {
    const { key, handle } = await withPasskey();
    const from = network;
    for (const part of ["data", "signature", "clientData"]) {
      for (let tried = 0; tried < 4; tried += 1) {
        const used = key.get({ challenge: await challenge() });
        const turned = Buffer.from(used[part]);
        turned[Math.floor((turned.length * (2 * tried + 1)) / 8)] ^= 1;
        const { status } = await signIn({ ...used, [part]: turned }, handle, {}, from());
        assert.equal(status, 403, `${part} ${tried}`);
      }
    }
  });
});

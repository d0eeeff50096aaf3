// Who may do what, over HTTP: every operation of the document by every kind of caller; and that
// what belongs to another store is not there, whoever asks.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Authenticator, text } from "./authenticator.mjs";
import { Client, Store, at, call, contract, page, withKey } from "./stack.mjs";

/**
 * One line per operation, one letter per caller who may: the owner token (O), a secret key (k), and
 * operators: owner (o), finance (f), support (s), viewer (v). All others get 403; a publishable key
 * gets it always, and without a key it is 401. Written by hand from what roles are for.
 */
const TABLE = `
  GET    /v1/orders                                          Okofsv
  POST   /v1/orders                                          Oko---
  GET    /v1/orders/days                                     Okofsv
  GET    /v1/orders/changes                                  Okofsv
  GET    /v1/orders/export.csv                               Okof--
  GET    /v1/orders/{id}                                     Okofsv
  GET    /v1/orders/{id}/timeline                            Okofsv
  POST   /v1/orders/{id}/capture                             Okof--
  POST   /v1/orders/{id}/cancel                              Okof--
  POST   /v1/orders/{id}/ship                                Oko-s-
  POST   /v1/orders/{id}/notes                               Okofs-
  POST   /v1/orders/{id}/confirm                             O-of--
  GET    /v1/orders/{id}/refunds                             Okofsv
  POST   /v1/orders/{id}/refunds                             Okof--
  GET    /v1/orders/{id}/messages                            Okofsv
  GET    /v1/orders/{id}/refund_requests                     Okofsv
  POST   /v1/orders/{id}/refund_requests                     Oko-s-
  GET    /v1/refund_requests                                 Okofsv
  GET    /v1/refund_requests/{id}                            Okofsv
  POST   /v1/refund_requests/{id}/approve                    Okof--
  POST   /v1/refund_requests/{id}/decline                    Okof--
  GET    /v1/events                                          Okofsv
  GET    /v1/events/{id}                                     Okofsv
  POST   /v1/events/{id}/redeliver                           Oko-s-
  GET    /v1/webhook_endpoints                               Okofsv
  POST   /v1/webhook_endpoints                               Oko---
  GET    /v1/webhook_endpoints/{id}                          Okofsv
  PATCH  /v1/webhook_endpoints/{id}                          Oko---
  DELETE /v1/webhook_endpoints/{id}                          Oko---
  POST   /v1/webhook_endpoints/{id}/redeliver                Oko-s-
  POST   /v1/webhook_endpoints/{id}/rotate_secret            Oko---
  POST   /v1/webhook_endpoints/{id}/test                     Oko---
  GET    /v1/webhook_endpoints/{id}/deliveries               Okofsv
  GET    /v1/onboarding                                      Okofsv
  GET    /v1/sealing_keys                                    Okofsv
  POST   /v1/sealing_keys                                    O-o---
  DELETE /v1/sealing_keys/{id}                               O-o---
  GET    /v1/prices                                          Okofsv
  GET    /v1/prices.csv                                      Okofsv
  PUT    /v1/prices.csv                                      Oko---
  PUT    /v1/prices/{sku}                                    Oko---
  DELETE /v1/prices/{sku}                                    Oko---
  GET    /v1/channels                                        Okofsv
  GET    /v1/accounts                                        Okofsv
  POST   /v1/accounts                                        Oko---
  GET    /v1/accounts/{id}                                   Okofsv
  PATCH  /v1/accounts/{id}                                   Oko---
  DELETE /v1/accounts/{id}                                   Oko---
  POST   /v1/accounts/{id}/check                             Oko---
  GET    /v1/store                                           Okofsv
  PUT    /v1/store                                           O-o---
  GET    /v1/store/profile                                   Okofsv
  PUT    /v1/store/profile                                   O-o---
  GET    /v1/mail                                            Okofsv
  PUT    /v1/mail                                            O-o---
  DELETE /v1/mail                                            O-o---
  POST   /v1/mail/test                                       O-o---
  GET    /v1/mail/templates                                  Okofsv
  PUT    /v1/mail/templates/{kind}/{locale}                  O-o---
  DELETE /v1/mail/templates/{kind}/{locale}                  O-o---
  POST   /v1/mail/templates/{kind}/{locale}/preview          Okofsv
  GET    /v1/api_keys                                        O-ofsv
  POST   /v1/api_keys                                        O-o---
  POST   /v1/api_keys/{id}/roll                              O-o---
  DELETE /v1/api_keys/{id}                                   O-o---
  GET    /v1/operators                                       O-o---
  POST   /v1/operators                                       O-o---
  GET    /v1/operators/{id}                                  O-o---
  PATCH  /v1/operators/{id}                                  O-o---
  DELETE /v1/operators/{id}                                  O-o---
  POST   /v1/operators/{id}/token                            O-o---
  DELETE /v1/operators/{id}/token                            O-o---
  POST   /v1/operators/{id}/sign_in_link                     O-o---
  DELETE /v1/operators/{id}/sessions                         O-o---
  DELETE /v1/operators/{id}/passkeys                         O-o---
  GET    /v1/audit                                           O-o---
  GET    /v1/views                                           O-ofsv
  GET    /v1/views/{name}                                    O-ofsv
  PUT    /v1/views/{name}                                    O-ofsv
  DELETE /v1/views/{name}                                    O-ofsv
  GET    /v1/me                                              Okofsv
  GET    /v1/sessions                                        O-ofsv
  DELETE /v1/sessions                                        O-ofsv
  DELETE /v1/sessions/{id}                                   O-ofsv
  GET    /v1/passkeys                                        O-ofsv
  POST   /v1/passkeys                                        --ofsv
  POST   /v1/passkeys/options                                --ofsv
  DELETE /v1/passkeys/{id}                                   O-ofsv
`;

const ROWS = TABLE.trim().split("\n").map((line) => line.trim().split(/\s+/));
const ROLES = { o: "owner", f: "finance", s: "support", v: "viewer" };
const OWN = { "sec-fetch-site": "same-origin" };

/** Ids of the right form that nothing has. */
const NOTHING = {
  orders: "0".repeat(26),
  refund_requests: `rrq_${"0".repeat(26)}`,
  events: `evt_${"0".repeat(26)}`,
  webhook_endpoints: `whe_${"0".repeat(26)}`,
  accounts: `acc_nobody_${"0".repeat(10)}`,
  api_keys: `key_${"0".repeat(16)}`,
  sealing_keys: "0".repeat(16),
  operators: `opr_${"0".repeat(16)}`,
  sessions: `sid_${"0".repeat(16)}`,
  passkeys: `psk_${"0".repeat(16)}`,
};

/** The address of a template, with these ids. */
function address(template, ids = NOTHING) {
  const [, , kind] = template.split("/");
  return template.replace("{id}", ids[kind]).replace("{sku}", "nothing").replace("{kind}", "paid")
    .replace("{name}", "nothing")
    .replace("{locale}", "en");
}

let store;
let other;
let callers;

let count = 0;
async function operator(of, role) {
  count += 1;
  const body = { email: `p${count}@shop.example`, name: "Ann", role };
  const made = await of.owner.ok("POST", "/v1/operators", body);
  const { token } = await of.owner.ok("POST", `/v1/operators/${made.id}/token`);
  return { ...made, token, api: withKey(token) };
}

/** A browser in which an operator has signed in, as one who calls. */
async function browserOf({ token }) {
  count += 1;
  const answer = await page("/dashboard/sign-in", { method: "POST",
    headers: { ...OWN, "content-type": "application/x-www-form-urlencoded",
      "cf-connecting-ip": `100.64.0.${count}` },
    body: new URLSearchParams({ token }).toString() });
  const cookie = answer.headers.get("set-cookie").split(";")[0];
  const { body } = await call("GET", "/v1/me", { headers: { cookie } });
  return { session: body.session, api: new Client({ cookie, csrf: body.csrf, ...OWN }) };
}

before(async () => {
  [store, other] = [await Store.make({ channels: ["stripe"] }), await Store.make()];
  // Whoever ends all sessions by token must not end the one that is asked with next.
  const people = await Promise.all(Object.entries(ROLES).map(async ([letter, role]) =>
    [letter, await operator(store, role), await browserOf(await operator(store, role))]));
  callers = {
    O: { "the owner token": store.owner },
    k: { "a secret key": store.api },
    ...Object.fromEntries(people.map(([letter, { role, api }, browser]) =>
      [letter, { [`the token of ${role}`]: api, [`the session of ${role}`]: browser.api }])),
  };
});

test("the table has every operation of the API, and no other", () => {
  const documented = Object.entries(contract.document.paths)
    .filter(([template]) => template.startsWith("/v1/") && template !== "/v1/carts")
    .flatMap(([template, item]) => ["get", "put", "post", "patch", "delete", "options"]
      .filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${template}`));
  const listed = ROWS.map(([method, template]) => `${method} ${template}`);
  assert.deepEqual(listed.toSorted(), documented.toSorted());
});

describe("each operation is for those whom the table names", () => {
  for (const [method, template, letters] of ROWS) {
    test(`${method} ${template}`, async () => {
      for (const [letter, ways] of Object.entries(callers)) {
        for (const [who, api] of Object.entries(ways)) {
          // Without a body: who may not do it is told so before one is read, and who may changes
          // nothing.
          const { status, body } = await api.call(method, address(template));
          if (letters.includes(letter)) {
            assert.ok(![401, 403].includes(status), `${who}: ${status} ${body?.detail}`);
          } else {
            assert.equal(status, 403, `${who}: ${status} ${body?.detail}`);
            assert.equal(body.code, "forbidden");
          }
        }
      }
    });
  }
});

test("a publishable key may do none of it, and nobody without a key", async () => {
  const { key } = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
  const strangers = [[403, withKey(key)], [401, new Client({})],
    [401, withKey(`opt_${store.id}_${"0".repeat(32)}`)],
    [401, new Client({ cookie: `causeway-session=ses_${store.id}_${"0".repeat(32)}` })]];
  for (const [wanted, api] of strangers) {
    for (const [at_, [method, template]] of ROWS.entries()) {
      // Wrong keys are counted for each network.
      const from = { "cf-connecting-ip": `100.65.${count}.${at_}` };
      const { status } = await api.call(method, address(template), undefined, from);
      assert.equal(status, wanted, `${method} ${template}`);
    }
    count += 1;
  }
});

describe("what belongs to a store", () => {
  test("is not there for callers of another, whatever their rights", async () => {
    const ann = await operator(store, "owner");
    const browser = await browserOf(ann);
    const order = await store.makeOrder();
    const account = store.accounts.stripe;
    const endpoint = await store.api.ok("POST", "/v1/webhook_endpoints",
      { url: "http://127.0.0.1:1/hooks" });
    const key = await store.owner.ok("POST", "/v1/api_keys", { kind: "secret" });
    await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
    const { data: [event] } = await store.api.ok("GET", "/v1/events");
    const { challenge } = await ann.api.ok("POST", "/v1/passkeys/options");
    const made = new Authenticator("localhost", at.causeway.replace("127.0.0.1", "localhost"))
      .create({ challenge });
    const passkey = await ann.api.ok("POST", "/v1/passkeys",
      { client_data: text(made.clientData), attestation: text(made.attestation) });
    const ids = { ...NOTHING, orders: order.id, events: event.id, accounts: account.id,
      webhook_endpoints: endpoint.id, api_keys: key.id, operators: ann.id,
      sessions: browser.session, passkeys: passkey.id };
    const bodies = { "/notes": { text: "x" }, "/ship": { carrier: "x", number: "1" },
      "/confirm": { reason: "x" }, "/refunds": { reason: "x" },
      "/refund_requests": { reason: "x" }, PATCH: {} };
    const stranger = await operator(other, "owner");
    const strangers = { "the owner token": other.owner, "a secret key": other.api,
      "a token of the owner": stranger.api,
      "a session of the owner": (await browserOf(stranger)).api };
    const templates = ROWS.filter(([, template, letters]) => template.includes("{id}")
      && letters.includes("o") && !template.startsWith("/v1/refund_requests"));
    for (const [who, api] of Object.entries(strangers)) {
      for (const [method, template, letters] of templates) {
        if (who === "a secret key" && !letters.includes("k")) continue;
        const last = template.slice(template.lastIndexOf("/"));
        const sent = method === "GET" ? undefined : bodies[method] ?? bodies[last];
        const keyed = { "idempotency-key": "x" };
        const path = address(template, ids);
        // Of the two, what is there and what is not, nobody can tell which.
        const [real, none] = [await api.call(method, path, sent, keyed),
          await api.call(method, address(template), sent, keyed)];
        const what = `${who}: ${method} ${path}: ${real.text}`;
        assert.equal(real.status, 404, what);
        const told = ({ request_id: _, ...rest }) => rest;
        assert.deepEqual(told(real.body), told(none.body), what);
      }
    }
    assert.equal((await store.order(order.id)).state, "cancelled");
    assert.deepEqual(await store.owner.ok("GET", `/v1/operators/${ann.id}`),
      { ...await ann.api.ok("GET", `/v1/operators/${ann.id}`) });
    assert.equal((await browser.api.call("GET", "/v1/me")).status, 200);
  });

  test("is in no list of another", async () => {
    const stranger = await operator(other, "owner");
    for (const [method, template] of ROWS.filter(([method, template]) =>
      method === "GET" && !template.includes("{"))) {
      const { text: told } = await stranger.api.call(method, template);
      assert.ok(!told.includes(store.id), `${template}: ${told}`);
    }
  });
});

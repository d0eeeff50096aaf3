// What an account needs, by the channels' own declaration, and what a check of one finds: against
// simulators that refuse keys, keep another time or do not answer.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HOUR_MS, startWorker } from "./own-worker.mjs";
import { Merchant, Store, withKey } from "./stack.mjs";

let store;

before(async () => {
  store = await Store.make();
});

/** Makes an account with these credentials and checks it. */
async function checked(channel, credentials) {
  const body = { channel, credentials };
  const account = await store.api.ok("POST", "/v1/accounts", body);
  return store.api.ok("POST", `/v1/accounts/${account.id}/check`);
}

const codes = ({ findings }) => findings.map(({ code }) => code);

describe("channels", () => {
  test("declare the credentials that their accounts take, and no others", async () => {
    const { data } = await store.api.ok("GET", "/v1/channels");
    assert.deepEqual(data.map(({ id }) => id), ["alipay", "stripe", "wechat_pay"]);
    for (const channel of data) {
      const { credentials } = await Merchant.make(channel.id);
      const names = channel.fields.map(({ name }) => name);
      for (const name of Object.keys(credentials)) assert.ok(names.includes(name), name);
      const required = channel.fields.filter((field) => field.required);
      for (const { name } of required) {
        const without = { ...credentials, [name]: undefined };
        const { errors } = await store.api.refused(422, "POST", "/v1/accounts",
          { channel: channel.id, credentials: without });
        assert.equal(errors[0].pointer, `/credentials/${name}`);
      }
      for (const { kind, secret, choices } of channel.fields) {
        assert.equal(choices.length > 0, kind === "choice");
        assert.equal(secret, kind.startsWith("secret"));
      }
    }
    const stripe = data.find(({ id }) => id === "stripe");
    assert.deepEqual([stripe.methods[0].lane, stripe.manual_capture], ["worker_key", true]);
    assert.ok(stripe.methods[0].currencies.includes("EUR"));
    const alipay = data.find(({ id }) => id === "alipay");
    assert.deepEqual(alipay.methods[0].currencies, ["CNY"]);
    assert.deepEqual(alipay.methods[0].on_request, ["qr"]);
  });
});

describe("an account", () => {
  test("keeps the credentials that a change leaves out, and drops those sent empty", async () => {
    const { credentials } = await Merchant.make("alipay", "key");
    const made = await store.api.ok("POST", "/v1/accounts", { channel: "alipay", credentials });
    const path = `/v1/accounts/${made.id}`;
    const seller = await store.api.ok("PATCH", path, { credentials: { seller_id: "" } });
    assert.deepEqual(seller.fields, made.fields.filter((name) => name !== "seller_id"));
    assert.equal((await store.api.ok("POST", `${path}/check`)).ok, true);
    const { errors } = await store.api.refused(422, "PATCH", path, { credentials: { app_id: "" } });
    assert.equal(errors[0].pointer, "/credentials/app_id");
  });

  test("at Stripe is made before its notice address is known there, and says so", async () => {
    const { credentials } = await Merchant.make("stripe");
    const { webhook_secret: secret, ...key } = credentials;
    const body = { channel: "stripe", credentials: key };
    const account = await store.api.ok("POST", "/v1/accounts", body);
    const path = `/v1/accounts/${account.id}`;
    const early = await store.api.ok("POST", `${path}/check`);
    assert.deepEqual([early.ok, codes(early)], [true, ["notice_address"]]);
    assert.ok(early.findings[0].detail.includes(account.notice_url));
    await store.api.ok("PATCH", path, { credentials: { webhook_secret: secret } });
    assert.deepEqual((await store.api.ok("POST", `${path}/check`)).findings, []);
  });
});

describe("a check", () => {
  test("finds nothing where all is well", async () => {
    for (const channel of ["stripe", "alipay", "wechat_pay"]) {
      const { credentials } = await Merchant.make(channel);
      const found = await checked(channel, credentials);
      assert.deepEqual([found.ok, found.findings], [true, []], channel);
    }
  });

  test("finds a key that the channel does not know", async () => {
    const stripe = (await Merchant.make("stripe")).credentials;
    const wrong = { ...stripe, secret_key: `${stripe.secret_key.slice(0, -4)}0000` };
    const [alipay, stranger] = [await Merchant.make("alipay", "key"),
      await Merchant.make("alipay", "key")];
    const [wechat, other] = [await Merchant.make("wechat_pay"), await Merchant.make("wechat_pay")];
    for (const [channel, credentials] of [
      ["stripe", wrong],
      ["alipay", { ...alipay.credentials, private_key: stranger.credentials.private_key }],
      ["alipay", { ...alipay.credentials,
        alipay_public_key: stranger.credentials.alipay_public_key }],
      ["wechat_pay", { ...wechat.credentials,
        merchant_private_key: other.credentials.merchant_private_key }],
      ["wechat_pay", { ...wechat.credentials,
        merchant_serial: other.credentials.merchant_serial }],
      ["wechat_pay", { ...wechat.credentials, public_key: other.credentials.public_key }],
    ]) {
      const found = await checked(channel, credentials);
      assert.deepEqual([found.ok, codes(found)], [false, ["bad_key"]], JSON.stringify(found));
      assert.match(found.findings[0].cause.code, /^(refused|unauthentic|unavailable)$/);
      for (const value of Object.values(credentials)) {
        const text = JSON.stringify(found);
        assert.ok(!text.includes(JSON.stringify(value).slice(1, -1)), "a credential came back");
      }
    }
  });

  test("finds an app that the gateway of this mode does not know", async () => {
    const { credentials } = await Merchant.make("alipay", "key");
    const found = await checked("alipay", { ...credentials, app_id: "2021000000000000" });
    assert.deepEqual([found.ok, codes(found)], [false, ["wrong_mode"]]);
  });

  test("finds a signature of another time", async () => {
    const account = await store.addAccount("wechat_pay");
    await store.merchants.wechat_pay.faults({ fault: "clock_skew", on: "query", seconds: -3600 });
    const found = await store.api.ok("POST", `/v1/accounts/${account.id}/check`);
    assert.deepEqual([found.ok, codes(found)], [false, ["clock"]], JSON.stringify(found));
  });

  test("tells no answer, and a channel in trouble, from wrong keys", async () => {
    for (const [fault, code] of [["drop_answer", "network"], ["error_500", "unknown"]]) {
      for (const channel of ["stripe", "alipay", "wechat_pay"]) {
        const account = await store.addAccount(channel);
        await store.merchants[channel].faults({ fault, on: "query", times: 2 });
        const found = await store.api.ok("POST", `/v1/accounts/${account.id}/check`);
        assert.deepEqual([found.ok, codes(found)], [false, [code]], `${channel} ${fault}`);
      }
    }
  });
});

describe("a check by a worker of its own", () => {
  const workers = [];

  /** A worker, its address and a store of it. */
  async function own(hosts) {
    const worker = await startWorker({ ...process.env, ...hosts });
    workers.push(worker);
    const owner = withKey(worker.ownerToken, { "causeway-store": "tea" }).headers;
    const send = async (method, path, body) => {
      const headers = { ...owner, "content-type": "application/json" };
      const answer = await fetch(worker.url + path, { method, headers,
        body: JSON.stringify(body) });
      return answer.json();
    };
    await send("PUT", "/v1/store", { name: "Tea" });
    const check = async (channel) => {
      const { credentials } = await Merchant.make(channel);
      const { id } = await send("POST", "/v1/accounts", { channel, credentials });
      return send("POST", `/v1/accounts/${id}/check`, undefined);
    };
    return { worker, check };
  }

  after(() => Promise.all(workers.map((worker) => worker.stop())));

  test("finds that its clock is wrong, whatever the channel makes of it", async () => {
    const { worker, check } = await own({});
    await worker.forward(2 * HOUR_MS);
    for (const channel of ["stripe", "alipay", "wechat_pay"]) {
      const found = await check(channel);
      assert.deepEqual(codes(found), ["clock"], JSON.stringify(found));
      const [{ detail, cause }] = found.findings;
      assert.match(detail, /ahead of/);
      assert.deepEqual([cause.code, Object.keys(cause.values)], ["clock_ahead", ["seconds"]]);
      assert.ok(detail.includes(cause.values.seconds), detail);
      assert.equal(found.ok, channel === "stripe");
    }
  });

  test("finds that a channel elsewhere cannot reach it", async () => {
    // No name below .invalid is ever found (RFC 6761).
    const { check } = await own({ SIM_STRIPE_URL: "https://channel.invalid" });
    const found = await check("stripe");
    assert.deepEqual(codes(found), ["network", "notice_address"], JSON.stringify(found));
    assert.match(found.findings[1].detail, /PUBLIC_URL/);
  });
});


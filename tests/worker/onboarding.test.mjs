// What is left to do before shoppers come: from an empty store to one that lacks nothing but what
// a deployment on this machine cannot have. And the keys that cards are sealed to.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deskOf } from "./desk-page.mjs";
import { Store, newStoreName, owner, profile, usd } from "./stack.mjs";

const URL = "https://shop.example/webhooks";

/** The codes of what is not done. */
async function open(caller) {
  const { data, ready } = await caller.ok("GET", "/v1/onboarding");
  const missing = data.filter(({ done }) => !done).map(({ code }) => code);
  assert.equal(ready, missing.length === 0);
  return missing;
}

describe("onboarding", () => {
  test("shrinks with each thing that is done", async () => {
    const caller = owner(newStoreName());
    let missing = await open(caller);
    assert.deepEqual(missing, ["public_url", "store", "profile", "origins", "channel_account",
      "connection", "api_key", "webhook_endpoint", "mail", "operator"]);
    /** Does something, and wants these codes off the list. */
    const done = async (codes, ...call) => {
      const made = await caller.ok(...call);
      const now = await open(caller);
      assert.deepEqual(now, missing.filter((code) => !codes.includes(code)), call[1]);
      missing = now;
      return made;
    };
    await done(["store", "origins"], "PUT", "/v1/store", profile({ card_lane: null }));
    await done(["profile"], "PUT", "/v1/store/profile", {
      legal_name: "Tea Ltd",
      contact: { email: "help@shop.example" },
      policies: { returns: { en: "14 days" }, refunds: { en: "14 days" } },
    });
    await done(["webhook_endpoint"], "POST", "/v1/webhook_endpoints", { url: URL });
    await done(["api_key"], "POST", "/v1/api_keys", { kind: "secret" });
    const person = await done([], "POST", "/v1/operators",
      { email: "ann@shop.example", name: "Ann", role: "owner" });
    await done(["operator"], "POST", `/v1/operators/${person.id}/token`);
    assert.deepEqual(missing, ["public_url", "channel_account", "connection", "mail"]);
  });

  test("wants an account's credentials checked, and again when they change", async () => {
    const store = await Store.make({ channels: ["stripe"] });
    const path = `/v1/accounts/${store.accounts.stripe.id}`;
    const isOpen = async () => (await open(store.owner)).includes("connection");
    assert.equal(await isOpen(), true);
    await store.api.ok("POST", `${path}/check`);
    assert.equal(await isOpen(), false);
    const { credentials } = store.merchants.stripe;
    await store.api.ok("PATCH", path, { credentials });
    assert.equal(await isOpen(), true);
    await store.merchants.stripe.faults({ fault: "error_500", on: "query" });
    await store.api.ok("POST", `${path}/check`);
    assert.equal(await isOpen(), true);
    await store.api.ok("POST", `${path}/check`);
    assert.equal(await isOpen(), false);
  });

  test("asks about cards and prices only where they are used", async () => {
    const store = await Store.make({ channels: ["alipay"] });
    const codes = async () => (await store.owner.ok("GET", "/v1/onboarding")).data
      .map(({ code }) => code);
    assert.deepEqual((await codes()).filter((c) => ["card_lane", "price_book"].includes(c)), []);
    await store.addAccount("stripe");
    assert.ok((await codes()).includes("card_lane"));
    await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
    assert.ok((await open(store.owner)).includes("price_book"));
    const tea = { name: "Tea", prices: [usd("1.00")], active: false };
    await store.api.ok("PUT", "/v1/prices/tea", tea);
    assert.ok((await open(store.owner)).includes("price_book"));
    await store.api.ok("PUT", "/v1/prices/tea", { ...tea, active: true });
    assert.ok(!(await open(store.owner)).includes("price_book"));
  });

  test("is told for each mode by itself", async () => {
    const store = await Store.make({ channels: ["alipay"] });
    const live = owner(store.id, "live");
    assert.equal((await live.ok("GET", "/v1/onboarding")).mode, "live");
    assert.ok((await open(live)).includes("channel_account"));
    assert.ok(!(await open(store.owner)).includes("channel_account"));
  });
});

test("the dashboard tells it in the operator's language", async () => {
  const store = await Store.make({ channels: ["stripe"] });
  await store.owner.ok("PATCH", `/v1/accounts/${store.accounts.stripe.id}`, { label: "Cards" });
  const desk = await deskOf(store);
  for (const [language, words, account] of [
    ["zh-CN", "当前模式下未设置消息发送方", "的当前凭证尚未检查"],
    ["en", "No sender of messages is set in this mode", "was not checked with its present"],
  ]) {
    const home = await desk("", language);
    assert.ok(home.includes(words), language);
    assert.ok(home.includes(`Cards ${account}`), language);
  }
});

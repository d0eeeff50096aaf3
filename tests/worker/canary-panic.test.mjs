// The canary where code panics or traps while a card is on its way, on a worker of the test's own
// whose databases and logs are all in one folder: neither card nor key is found there, and each
// card is charged once.

import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  Search, filesBelow, formsOfBytes, formsOfCvc, formsOfKey, formsOfNumber, formsOfText,
  formsOfWebhookSecret, marksOfAccounts, withCheckDigit,
} from "./marks.mjs";
import { startWorker } from "./own-worker.mjs";

const RUN = randomBytes(6).toString("hex");
const HOLDER = `Canary Panic ${RUN}`;
const CVC = String(randomInt(100, 1000));
const state = join(process.env.STATE_DIR, `panic-${RUN}`);
mkdirSync(state);

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env }, { state });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store, read, until } = await import("./stack.mjs");
const { Receiver } = await import("./receiver.mjs");
const { newAttemptId, plain } = await import("./seal.mjs");
const { Shopper, reference } = await import("./shopper.mjs");

/** Longer than the lease of what a panic left undone. */
const LEASE_MS = 60_000;

const NUMBERS = {
  "a panic before it is sent": "5555555555554444",
  "a trap while it is under way": "3056930009020004",
  "a panic of the till once it is answered": "378282246310005",
  "a panic of the till while it is stored": "4000056655665556",
};
const CARD = [
  ...Object.entries(NUMBERS).map(([way, number]) => [way, formsOfNumber(number)]),
  ["the security code", formsOfCvc(CVC)],
  ["the cardholder", formsOfText(HOLDER)],
];

const post = (path, body) =>
  read(own.url + path, { method: "POST", body: JSON.stringify(body),
    headers: { "content-type": "application/json" } });

describe("a card that is on its way", () => {
  let receiver;
  let store;
  const answers = [];
  const orders = {};

  before(async () => {
    receiver = await Receiver.start();
    store = await Store.make({ channels: ["stripe"], receiver });
  });
  after(async () => {
    await receiver.stop();
    await own.stop();
    rmSync(state, { recursive: true, force: true });
  });

  const sabotage = {
    "a panic before it is sent": () => post("/_trap", { on: "waitUntil" }),
    "a trap while it is under way": () => post("/_trap", { on: "send" }),
    "a panic of the till once it is answered": () => post(`/_till/${store.id}/0`,
      { do: "sabotage", kind: "panic", on: "report", nth: 1 }),
    "a panic of the till while it is stored": () => post(`/_till/${store.id}/0`,
      { do: "sabotage", kind: "panic", on: "act", nth: 2 }),
  };

  for (const [way, number] of Object.entries(NUMBERS)) {
    test(`at ${way} is charged once`, { timeout: 90_000 }, async () => {
      orders[way] = await store.makeOrder();
      const shopper = new Shopper(orders[way]);
      const code = number.startsWith("37") ? `${CVC}9` : CVC;
      const text = plain(number, { cvc: code, name: HOLDER });
      const body = await shopper.attempt("card", { id: newAttemptId(), text });
      await sabotage[way]();
      // The runtime gives up a request that nobody is left to answer.
      const answer = await post(`/checkout/${shopper.token}/attempts`, body);
      answers.push(answer);
      assert.ok(answer.status >= 500 || way.includes("answered"), `${answer.status}`);
      await own.forward(LEASE_MS);
      if ((await store.order(orders[way].id)).attempts.length === 0) {
        answers.push(await post(`/checkout/${shopper.token}/attempts`, body));
      }
      await store.orderWhere(orders[way].id, "paid");
      const payments = (await store.merchants.stripe.books()).payments
        .filter(({ reference: name }) => name === reference(orders[way]));
      assert.deepEqual(payments.map(({ charges }) => charges), [1]);
    });
  }

  test("is found in no database, no log, no answer and no webhook", async () => {
    const log = () => readFileSync(join(state, "workerd.log"), "utf8");
    await read(`${own.url}/nothing-${RUN}`);
    await until("panics are in the log", () => [...log().matchAll(/panicked at/g)].length >= 2);
    const files = filesBelow(state);
    assert.ok(files.some(({ path, bytes }) => /\.sqlite(-wal)?$/.test(path)
      && bytes.includes(Object.values(orders)[0].id)));
    const traces = [
      ...files,
      ...answers.map(({ text, headers }) => ({ path: "answer",
        bytes: `${text}\n${JSON.stringify([...headers])}` })),
      ...receiver.events.map(({ type, text, headers }) => ({ path: `webhook ${type}`,
        bytes: `${text}\n${JSON.stringify(headers)}` })),
    ];
    const { masterKey, sealKeys } = own.secrets;
    const key = (text) => [...formsOfText(text), ...formsOfBytes(Buffer.from(text, "base64"))];
    const search = new Search([
      ...CARD,
      ...marksOfAccounts(store.merchants),
      ["owner token", formsOfKey(own.ownerToken)],
      ["secret key", formsOfKey(store.secretKey)],
      ["webhook secret", formsOfWebhookSecret(store.endpoint.secret)],
      ["master key", key(masterKey)],
      ["seal key", key(sealKeys)],
    ]);
    assert.deepEqual(traces.flatMap(({ path, bytes }) => search.in(bytes, path)), []);
    const tokens = Object.values(orders).map((order) => ["token", formsOfText(order.client_token)]);
    assert.deepEqual(new Search(tokens).in(log(), "workerd.log"), []);
  });

  test("was in Stripe's fields alone", async () => {
    const search = new Search(CARD);
    const sent = new Set();
    const requests = await store.merchants.stripe.call("GET", "requests");
    for (const { op, path, headers, body } of requests) {
      const fields = new URLSearchParams(body);
      if (op === "create") {
        sent.add(fields.get("payment_method_data[card][number]"));
        for (const field of ["card][number", "card][cvc", "billing_details][name"]) {
          fields.delete(`payment_method_data[${field}]`);
        }
      }
      const rest = `${path}\n${JSON.stringify(headers)}\n${fields}`;
      assert.deepEqual(search.in(rest, op), []);
    }
    assert.deepEqual([...sent].sort(), Object.values(NUMBERS).sort());
  });

  for (const where of ["a database", "the log"]) {
    test(`would be found in ${where}`, async () => {
      const seven = () => randomInt(10 ** 6, 10 ** 7);
      const planted = withCheckDigit(`4${seven()}${seven()}`);
      if (where === "a database") {
        await store.makeOrder({ description: `Tea ${planted}` });
      } else {
        await post("/_log", { text: `card: ${planted}` });
      }
      const search = new Search([["planted", formsOfNumber(planted)]]);
      await until("the planted number is found", () =>
        filesBelow(state).some(({ path, bytes }) => search.in(bytes, path).length > 0));
    });
  }
});

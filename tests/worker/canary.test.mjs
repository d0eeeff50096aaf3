// The canary: cards, keys and tokens with marks in them go every way there is; then every byte
// that was stored, printed, answered or sent is searched for the marks. A card may stand in one
// place alone: in the fields of the one request to Stripe that carries it.

import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  Search, filesBelow, formsOfBytes, formsOfCvc, formsOfKey, formsOfNumber, formsOfText,
  formsOfWebhookSecret, marksOfAccounts, withCheckDigit,
} from "./marks.mjs";
import { Receiver } from "./receiver.mjs";
import { newAttemptId, plain } from "./seal.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, at, newKey, read, until } from "./stack.mjs";

const STATE = process.env.STATE_DIR;
if (!STATE) throw new Error("STATE_DIR is not set. Run: cargo xtask test worker");

/** What the stack itself is given. */
const INPUTS = /^(keys|seed)\.json$/;
/** The channels' own books, which know their merchants; of a card they keep the name. */
const BOOKS = /^simulators\.json(\.tmp)?$/;
/** Copied from the build before the worker started. */
const BUILT = /^built\/(target|worker\/build)\//;

/** What only this run knows. */
const RUN = randomBytes(6).toString("hex");
const HOLDER = `Canary Ö'Neil ${RUN}`;
const random = (digits) => String(randomInt(10 ** (digits - 1), 10 ** digits));
const CVC = random(3);

/** A Visa that no test mode knows: Stripe declines it. */
const strange = () => withCheckDigit(`4${random(7)}${random(7)}`);
/** One card for each way: those that Stripe's test mode accepts and no other test uses. */
const NUMBERS = {
  paid: "6205500000000000004",
  declined: strange(),
  passed: "4000002760003184",
  failed: "4000008400001629",
  dropped: "2223003122003222",
  broken: strange(),
  slow: strange(),
  captured: "5200828282828210",
  cancelled: "3566002020360505",
  malformed: strange(),
  moved: strange(),
  bare: strange(),
};
const CARD = [
  ...Object.entries(NUMBERS).map(([way, number]) => [`the card ${way}`, formsOfNumber(number)]),
  ["the security code", formsOfCvc(CVC)],
];
const NAME = ["the cardholder", formsOfText(HOLDER)];

/** Every answer of the worker, as `{method, url, status, headers, text}`. */
const answers = [];
const fetchAsIs = globalThis.fetch;
globalThis.fetch = async (url, options = {}) => {
  const answer = await fetchAsIs(url, options);
  if (String(url).startsWith(at.causeway)) {
    const { status } = answer;
    const headers = JSON.stringify([...answer.headers]);
    answers.push({ method: options.method ?? "GET", url: String(url), status, headers,
      text: await answer.clone().text() });
  }
  return answer;
};

let receiver;
let store;
let rotated;
const orders = {};

/** Starts a payment with the card of this way, and returns the answer. */
async function pay(way, { faults = [], order: changes, ...options } = {}) {
  await store.merchants.stripe.faults(...faults);
  orders[way] = await store.makeOrder(changes);
  const shopper = new Shopper(orders[way]);
  const text = plain(NUMBERS[way], { cvc: CVC, name: HOLDER });
  return shopper.post(await shopper.attempt("card", { text, ...options }));
}

const act = (way, what, body) =>
  store.api.ok("POST", `/v1/orders/${orders[way].id}/${what}`, body, newKey());

before(async () => {
  receiver = await Receiver.start();
  store = await Store.make({ channels: ["stripe", "alipay", "wechat_pay"], receiver });
  await payWell();
  await payBadly();
  await payOtherwise();
  await settle();
});

after(() => receiver.stop());

async function payWell() {
  const { stripe } = store.merchants;
  assert.equal((await pay("paid")).body.state, "paid");
  await act("paid", "refunds", { reason: "All of it" });
  await store.orderWhere(orders.paid.id, "refunded");

  for (const [way, state] of [["passed", "paid"], ["failed", "created"]]) {
    const { body } = await pay(way);
    assert.equal(body.attempt.action?.type, "challenge", JSON.stringify(body));
    assert.equal((await read(at.causeway + body.attempt.action.href)).status, 200);
    await stripe.press(reference(orders[way]), "pay");
    await store.orderWhere(orders[way].id, state);
  }
  for (const [way, what, state] of [["captured", "capture", "paid"], ["cancelled", "cancel",
    "cancelled"]]) {
    const { body } = await pay(way, { order: { capture: "manual" } });
    assert.equal(body.state, "authorized");
    await act(way, what);
    await store.orderWhere(orders[way].id, state);
  }
}

async function payBadly() {
  assert.equal((await pay("declined")).body.attempt.state, "declined");
  await pay("dropped", { faults: [{ fault: "drop_answer", on: "create" }] });
  await store.orderWhere(orders.dropped.id, "paid");
  await pay("broken", { faults: [{ fault: "error_500", on: "create" }] });
  await pay("slow", { faults: [{ fault: "refuse", on: "create", code: "rate_limit" }] });
  await store.merchants.stripe.faults();

  // Without its end.
  const garbage = plain(NUMBERS.malformed, { cvc: CVC, name: HOLDER }).slice(0, -1);
  const malformed = await pay("malformed", { text: garbage });
  assert.ok(malformed.status >= 400 || malformed.body.attempt?.state === "declined",
    malformed.text);

  // An envelope that was sealed for another attempt.
  const moved = await pay("moved", { id: newAttemptId() });
  assert.ok(moved.status < 300, moved.text);
  const shopper = new Shopper(await store.makeOrder());
  const text = plain(NUMBERS.moved, { cvc: CVC, name: HOLDER });
  const body = await shopper.attempt("card", { text });
  const wrong = await shopper.post({ ...body, id: newAttemptId() });
  assert.ok(wrong.status >= 400 || wrong.body.attempt?.state === "declined", wrong.text);

  // A page that seals nothing is refused, and what it sent is not repeated.
  const unsealed = plain(NUMBERS.bare, { cvc: CVC, name: HOLDER });
  for (const changes of [
    { envelope: unsealed },
    { envelope: NUMBERS.bare },
    { [NUMBERS.bare]: HOLDER },
    { device: NUMBERS.bare },
    { method: NUMBERS.bare },
    { envelope: [NUMBERS.bare] },
    { number: NUMBERS.bare, cvc: CVC, name: HOLDER },
    { id: NUMBERS.bare },
    { account: NUMBERS.bare },
    { browser: { language: NUMBERS.bare, user_agent: unsealed } },
  ]) {
    const url = `${at.causeway}/checkout/${shopper.token}/attempts`;
    const sent = JSON.stringify({ ...body, id: newAttemptId(), ...changes });
    const headers = { "content-type": "application/json" };
    const answer = await read(url, { method: "POST", headers, body: sent });
    const wanted = changes.browser ? 201 : 422;
    assert.equal(answer.status, wanted, `${Object.keys(changes)}: ${answer.text}`);
  }
}

/** Alipay and WeChat Pay: no card, but private keys at work. */
async function payOtherwise() {
  for (const method of ["alipay", "wechat_pay"]) {
    const order = await store.makeOrder({ currency: "CNY" });
    orders[method] = order;
    const shopper = new Shopper(order);
    const snapshot = await shopper.pay(method);
    if (snapshot.attempt.action.type === "redirect") await shopper.follow(snapshot);
    await store.merchants[method].press(reference(order), "pay");
    await store.orderWhere(order.id, "paid");
    await store.api.ok("POST", `/v1/accounts/${store.accounts[method].id}/check`);
  }
  const rotation = `/v1/webhook_endpoints/${store.endpoint.id}/rotate_secret`;
  rotated = (await store.api.ok("POST", rotation)).secret;
}

/** Reads everything back through the API, and waits until the log holds the last of it. */
async function settle() {
  await receiver.event("order.paid", orders.wechat_pay.id);
  for (const path of ["store", "orders?limit=100", "events?limit=100", "api_keys", "accounts",
    "webhook_endpoints"]) await store.owner.ok("GET", `/v1/${path}`);
  for (const order of Object.values(orders)) {
    await store.order(order.id);
    await new Shopper(order).open();
  }
  const { headers } = await read(`${at.causeway}/healthz`);
  const last = headers.get("x-request-id");
  await until("the log of the last request", () => log().includes(last));
}

const log = () => readFileSync(join(STATE, "logs/worker.log"), "utf8");

/** Searches everything that is on the disk. */
function onDisk(marks, isLeftOut) {
  const search = new Search(marks);
  const files = filesBelow(STATE, (path) =>
    INPUTS.test(path) || BUILT.test(path) || isLeftOut?.(path));
  return files.flatMap(({ path, bytes }) => search.in(bytes, path));
}

/** Searches what the worker answered, unless `mayHold` says that this answer may hold it. */
function inAnswers(marks, mayHold = () => false) {
  const search = new Search(marks);
  return answers.filter((answer) => !mayHold(answer)).flatMap(({ method, url, headers, text }) =>
    search.in(`${url}\n${headers}\n${text}`, `${method} ${url}`));
}

/** Searches what the shop's endpoint received. */
function inWebhooks(marks) {
  const search = new Search(marks);
  return receiver.events.flatMap(({ type, text, headers }) =>
    search.in(`${text}\n${JSON.stringify(headers)}`, `webhook ${type}`));
}

describe("the search", () => {
  test("finds a number however it is written", () => {
    const number = strange();
    const search = new Search([["it", formsOfNumber(number)]]);
    const inside = (text) => `{"a":"${text}"}`;
    const spaced = number.replace(/(.{4})(?=.)/g, "$1 ");
    const integer = Buffer.alloc(8);
    integer.writeBigInt64BE(BigInt(number));
    for (const planted of [
      inside(number), inside(spaced), inside(spaced.replaceAll(" ", "-")),
      ...["", "x", "xx"].map((before) => Buffer.from(`${before}${number}y`).toString("base64")),
      Buffer.from(`x${number}`).toString("base64url"), Buffer.from(inside(number)).toString("hex"),
      Buffer.from(inside(spaced)).toString("base64"), encodeURIComponent(inside(spaced)),
      Buffer.from(inside(number), "utf16le"), integer,
    ]) assert.notDeepEqual(search.in(planted), [], String(planted));
    assert.deepEqual(search.in(inside(number.slice(-4))), []);
  });

  test("finds names, security codes and raw keys", () => {
    const key = randomBytes(32);
    const search = new Search([NAME, ["code", formsOfCvc(CVC)], ["key", formsOfBytes(key)]]);
    for (const planted of [HOLDER, encodeURIComponent(HOLDER), JSON.stringify({ cvc: CVC }),
      `[cvc]=${CVC}`, key, Buffer.concat([Buffer.of(1), key]), key.toString("base64"),
    ]) assert.notDeepEqual(search.in(planted), [], String(planted));
  });

  test("reads the files where the worker stores and prints", () => {
    const { id } = orders.paid;
    const files = filesBelow(STATE);
    const holding = files.filter(({ bytes }) => bytes.includes(id)).map(({ path }) => path);
    assert.ok(holding.some((path) => /^state\/till\/.*\.sqlite(-wal)?$/.test(path)), `${holding}`);
    assert.ok(files.some(({ path }) => /^state\/store\/.*\.sqlite(-wal)?$/.test(path)));
    assert.match(log(), /"route":"\/checkout\/"/);
    assert.ok(receiver.events.length >= 5);
    assert.ok(answers.some(({ text }) => text.includes(id)));
  });
});

describe("a number that a careless shop puts into its texts", () => {
  test("is found wherever those texts go", async () => {
    const planted = strange();
    const marks = [["planted", formsOfNumber(planted)]];
    const search = new Search(marks);
    const text = `Tea ${planted.replace(/(.{4})(?=.)/g, "$1 ")}`;
    const order = await store.makeOrder({ currency: "CNY", description: text });
    const shopper = new Shopper(order);
    await shopper.pay("wechat_pay");
    await store.merchants.wechat_pay.press(reference(order), "pay");
    await receiver.event("order.paid", order.id);
    assert.notDeepEqual(onDisk(marks), []);
    assert.notDeepEqual(inAnswers(marks), []);
    assert.notDeepEqual(inWebhooks(marks), []);
    const requests = await store.merchants.wechat_pay.call("GET", "requests");
    assert.notDeepEqual(search.in(JSON.stringify(requests)), []);
    const careless = await fetch(`${at.causeway}/healthz?card=${planted}`);
    assert.equal(careless.status, 200);
    const asked = answers.filter(({ url }) => search.in(url).length > 0);
    assert.equal(asked.length, 1, "addresses are searched");
  });
});

describe("a card", () => {
  test("is stored and printed nowhere", () => {
    assert.deepEqual(onDisk(CARD), []);
    const knowsName = (path) => BOOKS.test(path);
    assert.deepEqual(onDisk([NAME], knowsName), []);
  });

  test("is in no answer, no address and no webhook", () => {
    assert.deepEqual(inAnswers([...CARD, NAME]), []);
    assert.deepEqual(inWebhooks([...CARD, NAME]), []);
  });

  test("reaches Stripe in the fields that are for it, and nowhere else", async () => {
    const search = new Search([...CARD, NAME]);
    const sent = [];
    for (const [channel, merchant] of Object.entries(store.merchants)) {
      for (const { op, method, path, headers, body } of await merchant.call("GET", "requests")) {
        const fields = new URLSearchParams(body);
        if (channel === "stripe" && op === "create") {
          sent.push(fields.get("payment_method_data[card][number]"));
          for (const field of ["card][number", "card][cvc", "billing_details][name"]) {
            fields.delete(`payment_method_data[${field}]`);
          }
        }
        const rest = channel === "stripe" ? fields.toString() : body;
        const all = `${method} ${path}\n${JSON.stringify(headers)}\n${rest}`;
        assert.deepEqual(search.in(all, `${channel} ${op} ${path}`), []);
      }
    }
    const never = ["malformed", "bare"].map((way) => NUMBERS[way]);
    for (const number of Object.values(NUMBERS)) {
      assert.equal(sent.includes(number), !never.includes(number), `${number} was sent`);
    }
  });
});

/** The secrets of the store's accounts, as marks. */
const channelKeys = () => marksOfAccounts(store.merchants);

describe("keys", () => {
  test("of channels are stored sealed, and never shown", () => {
    const marks = channelKeys();
    assert.deepEqual(marks.map(([name]) => name).sort(), ["alipay private_key",
      "stripe secret_key", "stripe webhook_secret", "wechat_pay api_v3_key",
      "wechat_pay merchant_private_key"]);
    assert.deepEqual(onDisk(marks, (path) => BOOKS.test(path)), []);
    assert.deepEqual(inAnswers(marks), []);
    assert.deepEqual(inWebhooks(marks), []);
  });

  test("of channels are sent to their channel as it wants, and else not", async () => {
    const search = new Search(channelKeys());
    for (const [channel, merchant] of Object.entries(store.merchants)) {
      const requests = await merchant.call("GET", "requests");
      assert.ok(requests.length > 0, channel);
      for (const { op, method, path, headers, body } of requests) {
        const { authorization, ...others } = headers;
        if (channel === "stripe") {
          assert.equal(authorization, `Bearer ${merchant.credentials.secret_key}`);
        } else {
          assert.deepEqual(search.in(authorization ?? "", `${channel} ${op}`), []);
        }
        const all = `${method} ${path}\n${JSON.stringify(others)}\n${body}`;
        assert.deepEqual(search.in(all, `${channel} ${op} ${path}`), []);
      }
    }
  });

  test("of the API are stored hashed, and shown once", () => {
    const marks = [["secret key", formsOfKey(store.secretKey)]];
    assert.deepEqual(onDisk(marks), []);
    const shows = ({ method, url }) => method === "POST" && url.endsWith("/v1/api_keys");
    assert.equal(new Search(marks).in(answers.find(shows).text).length > 0, true);
    assert.deepEqual(inAnswers(marks, shows), []);
    assert.deepEqual(inWebhooks(marks), []);
  });

  test("that sign webhooks are stored sealed, and shown once", () => {
    const marks = [["first", formsOfWebhookSecret(store.endpoint.secret)],
      ["second", formsOfWebhookSecret(rotated)]];
    assert.deepEqual(onDisk(marks), []);
    const shows = ({ method, url }) =>
      method === "POST" && /\/v1\/webhook_endpoints(\/[^/]+\/rotate_secret)?$/.test(url);
    assert.deepEqual(inAnswers(marks, shows), []);
    assert.deepEqual(inWebhooks(marks), []);
  });

  test("of orders are in no line that the worker prints, and reach no channel", async () => {
    const tokens = Object.values(orders).map((order) => ["token", formsOfText(order.client_token)]);
    const search = new Search(tokens);
    assert.ok(log().split("\n").length > 100);
    assert.deepEqual(search.in(log(), "worker.log"), []);
    assert.deepEqual(inWebhooks(tokens), []);
    for (const merchant of Object.values(store.merchants)) {
      const requests = await merchant.call("GET", "requests");
      assert.deepEqual(search.in(JSON.stringify(requests), merchant.channel), []);
    }
  });

  test("of the deployment are nowhere but in its settings", async () => {
    const keys = JSON.parse(readFileSync(join(STATE, "keys.json"), "utf8"));
    const encoded = (name) => keys[name].split(",").flatMap((key) =>
      [...formsOfText(key), ...formsOfBytes(Buffer.from(key, "base64"))]);
    const marks = [["owner token", formsOfKey(at.ownerToken)],
      ["master key", encoded("master_key")], ["seal keys", encoded("seal_keys")]];
    assert.deepEqual(onDisk(marks), []);
    assert.deepEqual(inAnswers(marks), []);
    assert.deepEqual(inWebhooks(marks), []);
    const search = new Search(marks);
    for (const merchant of Object.values(store.merchants)) {
      const requests = await merchant.call("GET", "requests");
      assert.deepEqual(search.in(JSON.stringify(requests), merchant.channel), []);
    }
  });
});

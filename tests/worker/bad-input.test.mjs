// Bad input: each is answered by a problem document that names what to mend; nothing is stored,
// nothing reaches a channel, and no answer is a 5xx (`contract.mjs` sees to that).

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CARDS, associatedData, newAttemptId, plain, seal } from "./seal.mjs";
import { Shopper } from "./shopper.mjs";
import { Merchant, Store, call, cny, draft, newKey, usd } from "./stack.mjs";

let store;
let orders;

before(async () => {
  store = await Store.make({ channels: ["stripe", "alipay"] });
  orders = (await store.api.ok("GET", "/v1/orders")).data.length;
});

const item = { name: "Tea", quantity: 1, unit_price: usd("33.20") };
const one = (changes) => ({ items: [{ ...item, ...changes }], total: usd("33.20") });
const minutes = (count) => new Date(Date.now() + count * 60_000).toISOString();
const long = (length) => "x".repeat(length);
const entries = (count) => Object.fromEntries(
  Array.from({ length: count }, (_, number) => [`k${number}`, "v"]));

/** What is wrong, the body, where the problem is, and what it says. */
const ORDERS = [
  ["an unknown currency", one({ unit_price: { amount: "1.00", currency: "XXL" } }),
    "/items/0/unit_price/currency", /currency/],
  ["a currency in small letters", draft({ total: { amount: "33.20", currency: "usd" } }),
    "/total/currency", /currency/],
  ["too many decimals", draft({ total: usd("33.201") }), "/total", /decimal/],
  ["decimals where the currency has none", draft({ total: { amount: "33.2", currency: "JPY" } }),
    "/total", /decimal/],
  ["an amount that is a number", draft({ total: { amount: 33.2, currency: "USD" } }),
    "/total/amount", /string/],
  ["an amount with a comma", draft({ total: usd("33,20") }), "/total", /amount|decimal|number/],
  ["an amount with an exponent", draft({ total: usd("3e1") }), "/total", /amount|decimal|number/],
  ["an amount beyond what can be counted", draft({ total: usd("99999999999999999.00") }),
    "/total", /large|many|count/],
  ["an amount without currency", draft({ total: { amount: "33.20" } }), "/total", /currency/],
  ["no total", { items: [item] }, "", /total/],
  ["a total of zero", { items: [{ ...item, unit_price: usd("0.00") }], total: usd("0.00") },
    "/total", /above zero/],
  ["a negative total", draft({ total: usd("-1.00") }), "/total", /above zero/],
  ["a negative price", one({ unit_price: usd("-33.20") }), "/items/0/unit_price", /below zero/],
  ["a negative discount", draft({ discount: usd("-1.00") }), "/discount", /below zero/],
  ["totals that do not add up", draft({ total: usd("33.21") }), "/total", /33\.20/],
  ["two currencies", draft({ tax: cny("3.00") }), "/tax", /currency/],
  ["no items", draft({ items: [] }), "/items", /item/],
  ["too many items", { items: Array(201).fill({ ...item, unit_price: usd("1.00") }),
    total: usd("201.00") }, "/items", /200/],
  ["a quantity of zero", one({ quantity: 0 }), "/items/0/quantity", /1/],
  ["a negative quantity", one({ quantity: -1 }), "/items/0/quantity", /-1|integer|u32/],
  ["half a bag", one({ quantity: 0.5 }), "/items/0/quantity", /floating|integer|u32/],
  ["a sum beyond what can be counted", { items: [{ ...item, quantity: 1_000_000,
    unit_price: usd("90071992547409.91") }], total: usd("1.00") }, "/items", /larger/],
  ["an item without name", one({ name: "" }), "/items/0/name", /characters/],
  ["a name that is too long", one({ name: long(201) }), "/items/0/name", /200/],
  ["a control character", one({ name: "Tea\u0007" }), "/items/0/name", /control/],
  ["a picture that is no https address", one({ image_url: "javascript:alert(1)" }),
    "/items/0/image_url", /https/],
  ["an unknown field", draft({ totall: usd("1.00") }), "/totall", /unknown field/],
  ["an unknown field inside", one({ price: usd("1.00") }), "/items/0/price", /unknown field/],
  ["a list in place of an item", draft({ items: [["Tea", null, 1, usd("33.20"), null]] }),
    "/items/0", /sequence/],
  ["a list in place of an amount", draft({ total: ["33.20", "USD"] }), "/total", /sequence/],
  ["a list in place of the shopper", draft({ shopper: [] }), "/shopper", /sequence/],
  ["a card number as the name of a note", draft({ metadata: { "4242424242424242": long(501) } }),
    "/metadata/0000000000000000", /500/],
  ["an unknown method", draft({ methods: ["cash"] }), "/methods/0", /unknown variant/],
  ["no method at all", draft({ methods: [] }), "/methods", /method/],
  ["an unknown way to capture", draft({ capture: "later" }), "/capture", /unknown variant/],
  ["a time that is none", draft({ expires_at: "tomorrow" }), "/expires_at", /time/],
  ["a day that is none", draft({ expires_at: "2027-02-30T00:00:00Z" }), "/expires_at", /time|day/],
  ["an expiry in the past", draft({ expires_at: minutes(-1) }), "/expires_at", /1 minute/],
  ["an expiry too soon", draft({ expires_at: minutes(0.5) }), "/expires_at", /1 minute/],
  ["an expiry too late", draft({ expires_at: minutes(31 * 24 * 60) }), "/expires_at", /30 days/],
  ["an e-mail address that is none", draft({ shopper: { email: "ada" } }), "/shopper/email",
    /e-mail/],
  ["a country that is none", draft({ shopper: { country: "Ireland" } }), "/shopper/country",
    /3166/],
  ["a return address without https", draft({ return_url: "http://shop.example/thanks" }),
    "/return_url", /https/],
  ["a return address with a password", draft({ return_url: "https://a:b@shop.example/" }),
    "/return_url", /https/],
  ["a description that is too long", draft({ description: long(128) }), "/description", /127/],
  ["too much metadata", draft({ metadata: entries(21) }), "/metadata", /20/],
  ["metadata that is no text", draft({ metadata: { a: 1 } }), "/metadata/a", /string/],
  ["a metadata value that is too long", draft({ metadata: { "a/b~c": long(501) } }),
    "/metadata/a~1b~0c", /500/],
  ["null for a whole", null, "", /./],
  ["a list for a whole", Object.values(draft()), "", /object/],
  ["a text for a whole", "order", "", /./],
];

describe("an order with", () => {
  for (const [what, body, pointer, says] of ORDERS) {
    test(what, async () => {
      const problem = await store.api.refused(422, "POST", "/v1/orders", body);
      const found = problem.errors.find((error) => error.pointer === pointer);
      assert.ok(found, `${pointer} is not named: ${JSON.stringify(problem.errors)}`);
      assert.match(found.detail, says);
    });
  }

  test("several mistakes has all of them named at once", async () => {
    const body = draft({ shipping: usd("-1.00"), shopper: { email: "ada", country: "x" },
      return_url: "shop" });
    const { errors } = await store.api.refused(422, "POST", "/v1/orders", body);
    assert.deepEqual(errors.map(({ pointer }) => pointer).toSorted(),
      ["/return_url", "/shipping", "/shopper/country", "/shopper/email"]);
  });

  for (const [what, text] of [
    ["no body", ""],
    ["half of JSON", '{"items": ['],
    ["something else than JSON", "items=tea"],
    ["something after its JSON", `${JSON.stringify(draft())} {}`],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ]) {
    test(what, async () => {
      const answer = await call("POST", "/v1/orders", { text, headers: store.api.headers });
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.body.code, "not_json");
    });
  }

  test("an Idempotency-Key that is none", async () => {
    for (const key of ["", "a b", long(256), "\u00fc"]) {
      const headers = { "idempotency-key": key };
      const problem = await store.api.refused(400, "POST", "/v1/orders", draft(), headers);
      assert.equal(problem.code, "bad_idempotency_key");
    }
  });

  after(async () => {
    const { data } = await store.api.ok("GET", "/v1/orders?limit=100");
    assert.equal(data.length, orders, "an order was stored all the same");
  });
});

test("no message repeats a value that was sent", async () => {
  const secret = "4242424242424242";
  for (const body of [
    draft({ methods: [secret] }),
    draft({ expires_at: secret }),
    draft({ total: usd(secret.repeat(3)) }),
    draft({ capture: secret }),
    one({ quantity: secret }),
    one({ unit_price: { amount: "1.00", currency: secret } }),
    draft({ shopper: secret }),
  ]) {
    const { detail, errors } = await store.api.refused(422, "POST", "/v1/orders", body);
    const said = JSON.stringify([detail, errors.map((error) => error.detail)]);
    assert.ok(!said.includes(secret), said);
  }
});

describe("lists", () => {
  for (const [query, code] of [
    ["state=new", "bad_state"],
    ["limit=0", "bad_limit"],
    ["limit=101", "bad_limit"],
    ["limit=ten", "bad_limit"],
    ["cursor=abc", "bad_cursor"],
    ["from=yesterday", "bad_time"],
    ["to=2026-13-01T00:00:00Z", "bad_time"],
    ["status=paid", "unknown_parameter"],
  ]) {
    test(`of orders refuse ${query}`, async () => {
      assert.equal((await store.api.refused(400, "GET", `/v1/orders?${query}`)).code, code);
    });
  }

  for (const [query, code] of [
    ["order=abc", "bad_order"],
    ["cursor=1_evt_0", "bad_cursor"],
    ["cursor=99999999999999999999999_evt_00000000000000000000000000", "bad_cursor"],
    ["limit=-1", "bad_limit"],
    ["kind=order.paid", "unknown_parameter"],
    ["type=order.lost", "bad_type"],
  ]) {
    test(`of events refuse ${query}`, async () => {
      assert.equal((await store.api.refused(400, "GET", `/v1/events?${query}`)).code, code);
    });
  }
});

describe("settings", () => {
  const name = "Tea";

  for (const [what, body, pointer] of [
    ["without name", {}, ""],
    ["with a blank name", { name: " " }, "/name"],
    ["with a path in an origin", { name, allowed_origins: ["https://shop.example/"] },
      "/allowed_origins/0"],
    ["with a wildcard", { name, allowed_origins: ["https://a.example", "https://*.example"] },
      "/allowed_origins/1"],
    ["with a policy in an origin", { name, allowed_origins: ["https://a; script-src *"] },
      "/allowed_origins/0"],
    ["with a lane that is not stated", { name, card_lane: { lane: "worker_key" } }, "/card_lane"],
    ["with an unknown statement", { name, card_lane: { lane: "worker_key", statement: "sure" } },
      "/card_lane/statement"],
    ["with a country that is none", { name, country: "ie" }, "/country"],
    ["with a locale that is none", { name, default_locale: "<en>" }, "/default_locale"],
    ["with no till", { name, tills: 0 }, "/tills"],
    ["with too many tills", { name, tills: 1025 }, "/tills"],
    ["with an unknown policy", { name, irregular_payments: { late: "keep" } },
      "/irregular_payments/late"],
    ["with a list in place of a lane", { name, card_lane: ["worker_key", "saq_d_assessed"] },
      "/card_lane"],
    ["with a list in place of policies", { name, irregular_payments: [] }, "/irregular_payments"],
    ["with a name of blanks", { name: `x${" ".repeat(100)}` }, "/name"],
    ["with what is kept by us", { name, tills_before: { tills: 1,
      changed_at: "2026-01-01T00:00:00Z" } }, "/tills_before"],
  ]) {
    test(`of a store ${what}`, async () => {
      const before = await store.owner.ok("GET", "/v1/store");
      const { errors } = await store.owner.refused(422, "PUT", "/v1/store", body);
      assert.equal(errors[0].pointer, pointer, JSON.stringify(errors));
      assert.deepEqual(await store.owner.ok("GET", "/v1/store"), before);
    });
  }

  for (const [what, body, pointer] of [
    ["of an unknown kind", { kind: "admin" }, "/kind"],
    ["with a label that is too long", { kind: "secret", label: long(101) }, "/label"],
  ]) {
    test(`a key ${what}`, async () => {
      const { errors } = await store.owner.refused(422, "POST", "/v1/api_keys", body);
      assert.equal(errors[0].pointer, pointer);
    });
  }

  test("an account whose credentials are not of their form", async () => {
    const good = (await Merchant.make("alipay", "key")).credentials;
    const count = (await store.api.ok("GET", "/v1/accounts")).data.length;
    const { credentials: stripe } = store.merchants.stripe;
    const without = (field) => ({ ...good, [field]: undefined });
    for (const [channel, credentials, pointer] of [
      ["paypal", {}, "/channel"],
      ["stripe", {}, "/credentials/secret_key"],
      ["stripe", { secret_key: "sk_live_1", webhook_secret: "whsec_1" },
        "/credentials/secret_key"],
      ["stripe", { ...stripe, webhook_secret: "secret" }, "/credentials/webhook_secret"],
      ["stripe", { ...stripe, api_key: "x" }, "/credentials/api_key"],
      ["alipay", without("app_id"), "/credentials/app_id"],
      ["alipay", { ...good, private_key: "none" }, "/credentials/private_key"],
      ["alipay", without("alipay_public_key"), "/credentials/alipay_public_key"],
      ["alipay", { ...good, app_id: 1 }, "/credentials/app_id"],
      ["wechat_pay", { mchid: "x" }, "/credentials/mchid"],
    ]) {
      const body = { channel, credentials };
      const { errors } = await store.api.refused(422, "POST", "/v1/accounts", body);
      assert.equal(errors[0].pointer, pointer, JSON.stringify(errors));
      assert.ok(errors[0].detail.length > 5);
    }
    const path = `/v1/accounts/${store.accounts.stripe.id}`;
    const bad = { credentials: { secret_key: "nonsense", webhook_secret: "whsec_1" } };
    await store.api.refused(422, "PATCH", path, bad);
    await store.api.refused(422, "PATCH", path, { methods: ["alipay"] });
    const checked = await store.api.ok("POST", `${path}/check`);
    assert.equal(checked.ok, true, "the old credentials stay");
    assert.equal((await store.api.ok("GET", "/v1/accounts")).data.length, count);
  });

  for (const [what, body, pointer] of [
    ["without address", {}, ""],
    ["on plain HTTP elsewhere", { url: "http://shop.example/webhooks" }, "/url"],
    ["that is no address", { url: "shop" }, "/url"],
    ["with a password", { url: "https://a:b@shop.example/" }, "/url"],
    ["for an unknown event", { url: "https://shop.example/", events: ["order.paid", "x"] },
      "/events/1"],
    ["with a description that is too long", { url: "https://shop.example/",
      description: long(201) }, "/description"],
  ]) {
    test(`a webhook endpoint ${what}`, async () => {
      const { errors } = await store.api.refused(422, "POST", "/v1/webhook_endpoints", body);
      assert.equal(errors[0].pointer, pointer, JSON.stringify(errors));
      assert.deepEqual((await store.api.ok("GET", "/v1/webhook_endpoints")).data, []);
    });
  }

  for (const [what, body, pointer] of [
    ["without price", { name, prices: [] }, "/prices"],
    ["with a negative price", { name, prices: [usd("-1.00")] }, "/prices/0"],
    ["with two prices in one currency", { name, prices: [usd("1.00"), usd("2.00")] }, "/prices/1"],
    ["with too many decimals", { name, prices: [usd("1.001")] }, "/prices/0"],
    ["without name", { name: "", prices: [usd("1.00")] }, "/name"],
    ["with a control character", { name: "a\u0000", prices: [usd("1.00")] }, "/name"],
    ["with a picture on plain HTTP", { name, prices: [usd("1.00")],
      image_url: "http://shop.example/a.png" }, "/image_url"],
    ["with a blank name in another language", { name, names: { "a/b": "" },
      prices: [usd("1.00")] }, "/names/a~1b"],
  ]) {
    test(`a price ${what}`, async () => {
      const { errors } = await store.api.refused(422, "PUT", "/v1/prices/tea", body);
      assert.equal(errors[0].pointer, pointer, JSON.stringify(errors));
      assert.deepEqual((await store.api.ok("GET", "/v1/prices")).data, []);
    });
  }
});

describe("captures, cancels and refunds", () => {
  let order;

  before(async () => {
    order = await store.makeOrder();
    await new Shopper(order).pay("card");
    await store.orderWhere(order.id, "paid");
  });

  for (const [action, body, pointer] of [
    ["capture", { amount: usd("1.001") }, "/amount"],
    ["capture", { amount: "1.00" }, "/amount"],
    ["capture", { all: true }, "/all"],
    ["cancel", { reason: "bored" }, "/reason"],
    ["cancel", { why: "shopper" }, "/why"],
    ["refunds", {}, ""],
    ["refunds", { reason: " " }, "/reason"],
    ["refunds", { reason: long(201) }, "/reason"],
    ["refunds", { reason: `x${" ".repeat(200)}` }, "/reason"],
    ["refunds", { reason: "x", amount: ["1.00", "USD"] }, "/amount"],
    ["refunds", { reason: "x", amount: usd("0.00") }, "/amount"],
    ["refunds", { reason: "x", amount: usd("-1.00") }, "/amount"],
    ["refunds", { reason: "x", amount: usd("33.21") }, "/amount"],
    ["refunds", { reason: "x", amount: cny("1.00") }, "/amount"],
    ["refunds", { reason: "x", amount: usd("0.001") }, "/amount"],
  ]) {
    test(`${action} ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const path = `/v1/orders/${order.id}/${action}`;
      const { errors } = await store.api.refused(422, "POST", path, body, newKey());
      assert.equal(errors[0].pointer, pointer, JSON.stringify(errors));
    });
  }

  test("a refund without a key says that it needs one", async () => {
    const path = `/v1/orders/${order.id}/refunds`;
    const problem = await store.api.refused(400, "POST", path, { reason: "Damaged" });
    assert.equal(problem.code, "idempotency_key_missing");
    assert.match(problem.detail, /the same one whenever you repeat/);
  });

  after(async () => {
    const now = await store.order(order.id);
    assert.deepEqual([now.state, now.refunds], ["paid", []]);
  });
});

describe("an attempt", () => {
  let order;
  let shopper;
  let good;

  before(async () => {
    order = await store.makeOrder();
    shopper = new Shopper(order);
    good = await shopper.attempt("card");
  });

  for (const [what, changes, pointer] of [
    ["of an unknown method", { method: "cash" }, "/method"],
    ["by a method whose channel is not set up", { method: "wechat_pay" }, "/method"],
    ["by a method that does not fit the currency", { method: "alipay" }, "/method"],
    ["at an account of another channel", { account: () => store.accounts.alipay.id }, "/account"],
    ["at an account that is not there", { account: "acc_nobody_0123456789" }, "/account"],
    ["at an account that is none", { account: "stripe" }, "/account"],
    ["with an id that is none", { id: "att_1" }, "/id"],
    ["on an unknown device", { device: "watch" }, "/device"],
    ["without the sealed card", { envelope: undefined }, "/envelope"],
    ["with an envelope that is no base64url", { envelope: "a+b=" }, "/envelope"],
    ["with an amount of its own", { amount: usd("0.01") }, "/amount"],
    ["with a card in the clear", { card: { number: CARDS.paid } }, "/card"],
  ]) {
    test(what, async () => {
      const more = Object.entries(changes).map(([key, value]) =>
        [key, typeof value === "function" ? value() : value]);
      const answer = await shopper.post({ ...good, ...Object.fromEntries(more) });
      assert.equal(answer.status, 422, answer.text);
      assert.equal(answer.body.errors[0].pointer, pointer, answer.text);
    });
  }

  test("with half of JSON", async () => {
    const answer = await shopper.call("POST", "attempts", undefined, { text: '{"id":' });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.code, "not_json");
  });

  test("with a thousand brackets", async () => {
    const text = JSON.stringify({ ...good, browser: 0 });
    const deep = text.replace('"browser":0', `"browser":${"[".repeat(1000)}${"]".repeat(1000)}`);
    const answer = await shopper.call("POST", "attempts", undefined, { text: deep });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.code, "not_json");
  });

  test("with a sealed card where none is expected", async () => {
    const inCny = await store.makeOrder({ currency: "CNY" });
    const wallet = new Shopper(inCny);
    const body = { ...(await wallet.attempt("alipay")), envelope: good.envelope };
    const answer = await wallet.post(body);
    assert.equal(answer.status, 422);
    assert.equal(answer.body.errors[0].pointer, "/envelope");
  });

  after(async () => {
    const now = await store.order(order.id);
    assert.deepEqual([now.state, now.attempts], ["created", []]);
  });
});

describe("a sealed card", () => {
  /** Makes an attempt whose envelope `change` has spoilt, and returns the answer's attempt. */
  async function tryWith(change) {
    const order = await store.makeOrder();
    const shopper = new Shopper(order);
    const { seal: key, amount_minor: amountMinor, currency } = await shopper.open();
    const id = newAttemptId();
    const account = store.accounts.stripe.id;
    const binding = { order: order.id, attempt: id, account, amountMinor, currency };
    const envelope = await change({ key: key.public_key, binding, text: plain(CARDS.paid) });
    const body = { id, method: "card", account, device: "desktop", envelope };
    const answer = await shopper.post(body);
    const books = await store.merchants.stripe.payment(`${order.id}01`);
    return { answer, books, order: await store.order(order.id) };
  }

  const spoilt = (envelope, at) => {
    const bytes = Buffer.from(envelope, "base64url");
    bytes[at < 0 ? bytes.length + at : at] ^= 1;
    return bytes.toString("base64url");
  };
  const sealed = ({ key, binding, text }, changes) => seal(key, { ...binding, ...changes }, text);

  test("that was not changed pays", async () => {
    const { answer, books } = await tryWith((parts) => sealed(parts));
    assert.equal(answer.body.attempt.state, "paid");
    assert.equal(books.status, "paid");
  });

  for (const [what, change] of [
    ["with another version", async (parts) => spoilt(await sealed(parts), 0)],
    ["to an unknown key", async (parts) => spoilt(await sealed(parts), 1)],
    ["of nothing", () => "AQ"],
    ["that is not sealed", () => Buffer.from(plain(CARDS.paid)).toString("base64url")],
  ]) {
    test(`${what} is refused, and not stored`, async () => {
      const { answer, books, order } = await tryWith(change);
      assert.equal(answer.status, 422, answer.text);
      assert.equal(answer.body.errors[0].pointer, "/envelope");
      assert.deepEqual(order.attempts, []);
      assert.equal(books, undefined);
    });
  }

  for (const [what, change] of [
    ["for another order", (parts) => sealed(parts, { order: "0".repeat(26) })],
    ["for another attempt", (parts) => sealed(parts, { attempt: newAttemptId() })],
    ["for another account", (parts) => sealed(parts, { account: "acc_x_0123456789" })],
    ["for another amount", (parts) => sealed(parts, { amountMinor: 1 })],
    ["for another currency", (parts) => sealed(parts, { currency: "EUR" })],
    ["with a spoilt key share", async (parts) => spoilt(await sealed(parts), 20)],
    ["with a spoilt text", async (parts) => spoilt(await sealed(parts), -20)],
    ["that was cut", async (parts) => (await sealed(parts)).slice(0, -8)],
    ["of a number with letters", (parts) => sealed({ ...parts, text: plain("4242abcd42424242") })],
    ["of a number that fails its check digit", (parts) =>
      sealed({ ...parts, text: plain("4242424242424241") })],
    ["of a month that is none", (parts) =>
      sealed({ ...parts, text: plain(CARDS.paid, { month: 13 }) })],
    ["of a code with letters", (parts) =>
      sealed({ ...parts, text: plain(CARDS.paid, { cvc: "12a" }) })],
    ["of no card", (parts) => sealed({ ...parts, text: "{}" })],
  ]) {
    test(`${what} is declined in one way, and never sent`, async () => {
      const { answer, books, order } = await tryWith(change);
      assert.ok(answer.status < 300, answer.text);
      assert.equal(answer.body.attempt.state, "declined");
      assert.equal(answer.body.attempt.decline.reason, "configuration_error");
      assert.equal(order.state, "created");
      assert.equal(books, undefined);
    });
  }

  test("is bound to bytes that no two attempts share", () => {
    const binding = { order: "ab", attempt: "c", account: "d", amountMinor: 1, currency: "USD" };
    const moved = { ...binding, order: "a", attempt: "bc" };
    assert.notDeepEqual(associatedData(binding), associatedData(moved));
  });

  test("whose number is false does not come back in any answer", async () => {
    const { data } = await store.api.ok("GET", "/v1/orders?limit=100");
    const text = JSON.stringify(data);
    for (const number of [CARDS.paid, "4242abcd42424242", "4242424242424241"]) {
      assert.ok(!text.includes(number));
    }
  });
});

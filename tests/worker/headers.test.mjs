// What protects pages: content security policies, caching, and no answer that another page may
// read. That the headers of every answer are there is checked by every call (`contract.mjs`).

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { get } from "node:http";
import { CARDS } from "./seal.mjs";
import { Shopper, bootstrap, reference } from "./shopper.mjs";
import { Store, at, call, page } from "./stack.mjs";

const ORIGINS = ["https://shop.example", "https://www.shop.example:8443"];

let store;

before(async () => {
  store = await Store.make({ channels: ["stripe", "alipay", "wechat_pay"],
    profile: { allowed_origins: ORIGINS } });
});

/** A policy as `{directive: [values]}`. */
function policy(answer) {
  const text = answer.headers.get("content-security-policy");
  return Object.fromEntries(text.split(";").map((part) => {
    const [name, ...values] = part.trim().split(/\s+/);
    return [name, values];
  }));
}

function checkPage(answer, status = 200, referrer = "no-referrer") {
  assert.equal(answer.status, status);
  assert.equal(answer.headers.get("referrer-policy"), referrer);
  assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("set-cookie"), null);
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
  assert.doesNotMatch(answer.text, /\son\w+="/, "no inline handlers");
  assert.doesNotMatch(answer.text, /\sstyle="/, "no inline styles");
}

/** Fetches without decoding. */
function raw(path, headers) {
  return new Promise((done, failed) => {
    get(at.causeway + path, { headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => done({ headers: answer.headers, body: Buffer.concat(chunks) }));
    }).on("error", failed);
  });
}

describe("the frame", () => {
  test("runs our files alone, sends forms nowhere, and is framed by the shop alone", async () => {
    const order = await store.makeOrder();
    const answer = await page(`/checkout/${order.client_token}`);
    checkPage(answer);
    const csp = policy(answer);
    assert.deepEqual(csp["default-src"], ["'none'"]);
    assert.deepEqual(csp["script-src"], ["'self'", "'wasm-unsafe-eval'"]);
    // The style stands in the page; nothing else that does is taken for one.
    const [, style] = /<style>([^<]*)<\/style>/.exec(answer.text);
    const digest = createHash("sha256").update(style).digest("base64");
    assert.deepEqual(csp["style-src"], [`'sha256-${digest}'`]);
    assert.doesNotMatch(answer.text, /<link rel="stylesheet"/, "no further round trip");
    assert.deepEqual(csp["connect-src"], ["'self'"]);
    assert.deepEqual(csp["font-src"], ["'self'"]);
    assert.deepEqual(csp["frame-src"], ["'self'"]);
    assert.deepEqual(csp["form-action"], ["'none'"]);
    assert.deepEqual(csp["base-uri"], ["'none'"]);
    assert.deepEqual(csp["frame-ancestors"], ORIGINS);
    assert.ok(csp["img-src"].every((source) => /^('self'|data:|https?:)$/.test(source)));
    assert.equal(csp["object-src"] ?? csp["default-src"][0], "'none'");
    const text = answer.headers.get("content-security-policy");
    assert.doesNotMatch(text, /unsafe-inline|'unsafe-eval'/);
  });

  test("of a store without origins is framed by none", async () => {
    const bare = await Store.make({ profile: { allowed_origins: [] } });
    const order = await bare.makeOrder();
    const answer = await page(`/checkout/${order.client_token}`);
    assert.deepEqual(policy(answer)["frame-ancestors"], ["'none'"]);
  });

  test("speaks to a parent that the store lists, and to no other", async () => {
    const order = await store.makeOrder();
    const parent = async (origin) => {
      const path = `/checkout/${order.client_token}?parent=${encodeURIComponent(origin)}`;
      return bootstrap((await page(path)).text).parent ?? null;
    };
    assert.equal(await parent(ORIGINS[0]), ORIGINS[0]);
    assert.equal(await parent("https://evil.example"), null);
    assert.equal(await parent("*"), null);
  });

  test("in the markup of a page that the store lists speaks to that page", async () => {
    const order = await store.makeOrder();
    const told = async (headers, query = "") => {
      const answer = await page(`/checkout/${order.client_token}${query}`, { headers });
      const { parent, early } = bootstrap(answer.text);
      return [parent, early];
    };
    const framed = (referer) => ({ "sec-fetch-dest": "iframe", referer });
    assert.deepEqual(await told(framed(`${ORIGINS[1]}/pay?x=1`)), [ORIGINS[1], true]);
    assert.deepEqual(await told(framed("https://evil.example/")), [null, true]);
    assert.deepEqual(await told(framed("nonsense")), [null, true]);
    assert.deepEqual(await told({ referer: `${ORIGINS[0]}/` }), [null, true], "not in a frame");
    const named = `?parent=${encodeURIComponent(ORIGINS[0])}`;
    assert.deepEqual(await told(framed(`${ORIGINS[1]}/`), named), [ORIGINS[0], false]);
  });

  test("shows texts from the shop as texts", async () => {
    const nasty = `</script><script>alert(1)</script>"'&<b>`;
    const items = [{ name: nasty, quantity: 1, unit_price: { amount: "1.00", currency: "USD" } }];
    const order = await store.api.ok("POST", "/v1/orders",
      { items, total: items[0].unit_price, shopper: { name: nasty } });
    const answer = await page(`/checkout/${order.client_token}?locale=${encodeURIComponent(nasty)}`
      + `&parent=${encodeURIComponent(nasty)}&device=${encodeURIComponent(nasty)}`);
    checkPage(answer);
    assert.ok(!answer.text.includes("<script>alert(1)"));
    assert.ok(!answer.text.includes("<b>"));
    assert.equal(answer.text.match(/<script/g).length, answer.text.match(/<\/script>/g).length);
    bootstrap(answer.text);
  });

  test("comes in brotli to who takes it, and plain to who does not", async () => {
    const order = await store.makeOrder();
    const path = `/checkout/${order.client_token}`;
    const plain = await raw(path, { "accept-encoding": "identity" });
    assert.equal(plain.headers["content-encoding"], undefined);
    const packed = await raw(path, { "accept-encoding": "br" });
    assert.equal(packed.headers["content-encoding"], "br");
    assert.match(packed.headers.vary, /accept-encoding/i);
    assert.ok(packed.body.length < plain.body.length / 2);
    const unpacked = brotliDecompressSync(packed.body).toString();
    assert.equal(bootstrap(unpacked).token, bootstrap(plain.body.toString()).token);
  });

  test("of a false token is a page that says so", async () => {
    const answer = await page("/checkout/nonsense");
    checkPage(answer, 404);
    assert.deepEqual(policy(answer)["form-action"], ["'none'"]);
  });
});

describe("pages round a payment", () => {
  test("leave for the gateway alone", async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    const snapshot = await new Shopper(order).pay("alipay");
    const left = await page(snapshot.attempt.action.href);
    assert.equal(left.status, 303);
    assert.ok(left.headers.get("location").startsWith(`${at.alipay}/gateway.do?`));
    assert.equal(left.headers.get("cache-control"), "no-store");
    assert.equal(left.headers.get("referrer-policy"), "no-referrer");
    const challenge = snapshot.attempt.action.href.replace("/leave/", "/challenge/");
    checkPage(await page(challenge), 410);
    await store.api.ok("POST", `/v1/orders/${order.id}/cancel`);
    await store.orderWhere(order.id, "cancelled");
    checkPage(await page(snapshot.attempt.action.href), 410);
  });

  test("say that WeChat does not open Alipay, and leave from another browser", async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    const snapshot = await new Shopper(order, { device: "wechat" }).pay("alipay");
    const { href } = snapshot.attempt.action;
    const agent = "Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/8.0.50";
    const within = await page(`${href}?locale=en`, { headers: { "user-agent": agent } });
    checkPage(within);
    assert.match(within.text, /Open this page in your browser/);
    assert.ok(!within.text.includes(at.alipay));
    assert.equal((await page(href)).status, 303);
  });

  test("leave for a gateway that wants to know where the shopper comes from", async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    const snapshot = await new Shopper(order, { device: "phone" }).pay("wechat_pay");
    const answer = await page(snapshot.attempt.action.href);
    checkPage(answer, 200, "strict-origin");
    assert.deepEqual(policy(answer)["frame-ancestors"], ["'none'"]);
    assert.match(answer.text, new RegExp(`<a id="leave"[^>]* href="${at.wechat_pay}/h5\\?`));
  });

  test("hold the issuer's page in a frame of their own", async () => {
    const order = await store.makeOrder();
    const snapshot = await new Shopper(order).pay("card", { card: CARDS.challenged });
    const answer = await page(snapshot.attempt.action.href);
    checkPage(answer);
    const csp = policy(answer);
    assert.deepEqual(csp["default-src"], ["'none'"]);
    assert.equal(csp["script-src"], undefined);
    assert.deepEqual(csp["form-action"], ["'none'"]);
    assert.deepEqual(csp["frame-ancestors"], ["'self'", ...ORIGINS]);
    assert.ok(csp["frame-src"].includes("https:"));
    assert.ok(answer.text.includes(`<iframe`));
  });

  test("say on the way back that the shop goes on, where it gave no address", async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    await new Shopper(order).pay("alipay");
    const answer = await page(`/return/${store.accounts.alipay.id}/${reference(order)}`);
    checkPage(answer);
    for (const path of ["/return/acc_x/y", `/return/${store.accounts.alipay.id}/x`,
      `/return/${store.accounts.stripe.id}/${reference(order)}`]) {
      checkPage(await page(path), 404);
    }
  });
});

describe("files", () => {
  test("with a hash in their name are kept for ever, the loader for minutes", async () => {
    const order = await store.makeOrder();
    const frame = await page(`/checkout/${order.client_token}`);
    const [script] = /\/assets\/checkout\.[0-9a-f]{10}\.js/.exec(frame.text) ?? [];
    assert.ok(script, "the frame loads a hashed script");
    const answer = await page(script);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("cache-control"), /max-age=31536000, immutable/);
    assert.match(answer.headers.get("content-type"), /^text\/javascript/);
    const loader = await page("/causeway.js");
    assert.equal(loader.headers.get("cache-control"), "public, max-age=300");
    assert.equal(loader.headers.get("cross-origin-resource-policy"), "cross-origin");
    assert.equal(loader.headers.get("access-control-allow-origin"), "*");
  });

  test("come in brotli to who takes it, and plain to who does not", async () => {
    const plain = await raw("/causeway.js", { "accept-encoding": "identity" });
    assert.equal(plain.headers["content-encoding"], undefined);
    const packed = await raw("/causeway.js", { "accept-encoding": "br" });
    assert.equal(packed.headers["content-encoding"], "br");
    assert.match(packed.headers.vary, /accept-encoding/i);
    assert.equal(brotliDecompressSync(packed.body).toString(), plain.body.toString());
  });
});

test("answers of the API may be kept by nobody", async () => {
  const order = await store.makeOrder();
  for (const [path, headers] of [
    [`/v1/orders/${order.id}`, store.api.headers],
    [`/v1/orders/${"0".repeat(26)}`, store.api.headers],
    ["/v1/orders", {}],
    [`/checkout/${order.client_token}/status`, {}],
    ["/healthz", {}],
  ]) {
    const answer = await call("GET", path, { headers });
    assert.equal(answer.headers.get("cache-control"), "no-store", path);
    assert.equal(answer.headers.get("set-cookie"), null);
  }
});

describe("the whole set of headers", () => {
  const BARE = "default-src 'none'; frame-ancestors 'none'";
  const SET = {
    "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": BARE,
  };
  /** Written by what carries the answer, not by the worker. */
  const CARRIED = ["connection", "content-length", "date", "keep-alive", "transfer-encoding",
    "content-encoding"];
  const JSON_TYPE = { "content-type": "application/json" };
  const PROBLEM = { "content-type": "application/problem+json" };
  const HTML = { "content-type": "text/html; charset=utf-8", vary: "accept-encoding" };
  const origins = ORIGINS.join(" ");

  /** Each class of addresses: `[what, method, path, options, status, its own headers]`. */
  async function classes() {
    const made = await store.owner.ok("POST", "/v1/api_keys", { kind: "publishable" });
    const [paid, challenged, left] = [await store.makeOrder(), await store.makeOrder(),
      await store.makeOrder({ currency: "CNY", return_url: `${ORIGINS[0]}/thanks` })];
    const challenge = (await new Shopper(challenged).pay("card", { card: CARDS.challenged }))
      .attempt.action.href;
    const leave = (await new Shopper(left).pay("alipay")).attempt.action.href;
    const frame = `/checkout/${paid.client_token}`;
    const [script] = /\/assets\/checkout\.[0-9a-f]{10}\.js/.exec((await page(frame)).text);
    const { stripe, alipay } = store.accounts;
    const secret = { headers: store.api.headers };
    const back = `/return/${alipay.id}/${reference(left)}`;
    const cart = { method: "POST", body: "{}", headers: { origin: ORIGINS[0],
      authorization: `Bearer ${made.key}`, "content-type": "application/json" } };
    const note = "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'";
    const file = { vary: "accept-encoding" };
    return [
      ["the API", `/v1/orders/${paid.id}`, secret, 200, JSON_TYPE],
      ["what is not there", `/v1/orders/${"0".repeat(26)}`, secret, 404, PROBLEM],
      ["a bad request", "/v1/orders?limit=0", secret, 400, PROBLEM],
      ["no key", "/v1/orders", {}, 401, { ...PROBLEM, "www-authenticate": "Bearer" }],
      ["another method", "/v1/orders", { ...secret, method: "PATCH" }, 405,
        { ...PROBLEM, allow: "GET, HEAD, POST" }],
      ["a cart", "/v1/carts", cart, 422,
        { ...PROBLEM, "access-control-allow-origin": ORIGINS[0], vary: "origin" }],
      ["a preflight", "/v1/carts", { method: "OPTIONS", headers: { origin: ORIGINS[0] } }, 204, {
        "access-control-allow-origin": ORIGINS[0],
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization, content-type, idempotency-key",
        "access-control-max-age": "600",
        vary: "origin",
      }],
      ["the frame", frame, {}, 200, HTML, "policy"],
      ["a false link", "/checkout/nonsense", {}, 404,
        { ...HTML, "content-security-policy": note }],
      ["the status", `${frame}/status`, {}, 200, JSON_TYPE],
      ["an attempt", `${frame}/attempts`, { method: "POST", body: "{}" }, 422, PROBLEM],
      ["leaving", leave, {}, 303, {}, "location"],
      ["a challenge", challenge, {}, 200, { ...HTML, "content-security-policy":
        `default-src 'none'; style-src 'self'; frame-src https: http:; form-action 'none'; `
        + `base-uri 'none'; frame-ancestors 'self' ${origins}` }],
      ["the way back", back, {}, 303, {}, "location"],
      ["the way back in a frame", back, { headers: { "sec-fetch-dest": "iframe" } }, 200,
        { ...HTML, "content-security-policy": `default-src 'none'; style-src 'self'; `
        + `form-action 'none'; base-uri 'none'; frame-ancestors 'self' ${origins}` }],
      ["a false notice", `/notices/${stripe.id}`, { method: "POST", body: "{}" }, 400, {}, "type"],
      ["a notice to nobody", "/notices/acc_nobody_0000000000", { method: "POST" }, 404, PROBLEM],
      ["the loader", "/causeway.js", {}, 200, { ...file, "access-control-allow-origin": "*",
        "cache-control": "public, max-age=300", "content-type": "text/javascript; charset=utf-8",
        "cross-origin-resource-policy": "cross-origin" }],
      ["a file", script, {}, 200, { ...file, "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable" }],
      ["no file", "/assets/nothing.js", {}, 404, PROBLEM],
      ["health", "/healthz", {}, 200, JSON_TYPE],
      ["the document", "/openapi.json", {}, 200,
        { ...JSON_TYPE, "cache-control": "public, max-age=300",
          vary: "accept-encoding" }],
      ["nothing", "/", {}, 404, PROBLEM],
      ["a deletion", `/v1/api_keys/${made.id}`,
        { headers: store.owner.headers, method: "DELETE" }, 204, {}],
      ["a long address", `/${"x".repeat(9000)}`, {}, 414, PROBLEM],
    ];
  }

  test("is on every class of answers, and nothing else is", async () => {
    for (const [what, path, options, status, more, free] of await classes()) {
      const answer = await page(path, options);
      assert.equal(answer.status, status, `${what}: ${answer.text.slice(0, 200)}`);
      const found = Object.fromEntries([...answer.headers]
        .filter(([name]) => !CARRIED.includes(name)));
      assert.match(found["x-request-id"], /^[0-9A-Za-z]{16}$/, what);
      delete found["x-request-id"];
      const wanted = { ...SET, ...more };
      // Checked by tests of their own.
      const own = { policy: "content-security-policy", location: "location",
        type: "content-type" }[free];
      if (own) {
        if (own !== "content-type") assert.ok(found[own], `${what}: ${own}`);
        delete found[own];
        delete wanted[own];
      }
      assert.deepEqual(found, wanted, what);
    }
  });
});

// The document itself: valid, complete, and true about which addresses and methods exist. That
// each answer is as documented is checked by every call of every test (`contract.mjs`).

import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Store, at, call, contract, newStoreName, owner, page } from "./stack.mjs";

const { document } = contract;
const METHODS = ["get", "put", "post", "patch", "delete", "options"];

/** An address for a template, with ids of the right form that nothing has. */
const EXAMPLES = {
  "/v1/mail/templates/{kind}/{locale}": "/v1/mail/templates/paid/en",
  "/v1/prices/{sku}": "/v1/prices/tea",
  "/v1/accounts/{id}": `/v1/accounts/acc_nobody_${"0".repeat(10)}`,
  "/v1/orders/{id}": `/v1/orders/${"0".repeat(26)}`,
  "/v1/views/{name}": "/v1/views/paid",
  "/v1/refund_requests/{id}": `/v1/refund_requests/rrq_${"0".repeat(26)}`,
  "/v1/events/{id}": `/v1/events/evt_${"0".repeat(26)}`,
  "/v1/webhook_endpoints/{id}": `/v1/webhook_endpoints/whe_${"0".repeat(26)}`,
  "/v1/api_keys/{id}": `/v1/api_keys/key_${"0".repeat(16)}`,
  "/v1/operators/{id}": `/v1/operators/opr_${"0".repeat(16)}`,
  "/v1/passkeys/{id}": `/v1/passkeys/psk_${"0".repeat(16)}`,
  "/v1/sessions/{id}": `/v1/sessions/sid_${"0".repeat(16)}`,
  "/checkout/{token}": `/checkout/ct_nobody_${"0".repeat(26)}_${"0".repeat(26)}`,
};

function example(template) {
  const known = Object.keys(EXAMPLES).find((start) => template.startsWith(start));
  const path = known ? EXAMPLES[known] + template.slice(known.length) : template;
  return path.replace("{attempt}", `att_${"0".repeat(26)}`);
}

function operations() {
  return Object.entries(document.paths).flatMap(([template, item]) => METHODS
    .filter((method) => item[method])
    .map((method) => ({ template, method, operation: item[method] })));
}

test("is valid OpenAPI 3.1, and every reference leads somewhere", async () => {
  assert.equal(document.openapi, "3.1.0");
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  for (const [, path] of references) {
    const found = path.split("/").reduce((object, key) => object?.[key], document);
    assert.ok(found, `#/${path}`);
  }
});

test("describes every operation, and calls none by another's name", () => {
  const ids = operations().map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { template, method, operation } of operations()) {
    const what = `${method} ${template}`;
    assert.ok(operation.summary, what);
    assert.ok(operation.tags.every((tag) => document.tags.some(({ name }) => name === tag)), what);
    const parameters = [...(document.paths[template].parameters ?? []),
      ...(operation.parameters ?? [])].map(({ $ref, ...own }) => ($ref
      ? document.components.parameters[$ref.split("/").at(-1)] : own));
    const inPath = parameters.filter((one) => one.in === "path").map(({ name }) => name);
    assert.deepEqual(inPath, [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), what);
  }
});

test("is served with a cache that ends soon", async () => {
  const answer = await call("GET", "/openapi.json");
  assert.equal(answer.headers.get("cache-control"), "public, max-age=300");
});

test("names no operation that the worker does not know", async () => {
  const caller = owner(newStoreName());
  for (const { template, method } of operations()) {
    const path = example(template);
    const answer = await call(method.toUpperCase(), path, { headers: caller.headers });
    assert.notEqual(answer.status, 405, `${method} ${path}`);
  }
});

test("leaves out no method of an address: the others are refused with 405", async () => {
  for (const [template, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((one) => !item[one])) {
      const caller = template === "/v1/carts" ? {} : owner(newStoreName()).headers;
      const answer = await call(method.toUpperCase(), example(template), { headers: caller });
      assert.equal(answer.status, 405, `${method} ${template}`);
      const named = METHODS.filter((one) => item[one]).map((one) => one.toUpperCase());
      const allow = answer.headers.get("allow").split(", ").filter((one) => one !== "HEAD");
      assert.deepEqual(allow, named.sort(), template);
    }
  }
});

test("an address that nobody knows is a problem document", async () => {
  const { headers } = owner(newStoreName());
  for (const path of ["/", "/v1", "/v1/", "/v1/nothing", "/v1/orders/a/b/c", "/v2/orders",
    "/checkout", "/healthz/x", "/.env", "/%00", "/v1/orders/%2e%2e/x"]) {
    const answer = await call("GET", path, { headers });
    assert.equal(answer.status, 404, path);
    assert.equal(answer.body.code, "not_found", path);
  }
});

test("a method that HTTP does not know is not taken for GET", async () => {
  const answer = await new Promise((done, failed) => {
    const sent = request(`${at.causeway}/healthz`, { method: "PROPFIND" }, (found) => {
      found.resume();
      done(found);
    });
    sent.on("error", failed).end();
  });
  assert.ok([405, 501].includes(answer.statusCode), String(answer.statusCode));
  if (answer.statusCode === 405) assert.equal(answer.headers.allow, "GET, HEAD");
});

test("addresses that are not in the document name their methods too", async () => {
  const token = EXAMPLES["/checkout/{token}"].slice("/checkout/".length);
  for (const [path, allow] of [
    [`/checkout/${token}`, "GET, HEAD"],
    [`/leave/${token}/x`, "GET, HEAD"],
    [`/challenge/${token}/x`, "GET, HEAD"],
    ["/return/x/y", "GET, HEAD"],
    ["/causeway.js", "GET, HEAD"],
    ["/dashboard", "GET, HEAD"],
    ["/dashboard/me", "GET, HEAD"],
    ["/dashboard/passkey", "POST"],
    ["/dashboard/passkey/options", "POST"],
    ["/dashboard/sign-in", "GET, HEAD, POST"],
    ["/dashboard/sign-in/x", "GET, HEAD, POST"],
    ["/dashboard/sign-out", "GET, HEAD, POST"],
    ["/assets/checkout.css", "GET, HEAD"],
    ["/notices/x", "POST"],
  ]) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      if (allow.includes(method)) continue;
      const answer = await page(path, { method });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.get("allow"), allow, path);
    }
  }
});

test("HEAD is answered wherever GET is, with the same headers and no body", async () => {
  const store = await Store.make();
  const order = await store.makeOrder();
  const paths = [
    ...["orders", `orders/${order.id}`, `orders/${order.id}/refunds`,
      `orders/${order.id}/timeline`, `orders/${order.id}/refund_requests`,
      "refund_requests", "orders/changes", "views",
      "events", "accounts", "store", "webhook_endpoints", "prices", "api_keys", "operators",
      "audit", "me", "sessions", "passkeys", "channels", "prices.csv",
      "onboarding", "sealing_keys",
      `orders/${"0".repeat(26)}`]
      .map((path) => [`/v1/${path}`, store.owner.headers]),
    ["/v1/orders", {}],
    [`/checkout/${order.client_token}`, {}],
    [`/checkout/${order.client_token}/status`, {}],
    ...["/healthz", "/openapi.json", "/causeway.js", "/return/x/y", "/nothing"]
      .map((path) => [path, {}]),
  ];
  for (const [path, headers] of paths) {
    const get = await page(path, { headers });
    const head = await page(path, { method: "HEAD", headers });
    assert.equal(head.status, get.status, path);
    assert.equal(head.text, "", path);
    const lasting = ({ headers: all }) => [...all].filter(([name]) =>
      !["x-request-id", "content-length", "date", "transfer-encoding", "connection", "keep-alive",
        "content-encoding"].includes(name));
    assert.deepEqual(lasting(head), lasting(get), path);
  }
  // What only POST does, HEAD does not.
  assert.equal((await page("/notices/x", { method: "HEAD" })).status, 405);
});

test("the worker serves files of the site, but not what lies beside them", async () => {
  const loader = await page("/causeway.js");
  assert.equal(loader.status, 200);
  assert.match(loader.headers.get("content-type"), /^text\/javascript/);
  for (const path of ["/manifest.json", "/assets/../manifest.json", "/assets/", "/assets",
    "/assets/nothing.js", "/causeway.js.br"]) {
    const answer = await page(path);
    assert.ok(answer.status === 404, `${path}: ${answer.status}`);
  }
});

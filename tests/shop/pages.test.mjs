// The demo shop's pages: policy, files, texts.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { policyFor } from "../../www/shop/lib/files.mjs";
import en from "../../www/shop/public/js/texts/en.mjs";
import zhCN from "../../www/shop/public/js/texts/zh-CN.mjs";
import { PUBLIC, startShop } from "./setup.mjs";

describe("pages", () => {
  let shop;
  before(async () => {
    shop = await startShop();
  });
  after(() => shop.close());

  test("the pay origin is allowed on the pages that take a payment, and only there", async () => {
    for (const name of (await readdir(PUBLIC)).filter((file) => file.endsWith(".html"))) {
      const { status, headers, text } = await shop.ask(`/${name}`);
      assert.equal(status, 200);
      const policy = headers.get("content-security-policy");
      assert.equal(policy, policyFor(name, shop.causeway.url));
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
      const takesPayment = ["checkout.html", "no-server.html"].includes(name);
      assert.equal(policy.includes(shop.causeway.url), takesPayment);
      assert.equal(/frame-src/.test(policy), takesPayment);
      assert.equal(text.includes(`${shop.causeway.url}/causeway.js`), takesPayment);
      assert.doesNotMatch(text, /pay\.shop\.example|sk_test/);
    }
  });

  test("only data-cart needs connect-src, and its page holds the publishable key", async () => {
    assert.match(
      policyFor("no-server.html", "https://p.example"),
      /connect-src 'self' https:\/\/p\.example/,
    );
    assert.doesNotMatch(
      policyFor("checkout.html", "https://p.example"),
      /connect-src 'self' https/,
    );
    assert.match((await shop.ask("/no-server.html")).text, /data-key="pk_test_demo_public"/);
  });

  test("nothing outside the public folder is given out", async () => {
    for (const path of [
      "/../server.mjs",
      "/%2e%2e/server.mjs",
      "/..%2fserver.mjs",
      "/.npmrc",
      "/js",
      "/js/",
      "/images/../../package.json",
    ]) {
      assert.equal((await shop.ask(path)).status, 404, path);
    }
    assert.equal((await shop.ask("/%")).status, 400);
  });

  test("a file that has not changed is not sent again", async () => {
    const { headers } = await shop.ask("/css/shop.css");
    const again = await shop.ask("/css/shop.css", {
      headers: { "if-none-match": headers.get("etag") },
    });
    assert.equal(again.status, 304);
  });

  test("health and configuration", async () => {
    assert.deepEqual((await shop.ask("/healthz")).body, { status: "ok" });
    assert.deepEqual((await shop.ask("/config.json")).body, {
      causeway_url: shop.causeway.url,
      publishable_key: "pk_test_demo_public",
    });
  });

  test("both languages have the same texts, and the pages' own English is that list's", async () => {
    assert.deepEqual(Object.keys(en), Object.keys(zhCN));
    const slots = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of Object.keys(en)) assert.deepEqual(slots(en[key]), slots(zhCN[key]), key);
    for (const name of (await readdir(PUBLIC)).filter((file) => file.endsWith(".html"))) {
      const html = await readFile(PUBLIC + name, "utf8");
      for (const [, key, text] of html.matchAll(/data-t="([\w.]+)">([^<]*)</g)) {
        assert.equal(text, en[key], `${name}: ${key}`);
      }
      assert.ok(en[/data-title="([\w.]+)"/.exec(html)[1]], name);
    }
  });
});

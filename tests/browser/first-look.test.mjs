// What the dashboard costs before one sees it: the first page's bytes, and that every list is in the
// answer that brings its page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { pageAt, signIn } from "./operator.mjs";
import { openBrowser } from "./shop.mjs";
import { TEST, makeBareStore, makeOrder, withPage } from "./stack.mjs";

/** What the first page may weigh in all, as it travels. */
const FIRST_PAGE_BYTES = 150 * 1024;

const [browser, store] = await Promise.all([openBrowser(), makeBareStore()]);
await Promise.all(Array.from({ length: 25 }, () =>
  makeOrder(store, { shopper: { email: "ada@example.com", name: "Ada Martin" } })));

describe("the first look", () => {
  test("at the first page weighs less than 150 KB, with its chart", TEST, () =>
    withPage(browser, async (page, context) => {
      await signIn(page, store);
      const { cookies } = await context.storageState();
      await withPage(browser, async (fresh, itsContext) => {
        await itsContext.addCookies(cookies);
        const answers = [];
        fresh.on("response", (answer) => answers.push(answer));
        await fresh.goto(pageAt(""));
        await fresh.locator("#chart canvas").waitFor();
        const weights = await Promise.all(answers.map(async (answer) => [
          new URL(answer.url()).pathname, brotliCompressSync(await answer.body()).length]));
        const sum = weights.reduce((all, [, bytes]) => all + bytes, 0);
        assert.ok(weights.some(([path]) => /chart/.test(path)), "the chart is among it");
        assert.ok(weights.some(([path]) => /dashboard\..*js/.test(path)), "the script too");
        assert.ok(sum < FIRST_PAGE_BYTES, `${sum} bytes: ${JSON.stringify(weights)}`);
      });
    }));

  test("at a list is one answer: its rows are in the page", TEST, () =>
    withPage(browser, async (page) => {
      await store.owner("PUT", "/v1/prices/tea", { name: "Tea",
        prices: [{ amount: "1.00", currency: "USD" }] });
      await store.owner("POST", "/v1/api_keys", { kind: "secret", label: "server" });
      await store.owner("POST", "/v1/webhook_endpoints", { url: "http://127.0.0.1:1/hook" });
      await signIn(page, store);
      for (const place of ["", "orders", "settings/prices", "settings/keys", "settings/webhooks",
        "settings/team", "settings/audit"]) {
        const asked = [];
        const note = (request) => asked.push(new URL(request.url()).pathname);
        page.on("request", note);
        await page.goto(pageAt(place));
        page.off("request", note);
        assert.notEqual(await page.locator("main tbody tr").count(), 0, place);
        const others = asked.filter((path) => !path.startsWith("/assets/"));
        assert.deepEqual(others, [new URL(pageAt(place)).pathname], place);
      }
    }, { javaScriptEnabled: false }));

  test("at another page brings that page alone", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      await page.goto(pageAt(""));
      await page.waitForResponse((answer) => answer.url().includes("/v1/orders/changes"));
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.getByRole("navigation").first().getByRole("link", { name: "Transactions" }).click();
      await page.waitForURL(pageAt("orders"));
      await page.locator("#list table").waitFor();
      const others = asked.filter((url) => !url.includes("/v1/orders/changes"));
      assert.deepEqual(others, [pageAt("orders")]);
    }));
});

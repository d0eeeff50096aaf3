// Finding orders in the dashboard: by keyboard, by what one knows of them, by addresses that are
// kept; and taking what was found away as a file.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { payByCard } from "./checkout.mjs";
import { makeOperator, opened, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { CARDS, TEST, at, makeOrder, withPage } from "./stack.mjs";

const { browser, shopPage, store, payOrder } = await openShop();
const price = (amount) => ({ amount, currency: "USD" });
const gaiwan = {
  items: [{ name: "盖碗 Gaiwan, white", quantity: 1, unit_price: price("47.11") }],
  shipping: undefined, tax: undefined, total: price("47.11"), merchant_reference: "LT-9",
};
const orders = {
  tea: await payOrder({ shopper: { email: "ada@tide.example" } }),
  gaiwan: await payOrder({ ...gaiwan, shopper: { email: "bo@tide.example" } }),
  refused: await makeOrder(store, { shopper: { email: "cy@tide.example" } }),
  open: await makeOrder(store, { shopper: { email: "di@tide.example" } }),
};
await withPage(browser, async (page) => {
  const checkout = await payByCard(page, shopPage, orders.refused, CARDS.declined);
  await checkout.alert.filter({ hasText: checkout.t["decline.card_declined"] }).waitFor();
});

describe("orders in the dashboard", () => {
  /** Which of the orders a list shows, oldest first. */
  async function shown(page) {
    await page.locator("#list table, #list .empty").waitFor();
    const links = await page.locator("table.flow td a").evaluateAll((found) =>
      found.map(({ pathname }) => pathname.split("/").at(-1)));
    return Object.keys(orders).filter((name) => links.includes(orders[name].id))
      .concat(links.filter((id) => !Object.values(orders).some((order) => order.id === id)));
  }

  test("are found from any page with the key / and what one knows", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "viewer");
      await page.goto(pageAt("settings/prices"));
      for (const [words, found] of [
        ["4242", ["tea", "gaiwan"]],
        ["0002", ["refused"]],
        ["47.11", ["gaiwan"]],
        ["33.20", ["tea", "refused", "open"]],
        ["bo@tide.example", ["gaiwan"]],
        ["盖碗", ["gaiwan"]],
        ["LT-9", ["gaiwan"]],
        [orders.open.id, ["open"]],
        ["nobody@tide.example", []],
      ]) {
        await page.locator("#page").focus();
        await page.keyboard.press("/");
        assert.equal(await page.evaluate(() => document.activeElement.id), "find");
        await page.keyboard.type(words);
        await page.keyboard.press("Enter");
        await page.waitForURL((url) => url.searchParams.get("q") === words);
        assert.deepEqual(await shown(page), found, words);
        assert.equal(await page.locator("#find").inputValue(), words);
      }
      // In a field it is a sign like any other.
      await page.locator("#filter-currency").fill("");
      await page.locator("#filter-currency").press("/");
      assert.equal(await page.locator("#filter-currency").inputValue(), "/");
    }));

  test("of a filter have an address, which others can open", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "viewer");
      await page.goto(pageAt("orders"));
      await page.getByLabel("State", { exact: true }).selectOption({ label: "Paid" });
      await page.getByLabel("Currency", { exact: true }).fill("usd");
      await page.getByRole("button", { name: "Apply" }).click();
      await page.waitForURL((url) => url.searchParams.get("state") === "paid");
      assert.deepEqual(await shown(page), ["tea", "gaiwan"]);
      const url = page.url();
      await withPage(browser, async (other) => {
        const { token } = await operatorToken("support");
        await other.goto(url);
        await other.getByLabel("操作员令牌").fill(token);
        await other.getByRole("button", { name: "登录", exact: true }).click();
        await other.waitForURL(url);
        assert.deepEqual(await shown(other), ["tea", "gaiwan"]);
        assert.equal(await other.locator("#filter-state").inputValue(), "paid");
      }, { locale: "zh-CN", device: "phone" });
      await page.goto(`${pageAt("orders")}?q=cy%40tide.example&state=paid`);
      assert.deepEqual(await shown(page), []);
      await page.getByText("Nothing fits these filters.").waitFor();
      await page.getByRole("link", { name: "Clear" }).click();
      await page.waitForURL(pageAt("orders"));
      assert.equal((await shown(page)).length, 4);
    }));

  async function operatorToken(role) {
    const { id } = await makeOperator(store, role);
    return store.owner("POST", `/v1/operators/${id}/token`);
  }

  test("kept as a view are there at the next sign-in, and nobody else's", TEST, () =>
    withPage(browser, async (page) => {
      const { id } = await signIn(page, store, "finance");
      await page.goto(`${pageAt("orders")}?q=4242&state=paid`);
      const fold = await opened(page, "Save these filters");
      await fold.getByLabel("Name of the view").fill("Paid by 4242 & co");
      await fold.getByRole("button").click();
      await page.getByText("The view is saved.").waitFor();
      assert.deepEqual(await shown(page), ["tea", "gaiwan"]);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(`${at.pay}/dashboard/sign-in`);
      const { url } = await store.owner("POST", `/v1/operators/${id}/sign_in_link`);
      await page.goto(url);
      await page.getByRole("button").click();
      await page.getByRole("link", { name: "All transactions" }).click();
      await page.getByRole("link", { name: "Paid by 4242 & co" }).click();
      await page.waitForURL((url) => url.searchParams.get("q") === "4242");
      assert.deepEqual(await shown(page), ["tea", "gaiwan"]);
      await withPage(browser, async (other) => {
        await signIn(other, store, "finance");
        await other.goto(pageAt("orders"));
        assert.equal(await other.getByRole("link", { name: "Paid by 4242 & co" }).count(), 0);
      });
    }));

  test("are taken away as a file with the rows that are shown", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "finance");
      for (const [query, wanted] of [["?state=paid", ["tea", "gaiwan"]], ["?q=0002", ["refused"]],
        ["?state=refunded", []], ["", ["tea", "gaiwan", "refused", "open"]]]) {
        await page.goto(pageAt("orders") + query);
        assert.deepEqual(await shown(page), wanted);
        const saving = page.waitForEvent("download");
        await page.getByRole("link", { name: "Export as CSV" }).click();
        const download = await saving;
        assert.match(download.suggestedFilename(), /\.csv$/);
        const text = await readFile(await download.path(), "utf8");
        const [head, ...lines] = text.replace(/^\uFEFF/, "").trim().split("\r\n");
        assert.match(head, /^id,/);
        const ids = lines.map((line) => line.split(",")[0]).sort();
        assert.deepEqual(ids, wanted.map((name) => orders[name].id).sort(), query);
        if (wanted.includes("gaiwan")) {
          const line = lines.find((one) => one.startsWith(orders.gaiwan.id));
          for (const part of ["47.11", "USD", "paid", "bo@tide.example"]) {
            assert.ok(line.includes(part), `${part} in ${line}`);
          }
        }
      }
    }));
});

// The filters of the list of orders: each finds the orders that have it, and stands in its field.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { payByCard } from "./checkout.mjs";
import { pageAt, signIn } from "./operator.mjs";
import { startShopPage } from "./shop-page.mjs";
import { TEST, launch, makeOrder, makeStore, withPage } from "./stack.mjs";

/** A card that Stripe's own checks refuse. */
const RISKY = "4100000000000019";

describe("filters", () => {
  let browser;
  let shopPage;
  let store;
  const orders = {};
  before(async () => {
    shopPage = await startShopPage();
    [browser, store] = await Promise.all([launch(), makeStore(shopPage)]);
    orders.paid = await makeOrder(store, { shopper: { country: "DE" } });
    orders.risky = await makeOrder(store, { shopper: { country: "US" } });
    orders.open = await makeOrder(store, { currency: "EUR" });
    await withPage(browser, async (page) => {
      await (await payByCard(page, shopPage, orders.paid)).paid.waitFor();
      await (await payByCard(page, shopPage, orders.risky, RISKY)).alert.first().waitFor();
    });
  }, TEST);
  after(async () => {
    await browser?.close();
    await shopPage?.close();
  });

  test("find the orders that have it", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "viewer");
      const today = new Date().toISOString().slice(0, 10);
      for (const [filter, found] of [
        ["state=paid", ["paid"]],
        ["channel=stripe", ["paid", "risky"]],
        ["channel=alipay", []],
        ["method=card", ["paid", "risky"]],
        ["method=wechat_pay", []],
        ["country=DE", ["paid"]],
        ["currency=eur", ["open"]],
        ["risk=raised", ["risky"]],
        ["risk=none", ["open", "paid"]],
        [`from=${today}`, ["open", "paid", "risky"]],
        ["from=2020-01-01&to=2020-02-01", []],
        ["method=card&risk=none&currency=USD", ["paid"]],
      ]) {
        await page.goto(`${pageAt("orders")}?${filter}`);
        await page.locator("#list table, #list .empty").waitFor();
        const links = await page.locator("table.flow td a").evaluateAll((all) =>
          all.map(({ pathname }) => pathname.split("/").at(-1)));
        const names = links.map((id) => Object.keys(orders).find((name) => orders[name].id === id));
        assert.deepEqual(names.sort(), found, filter);
        for (const [name, value] of new URLSearchParams(filter)) {
          const field = page.locator(`form.filters [name="${name}"]`);
          assert.equal(await field.inputValue(), value, name);
        }
      }
    }));
});

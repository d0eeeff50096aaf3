// The filters of the list of orders: each finds the orders that have it, and stands in its field.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { payByCard } from "./checkout.mjs";
import { pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, makeOrder, withPage } from "./stack.mjs";

/** A card that Stripe's own checks refuse. */
const RISKY = "4100000000000019";

const { browser, shopPage, store, payOrder } = await openShop();
const orders = {
  paid: await payOrder({ shopper: { country: "DE" } }),
  risky: await makeOrder(store, { shopper: { country: "US" } }),
  open: await makeOrder(store, { currency: "EUR" }),
};
await withPage(browser, async (page) => {
  await (await payByCard(page, shopPage, orders.risky, RISKY)).alert.first().waitFor();
});

describe("filters", () => {
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

  for (const locale of ["en", "zh-CN"]) {
    test(`stand in even rows, ${locale}`, TEST, () =>
      withPage(browser, async (page) => {
        await signIn(page, store, "viewer");
        await page.goto(pageAt("orders"));
        const fields = page.locator("form.filters :is(input, select):visible");
        const rows = [];
        for (const field of await fields.all()) {
          const { x, y, height } = await field.boundingBox();
          if (!(x > rows.at(-1)?.x)) rows.push({ places: new Set() });
          rows.at(-1).x = x;
          rows.at(-1).places.add(`${height} at ${y}`);
        }
        assert.equal(rows.length, 2);
        for (const { places } of rows) assert.equal(places.size, 1, [...places].join(", "));
      }, { locale }));
  }
});

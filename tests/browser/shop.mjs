// What most files of tests share: a browser, a shop's page, a store that the page belongs to, and
// orders that are paid. All of it is there as soon as it is awaited, and ends with the file.

import { after } from "node:test";
import { chromium } from "playwright-core";
import { launchOptions } from "../src/suites/chromium.mjs";
import { payByCard } from "./checkout.mjs";
import { startShopPage } from "./shop-page.mjs";
import { makeOrder, makeStore, withPage } from "./stack.mjs";

/** A browser until the tests of this file are over. */
export async function openBrowser() {
  const browser = await chromium.launch(launchOptions());
  after(() => browser.close());
  return browser;
}

/**
 * A browser, a shop's page and a store until the tests of this file are over; `payOrder` makes an
 * order of that store, or `within` another that knows the page, and has a shopper pay it by card.
 */
export async function openShop() {
  const shopPage = await startShopPage();
  after(() => shopPage.close());
  const [browser, store] = await Promise.all([openBrowser(), makeStore(shopPage)]);
  const payOrder = async (changes, within = store) => {
    const order = await makeOrder(within, changes);
    await withPage(browser, async (page) => {
      await (await payByCard(page, shopPage, order)).paid.waitFor();
    });
    return order;
  };
  return { browser, shopPage, store, payOrder };
}

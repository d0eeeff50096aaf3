// Keys that cards are sealed to: an owner makes and deletes them, and a shopper whose page is older
// than its key's end pays without a reload.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, checkoutOf, fillCard } from "./checkout.mjs";
import { pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, makeOrder, withPage } from "./stack.mjs";
import { d } from "./texts.mjs";

const { browser, shopPage, store } = await openShop();

describe("sealing keys", () => {
  /** The card of the settings that lists them. */
  const cardOf = (page, locale = "en") =>
    page.locator("section.card").filter({
      has: page.getByRole("heading", { name: d(locale, "keys.sealing"), exact: true }),
    });

  test("a key is made, used, followed by another and deleted by hand", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      await page.goto(pageAt("settings/keys"));
      const card = cardOf(page);
      const make = card.getByRole("button", { name: d("en", "keys.sealing_make") });
      const made = page.getByText(d("en", "done.seal.make"));
      await make.click();
      await made.waitFor();
      const first = await card.locator("tbody tr").first().locator("code").textContent();
      assert.deepEqual(await accessibilityFaults(page), []);

      await withPage(browser, async (shop) => {
        const order = await makeOrder(store, { return_url: shopPage.returnUrl });
        await shop.goto(shopPage.url({ order: order.client_token }));
        const checkout = checkoutOf(shop);
        await fillCard(checkout);

        await page.goto(pageAt("settings/keys"));
        await make.click();
        await made.waitFor();
        const old = card.locator("tbody tr").filter({ hasText: first });
        await old.getByText(d("en", "keys.sealing_old")).waitFor();
        page.once("dialog", (dialog) => dialog.accept());
        await old.getByRole("button", { name: d("en", "form.remove") }).click();
        await page.getByText(d("en", "done.seal.remove")).waitFor();
        assert.equal(await old.count(), 0);
        assert.equal(await card.getByRole("button", { name: d("en", "form.remove") }).count(), 0);

        await checkout.pay.click();
        await checkout.alert.getByText(checkout.t["notice.again"]).waitFor();
        await fillCard(checkout);
        await checkout.pay.click();
        await checkout.paid.waitFor();
        assert.equal((await store.order(order.id)).attempts.length, 1);
      });
    }));

  test("who only looks on sees them, and no button", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "viewer");
      await page.goto(pageAt("settings/keys"));
      await page.getByRole("link", { name: "简体中文" }).click();
      const card = cardOf(page, "zh-CN");
      await card.getByText(d("zh-CN", "keys.sealing_used"), { exact: true }).waitFor();
      assert.equal(await card.getByRole("button").count(), 0);
    }));
});

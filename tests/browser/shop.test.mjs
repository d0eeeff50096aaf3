// The demo shop from its catalogue to its thank-you page, which knows only what webhooks said.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import en from "../../www/shop/public/js/texts/en.mjs";
import zhCN from "../../www/shop/public/js/texts/zh-CN.mjs";
import { accessibilityFaults, checkoutOf, fillCard, isTooWide } from "./checkout.mjs";
import { openBrowser } from "./shop.mjs";
import { TEST, at, withPage } from "./stack.mjs";

const SHOP_TEXTS = { en, "zh-CN": zhCN };

const browser = await openBrowser();

describe("the demo shop", () => {
  /** The number in a price, however its currency is written. */
  const numberIn = (text) => /[\d.,]+/.exec(text)[0];

  async function assertClean(page) {
    assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
    assert.equal(await isTooWide(page), false);
  }

  /** From the catalogue to the payment page, as a shopper goes; looks at each page on the way. */
  async function buy(page, locale, currency) {
    const t = SHOP_TEXTS[locale];
    await page.goto(at.shop);
    await page.getByLabel(t["shop.currency"]).selectOption(currency);
    await page.locator("#products a").first().waitFor();
    await assertClean(page);
    await page.locator("#products a").first().click();
    await page.getByRole("button", { name: t["product.add"] }).click();
    await page.getByRole("link", { name: t["product.to_basket"] }).waitFor();
    await assertClean(page);
    await page.getByRole("link", { name: t["product.to_basket"] }).click();
    await page.getByRole("link", { name: t["cart.checkout"] }).waitFor();
    await assertClean(page);
    await page.getByRole("link", { name: t["cart.checkout"] }).click();
    const address = {
      email: "ada@example.com",
      name: "Ada Martin",
      line1: "1 Quay Street",
      postcode: "94107",
      city: "San Francisco",
    };
    for (const [name, value] of Object.entries(address)) {
      await page.getByLabel(t[`delivery.${name}`], { exact: true }).fill(value);
    }
    await page.locator("#sums .total").waitFor();
    await assertClean(page);
    const total = numberIn(await page.locator("#sums .total dd").textContent());
    await page.getByRole("button", { name: t["delivery.submit"] }).click();
    await page.waitForURL(`${at.shop}/checkout.html`);
    return { t, total };
  }

  for (const [locale, device, currency] of [
    ["en", "desktop", "USD"],
    ["zh-CN", "phone", "CNY"],
  ]) {
    test(`${locale}, ${device}, ${currency}: bought, paid, thanked, told by webhook`, TEST, () =>
      withPage(
        browser,
        async (page) => {
          const { t, total } = await buy(page, locale, currency);
          const checkout = checkoutOf(page, locale);
          assert.equal(numberIn(await checkout.total.textContent()), total);
          await fillCard(checkout);
          await checkout.pay.click();
          await page.waitForURL(`${at.shop}/thanks.html?*`);
          await page.getByRole("heading", { name: t["thanks.paid"] }).waitFor();
          await assertClean(page);
          const id = new URL(page.url()).searchParams.get("causeway_order");
          const reference = (await page.locator("#keep").textContent()).match(/LT-\w+/)[0];
          await page.goto(`${at.shop}/events.html`);
          const event = page.locator('.event[data-type="order.paid"]', { hasText: reference });
          await event.locator("summary").click();
          assert.match(await event.locator("pre").textContent(), new RegExp(id));
          await assertClean(page);
          await page.goto(`${at.shop}/order.html`);
          await page.getByLabel(t["order.number"]).fill(reference);
          await page.getByLabel(t["delivery.email"]).fill("ada@example.com");
          await page.getByRole("button", { name: t["order.find"] }).click();
          await page.locator("#found-state", { hasText: t["state.paid"] }).waitFor();
          await assertClean(page);
        },
        { device, locale: locale === "en" ? "en-US" : "zh-CN" },
      ),
    );
  }

  test("a price changed in the shop's page changes nothing", TEST, () =>
    withPage(browser, async (page) => {
      await page.route("**/catalogue.json", async (route) => {
        const response = await route.fetch();
        const list = await response.json();
        for (const product of list) product.prices.USD = "0.01";
        await route.fulfill({ response, json: list });
      });
      await page.route("**/api/quote", async (route) => {
        const response = await route.fetch();
        const quote = await response.json();
        await route.fulfill({
          response,
          json: { ...quote, total: { amount: "0.01", currency: "USD" } },
        });
      });
      const { total } = await buy(page, "en", "USD");
      assert.equal(total, "0.01");
      const checkout = checkoutOf(page);
      // 18.00 for the tea, 6.50 for delivery, 8.25 % tax.
      assert.equal(numberIn(await checkout.total.textContent()), "26.52");
      await fillCard(checkout);
      await checkout.pay.click();
      await page.getByRole("heading", { name: en["thanks.paid"] }).waitFor();
      assert.equal(numberIn(await page.locator("#sums .total dd").textContent()), "26.52");
    }),
  );

  test("coming to the thank-you page without paying thanks nobody", TEST, () =>
    withPage(browser, async (page) => {
      await buy(page, "en", "USD");
      const { id } = await page.evaluate(() => JSON.parse(sessionStorage.getItem("shop.order")));
      await page.goto(`${at.shop}/thanks.html?causeway_order=${id}`);
      await page.getByRole("heading", { name: en["thanks.waiting"] }).waitFor();
      await page.getByRole("link", { name: en["thanks.back_to_pay"] }).click();
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      await checkout.pay.click();
      await page.getByRole("heading", { name: en["thanks.paid"] }).waitFor();
    }),
  );

  test("going back and changing the address makes another order", TEST, () =>
    withPage(browser, async (page) => {
      await buy(page, "en", "USD");
      const orderId = () =>
        page.evaluate(() => JSON.parse(sessionStorage.getItem("shop.order")).id);
      const first = await orderId();
      await page.goto(`${at.shop}/delivery.html`);
      const submit = page.getByRole("button", { name: en["delivery.submit"] });
      await page.locator("#sums .total").waitFor();
      await submit.click();
      await page.waitForURL(`${at.shop}/checkout.html`);
      assert.equal(await orderId(), first, "the same content is the same order");
      await page.goto(`${at.shop}/delivery.html`);
      await page.getByLabel(en["delivery.city"]).fill("Oakland");
      await submit.click();
      await page.waitForURL(`${at.shop}/checkout.html`);
      assert.notEqual(await orderId(), first);
    }),
  );

  test("the page without a server sells, at the price book's price", TEST, () =>
    withPage(browser, async (page) => {
      await page.goto(`${at.shop}/no-server.html`);
      const checkout = checkoutOf(page);
      assert.equal(numberIn(await checkout.total.textContent()), "42.50");
      await assertClean(page);
      await fillCard(checkout);
      await checkout.pay.click();
      await page.getByText(en["noserver.paid"]).first().waitFor();
      await page.goto(`${at.shop}/events.html`);
      await page.locator('.event[data-type="order.paid"]', { hasText: "$42.50" }).first().waitFor();
    }),
  );

  test("a payment form that does not load is said in words", TEST, () =>
    withPage(browser, async (page) => {
      await page.route(`${at.pay}/causeway.js`, (route) => route.abort());
      await buy(page, "en", "USD");
      await page.getByText(en["checkout.script_failed"]).waitFor();
    }),
  );
});

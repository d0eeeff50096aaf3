// Stock as people meet it: the last piece is sold to somebody else, the price book says what is
// left, and a form that was opened before a sale does not bring the piece back.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { listen, readSettings } from "../../www/shop/server.mjs";
import en from "../../www/shop/public/js/texts/en.mjs";
import zhCN from "../../www/shop/public/js/texts/zh-CN.mjs";
import { accessibilityFaults, isTooWide } from "./checkout.mjs";
import { pageAt, signIn } from "./operator.mjs";
import { openBrowser } from "./shop.mjs";
import { TEST, at, makeEmptyStore, withPage } from "./stack.mjs";
import { d } from "./texts.mjs";

const SHOP_TEXTS = { en, "zh-CN": zhCN };
const NAME = "Longjing green tea, 100 g";

/** A store with one product that is counted, and the demo shop in front of it. */
async function makeShop() {
  const store = makeEmptyStore();
  const { owner } = store;
  await owner("PUT", "/v1/store", { name: "Counted Tea" });
  const keyOf = async (kind) => (await owner("POST", "/v1/api_keys", { kind })).key;
  const settings = readSettings({
    PORT: "0",
    SHOP_URL: "http://localhost",
    CAUSEWAY_URL: at.pay,
    CAUSEWAY_SECRET_KEY: await keyOf("secret"),
    CAUSEWAY_PUBLISHABLE_KEY: await keyOf("publishable"),
    CAUSEWAY_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  });
  const server = await listen(settings);
  settings.shopUrl = `http://localhost:${server.port}`;
  await owner("PUT", "/v1/store", { name: "Counted Tea", allowed_origins: [settings.shopUrl] });
  const price = (amount, currency) => ({ amount, currency });
  const put = (sku, stock) => owner("PUT", `/v1/prices/${sku}`, {
    name: NAME, stock, image_url: "https://shop.example/tea.png", names: { de: "Tee" },
    prices: [price("18.00", "USD"), price("128.00", "CNY"), price("17.00", "EUR")],
  });
  const order = (sku, quantity = 1) => owner("POST", "/v1/orders", {
    items: [{ name: NAME, sku, quantity, unit_price: price("1.00", "USD") }],
    total: price(`${quantity}.00`, "USD"),
  });
  const product = async (sku) =>
    (await owner("GET", "/v1/prices")).data.find((one) => one.sku === sku);
  // A worker learns within seconds that a store counts.
  await put("none", 0);
  while (await order("none").catch(() => null)) await pause(100);
  return { store, url: settings.shopUrl, put, order, product, close: () => server.close() };
}

const [browser, shop] = await Promise.all([openBrowser(), makeShop()]);
after(() => shop.close());

describe("stock", () => {
  for (const [locale, device, currency] of [["en", "desktop", "USD"], ["zh-CN", "phone", "CNY"]]) {
    const t = SHOP_TEXTS[locale];

    test(`a shopper is told that the last piece is sold, ${locale}, ${device}`, TEST, () =>
      withPage(browser, async (page) => {
        await shop.put("longjing-100", 1);
        await page.goto(`${shop.url}/product.html?sku=longjing-100`);
        await page.getByLabel(t["shop.currency"]).selectOption(currency);
        await page.getByRole("button", { name: t["product.add"] }).click();
        await page.goto(`${shop.url}/delivery.html`);
        for (const [name, value] of Object.entries({ email: "ada@example.com", line1: "Quay 1",
          name: "Ada Martin", postcode: "94107", city: "San Francisco" })) {
          await page.getByLabel(t[`delivery.${name}`], { exact: true }).fill(value);
        }
        await page.locator("#sums .total").waitFor();
        const { id } = await shop.order("longjing-100");
        const submit = page.getByRole("button", { name: t["delivery.submit"] });
        await submit.click();
        await page.getByText(t["error.out_of_stock"]).waitFor();
        assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
        assert.equal(await isTooWide(page), false);
        // Whoever had it does not pay for it.
        await shop.store.owner("POST", `/v1/orders/${id}/cancel`);
        while ((await shop.product("longjing-100")).stock !== 1) await pause(100);
        await submit.click();
        await page.waitForURL(`${shop.url}/checkout.html`);
        assert.equal((await shop.product("longjing-100")).stock, 0);
      }, { device, locale }));

    test(`a page without a server says that it is sold out, ${locale}`, TEST, () =>
      withPage(browser, async (page) => {
        await shop.put("longjing-100", 0);
        await shop.put("cups-pair", 5);
        await page.goto(`${shop.url}/no-server.html`);
        await page.getByText(t["noserver.out_of_stock"]).waitFor();
        assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
        assert.equal((await shop.product("cups-pair")).stock, 5);
      }, { device, locale }));

    test(`the price book says what is left, and keeps what is sold, ${locale}`, TEST, () =>
      withPage(browser, async (page) => {
        const sku = `pot-${device}`;
        await shop.put(sku, 9);
        const before = await shop.product(sku);
        await signIn(page, shop.store);
        await page.context().addCookies([{ name: "causeway-language", value: locale, url: at.pay }]);
        await page.goto(pageAt("settings/prices"));
        const row = page.getByRole("row", { name: sku });
        const sold = page.getByRole("row", { name: "none" });
        await row.getByText("9", { exact: true }).waitFor();
        await sold.getByText(d(locale, "prices.sold_out")).waitFor();
        const snippet = await page.locator("pre", { hasText: "<script" }).textContent();
        assert.ok(snippet.includes(`${at.pay}/causeway.js`), snippet);
        await row.getByRole("link").click();
        const fold = page.locator("details", { hasText: d(locale, "prices.change", { sku }) });
        const stock = fold.getByLabel(d(locale, "prices.stock"));
        assert.equal(await stock.inputValue(), "9");
        assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
        assert.equal(await isTooWide(page), false);
        // While the form is open, two are sold; then the form is refused once.
        await shop.order(sku, 2);
        const name = fold.getByLabel(d(locale, "prices.name"), { exact: true });
        await name.fill("x".repeat(201));
        await fold.getByRole("button").click();
        await fold.locator(".error").waitFor();
        await name.fill("Pot");
        await fold.getByRole("button").click();
        // The row says 7 since the form was refused.
        await page.getByText(d(locale, "done.price.put")).waitFor();
        await row.getByText("7", { exact: true }).waitFor();
        assert.deepEqual(await shop.product(sku),
          { ...before, name: "Pot", stock: 7, stock_taken: 2 });
        // Three more have come while one is sold.
        await row.getByRole("link").click();
        await stock.fill("10");
        await shop.order(sku);
        await fold.getByRole("button").click();
        await row.getByText("9", { exact: true }).waitFor();
        assert.equal((await shop.product(sku)).stock, 9);
        // Whoever types the number of a product that is there says how many there are, or nothing.
        const typed = page.locator("details", { hasText: d(locale, "prices.put") });
        for (const pieces of ["4", ""]) {
          await page.goto(pageAt("settings/prices"));
          await typed.locator("summary").click();
          await typed.locator("[name=sku]").fill(sku);
          await typed.locator("[name=name]").fill("Pot");
          await typed.locator('[name="prices.0.amount"]').fill("5.00");
          await typed.locator('[name="stock:count"]').fill(pieces);
          await typed.getByRole("button").first().click();
          await page.getByText(d(locale, "done.price.put")).waitFor();
          assert.equal((await shop.product(sku)).stock, 4);
        }
      }, { device, locale }));
  }
});

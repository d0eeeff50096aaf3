// From an empty store to the first paid order, as an owner goes: each thing that the home page
// lists as missing is done in the dashboard, and then somebody pays.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { accessibilityFaults, checkoutOf, fillCard, told } from "./checkout.mjs";
import { makeOperator, opened, pageAt } from "./operator.mjs";
import { startShopPage } from "./shop-page.mjs";
import { openBrowser } from "./shop.mjs";
import { TEST, ask, at, makeEmptyStore, withPage } from "./stack.mjs";

const [browser, shopPage] = await Promise.all([openBrowser(), startShopPage()]);
after(() => shopPage.close());

describe("a store", () => {
  /** What the home page says is still missing. */
  async function missing(page) {
    await page.goto(pageAt(""));
    await page.getByRole("heading", { level: 1 }).waitFor();
    return page.locator(".todo li:not(.done) a").allTextContents();
  }

  /** Fills in fields by their labels; a choice by what it shows. */
  async function fill(form, values) {
    for (const [label, value] of Object.entries(values)) {
      const field = form.getByLabel(new RegExp(`^${label}( \\(optional\\))?$`));
      if ((await field.evaluate(({ localName }) => localName)) === "select") {
        await field.selectOption({ label: value });
      } else await field.fill(value);
    }
  }

  const formOf = (page, act) => page.locator(`form:has([name=act][value="${act}"])`).first();

  /** Presses a form's button, and waits for what the page then says. */
  async function send(page, form, said) {
    await form.getByRole("button").click();
    await page.getByText(said, { exact: true }).first().waitFor();
  }

  test("is set up in the dashboard, point by point, until it is paid", TEST, () =>
    withPage(browser, async (page) => {
      const store = makeEmptyStore();
      const owner = await makeOperator(store);
      const { url } = await store.owner("POST", `/v1/operators/${owner.id}/sign_in_link`);
      await page.goto(url);
      await page.getByRole("button", { name: "Sign in now" }).click();
      await page.waitForURL(pageAt("").replace(/\/$/, ""));
      let left = await missing(page);
      assert.deepEqual(left, ["Serve it over https", "Set the store up", "Say who you are",
        "Name the pages of your shop", "Add a channel account", "Check its connection",
        "Make an API key", "Add a webhook endpoint", "Say who sends messages",
        "Give an operator access"]);
      assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
      /** These are done now, and these are new. */
      const done = async (points, more = []) => {
        const now = await missing(page);
        assert.deepEqual([...now].sort(),
          [...left.filter((point) => !points.includes(point)), ...more].sort());
        left = now;
      };
      /** Goes where the list says that a point is done. */
      const follow = async (point) => {
        await page.locator(".todo").getByRole("link", { name: point, exact: true }).click();
        await page.waitForURL(/\/settings\//);
      };

      await follow("Set the store up");
      let form = formOf(page, "store.put");
      await fill(form, {
        "Name shoppers read": "Low Tide Tea",
        "Pages that may show the checkout": shopPage.origin,
        "Language when nothing else says one": "English",
      });
      await send(page, form, "Saved.");
      await done(["Set the store up", "Name the pages of your shop"]);

      await follow("Say who you are");
      form = formOf(page, "profile.about");
      await fill(form, {
        "Legal name": "Low Tide Tea Ltd",
        "E-mail for shoppers": "help@lowtide.example",
      });
      await send(page, form, "Saved.");
      await page.goto(pageAt("settings/store"));
      form = formOf(page, "profile.policies");
      await fill(form, {
        "Returns · English": "Within 30 days.",
        "Refunds · English": "To the card that paid.",
      });
      await send(page, form, "Saved.");
      await done(["Say who you are"]);

      await follow("Add a channel account");
      const merchant = await ask(`${at.stripe}/_sim/merchants`, { method: "POST", body: {} });
      form = await opened(page, "Add Stripe");
      for (const [name, value] of Object.entries(merchant.credentials)) {
        await form.locator(`[name^="credentials.${name}"]`).fill(value);
      }
      await send(page, form, "The account is added. Check its connection next.");
      assert.ok(!(await page.content()).includes(merchant.credentials.secret_key));
      await done(["Add a channel account"], ["State how cards are handled"]);

      await follow("Check its connection");
      await page.getByRole("main").getByRole("link", { name: "Stripe" }).click();
      // What one copies into the channel's console.
      const notices = await page.locator("pre", { hasText: "/notices/" }).textContent();
      await ask(`${at.stripe}/_sim/merchants/${merchant.id}/webhook`,
        { method: "POST", body: { url: notices.trim() } });
      await send(page, formOf(page, "account.check"), "Connected");
      await done(["Check its connection"]);

      await follow("State how cards are handled");
      form = formOf(page, "store.put");
      await fill(form, { Cards: "This deployment is assessed under PCI DSS SAQ D" });
      await send(page, form, "Saved.");
      await done(["State how cards are handled"]);

      await follow("Make an API key");
      form = await opened(page, "Make a key");
      await fill(form, { Label: "page", Kind: "Publishable" });
      await send(page, form, "Copy this now. It is shown this once.");
      const key = await page.locator(".once code").textContent();
      await done(["Make an API key"], ["Fill the price book"]);

      await follow("Fill the price book");
      form = await opened(page, "Add or change a product");
      await fill(form, { "Product number": "tea", Name: "Longjing green tea", Amount: "12.50" });
      await send(page, form, "Saved.");
      await done(["Fill the price book"]);

      await follow("Add a webhook endpoint");
      form = await opened(page, "Add an endpoint");
      await fill(form, { Address: shopPage.webhookUrl });
      await send(page, form, "Copy this now. It is shown this once.");
      shopPage.listenWith(await page.locator(".once code").textContent());
      await done(["Add a webhook endpoint"]);

      await follow("Say who sends messages");
      form = formOf(page, "mail.put");
      await fill(form, { Through: "A mail service, by HTTP",
        From: "orders@lowtide.example", Service: "resend",
        "Address of its API": `${at.mail}/emails`,
        "API key": "re_test" });
      await send(page, form, "Saved.");
      await done(["Say who sends messages"]);

      await follow("Give an operator access");
      await send(page, formOf(page, "operator.token"), "Copy this now. It is shown this once.");
      // A deployment on one machine has no https.
      await done(["Give an operator access"]);
      assert.deepEqual(left, ["Serve it over https"]);

      await withPage(browser, (shopper) => buy(shopper, key));
      await page.getByRole("link", { name: "Transactions", exact: true }).click();
      const row = page.locator("table.flow tbody tr");
      await row.getByText("Paid", { exact: true }).waitFor();
      assert.equal(await row.count(), 1);
      await row.getByRole("link", { name: "US$25.00" }).click();
      await page.getByRole("heading", { name: /Order of US\$25\.00/ }).waitFor();
      const id = page.url().split("/").at(-1);
      const { data } = await shopPage.event("order.paid", id);
      assert.equal(data.order.items[0].sku, "tea");
    }));

  /** A shopper buys in the shop's page, which knows the publishable key and nothing else. */
  async function buy(page, key) {
    await page.goto(shopPage.url({ cart: [{ sku: "tea", quantity: 2 }], key, currency: "USD" }));
    const checkout = checkoutOf(page);
    await fillCard(checkout);
    await checkout.pay.click();
    await told(page, "paid");
  }
});

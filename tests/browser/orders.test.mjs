// The shopper's pages in a browser: receipt, refund, messages in both languages, finding orders.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide, payByCard } from "./checkout.mjs";
import { mailSettings, newAddress, openLetter } from "./mail.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, makeOrder, withPage } from "./stack.mjs";
import { NAMES, t } from "./texts.mjs";

/** Every page is clean in every light, and nothing stands out of its side. */
async function assertSound(page, what) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await accessibilityFaults(page.mainFrame()), [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: null });
  assert.ok(!(await isTooWide(page.mainFrame())), `${what} is too wide`);
}

const { browser, shopPage, store } = await openShop();
await store.owner("PUT", "/v1/store/profile", {
  names: NAMES,
  legal_name: "Low Tide Tea Company Ltd",
  registrations: [{ kind: "company", number: "612345", country: "IE" }],
  contact: { email: "help@lowtide.example", address: "1 Harbour Row\nCobh" },
  policies: { returns: { en: "Within 30 days.", "zh-CN": "三十天内可退货。" } },
  colours: { accent: "#7a3cff", accent_dark: "#c7b2ff" },
});
await store.owner("PUT", "/v1/mail", mailSettings("orders@lowtide.example"));

describe("the shopper's pages", () => {
  /** An order that a shopper pays by card in the shop's page. */
  async function paidOrder(page, email, changes = {}) {
    const order = await makeOrder(store, { shopper: { email, ...changes.shopper }, ...changes });
    const checkout = await payByCard(page, shopPage, order);
    await checkout.paid.waitFor();
    return order;
  }

  for (const [locale, device] of [
    ["en", "desktop"],
    ["zh-CN", "phone"],
  ]) {
    test(`${locale} on a ${device}: paid, told, refund asked, declined and seen`, TEST, () =>
      withPage(
        browser,
        async (page) => {
          const email = newAddress();
          const order = await paidOrder(page, email, {
            shopper: { email, locale },
            merchant_reference: "LT-1043",
          });
          // The message leads to the page, which is in the shopper's language.
          const letter = await openLetter(page, email, "LT-1043");
          const href = await letter.getByRole("link").first().getAttribute("href");
          assert.equal(href, `${at.pay}/orders/${order.client_token}`);
          await page.goto(href);
          await page.getByRole("heading", { name: t(locale, "state.paid.title") }).waitFor();
          assert.equal(await page.locator("html").getAttribute("lang"), locale);
          await assertSound(page, "the order");

          // The form says at the field what is wrong, and keeps what was typed.
          await page.getByText(t(locale, "ask.title"), { exact: true }).click();
          await page.getByLabel(t(locale, "ask.items")).check();
          const reason = page.getByLabel(t(locale, "ask.reason"));
          await reason.fill("One bag was damaged");
          await page.getByRole("button", { name: t(locale, "ask.send") }).click();
          await page.getByText(t(locale, "ask.error_items")).waitFor();
          assert.equal(await reason.inputValue(), "One bag was damaged");
          await assertSound(page, "the form with an error");
          await page.locator("#item-0").fill("1");
          await page.getByRole("button", { name: t(locale, "ask.send") }).click();
          await page.getByText(t(locale, "request.open")).waitFor();

          const { data } = await store.owner("GET", `/v1/orders/${order.id}/refund_requests`);
          await store.owner("POST", `/v1/refund_requests/${data[0].id}/decline`, {
            explanation: "The bag was opened.",
          });
          await page.reload();
          await page.getByText(t(locale, "request.declined"), { exact: true }).waitFor();
          await page.getByText("The bag was opened.").waitFor();
          await assertSound(page, "the order with a request");
          const subject = locale === "en" ? "about your refund" : "关于您的退款申请";
          const declined = await openLetter(page, email, subject);
          await declined.getByText("The bag was opened.").waitFor();
        },
        { device },
      ),
    );
  }

  test("the receipt: what is printed has seller and sums, and nothing to press", TEST, () =>
    withPage(browser, async (page) => {
      const order = await paidOrder(page, newAddress());
      await page.goto(`${at.pay}/orders/${order.client_token}`);
      const print = page.getByRole("button", { name: t("en", "order.print") });
      await print.waitFor();
      await page.evaluate(() => {
        globalThis.print = () => {
          document.title = "printing";
        };
      });
      await print.click();
      assert.equal(await page.title(), "printing");
      await page.emulateMedia({ media: "print" });
      for (const text of ["Receipt", "Low Tide Tea Company Ltd", "US$33.20", "Visa ending in 4242"]) {
        assert.ok(await page.getByText(text).first().isVisible(), text);
      }
      for (const hidden of [print, page.locator(".ask"), page.locator(".languages")]) {
        assert.equal(await hidden.isVisible(), false);
      }
      // Black on white, however dark the screen is.
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      const inks = await page.locator("body, .card, .hero, .card dd, .card h2, .quiet").evaluateAll(
        (all) => all.filter((one) => one.checkVisibility()).map((one) => {
          const { backgroundColor: ground, color } = getComputedStyle(one);
          const light = (text) => text.match(/\d+/g).slice(0, 3).every((part) => part > 200);
          const isClear = /, 0\)$/.test(ground);
          return (isClear || light(ground)) && !light(color) ? "" : `${one.className}: ${color} on ${ground}`;
        }));
      assert.deepEqual(inks.filter(Boolean), []);
      const pdf = await page.pdf({ format: "A4" });
      assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    }),
  );

  test("works without scripts, and changes its language", TEST, () =>
    withPage(
      browser,
      async (page) => {
        const order = await makeOrder(store);
        await page.goto(`${at.pay}/orders/${order.client_token}`);
        await page.getByRole("link", { name: "简体中文" }).click();
        await page.getByRole("heading", { name: t("zh-CN", "state.created.title") }).waitFor();
        await page.getByRole("link", { name: /US\$33\.20/ }).click();
        assert.match(page.url(), /\/checkout\//);
      },
      { javaScriptEnabled: false },
    ),
  );

  test("orders are found by e-mail, with a link that works once", TEST, () =>
    withPage(browser, async (page) => {
      const email = newAddress();
      await paidOrder(page, email, { merchant_reference: "LT-77" });
      await page.goto(`${at.pay}/orders/find/${store.id}`);
      await assertSound(page, "the form");
      await page.getByLabel(t("en", "find.email")).fill("ada");
      await page.getByRole("button", { name: t("en", "find.send") }).click();
      await page.getByText(t("en", "find.error")).waitFor();
      assert.equal(await page.getByLabel(t("en", "find.email")).inputValue(), "ada");
      await page.getByLabel(t("en", "find.email")).fill(email);
      await page.getByRole("button", { name: t("en", "find.send") }).click();
      await page.getByRole("heading", { name: t("en", "find.sent.title") }).waitFor();
      await assertSound(page, "the answer");
      const letter = await openLetter(page, email, "Your orders");
      const link = await letter.getByRole("link").first().getAttribute("href");
      await page.goto(link);
      await assertSound(page, "the link");
      await page.getByRole("button", { name: t("en", "link.open") }).click();
      await page.getByRole("link", { name: /LT-77/ }).waitFor();
      await assertSound(page, "the list");
      await page.getByRole("link", { name: /LT-77/ }).click();
      await page.getByRole("heading", { name: t("en", "state.paid.title") }).waitFor();
      await page.goto(link);
      await page.getByRole("button", { name: t("en", "link.open") }).click();
      await page.getByRole("heading", { name: t("en", "link.over.title") }).waitFor();
    }),
  );

  test("the page about a store, and its links from the checkout", TEST, () =>
    withPage(browser, async (page, context) => {
      const order = await makeOrder(store);
      await page.goto(shopPage.url({ order: order.client_token }));
      const frame = page.frameLocator("causeway-checkout iframe");
      await frame.getByText("Sold by Low Tide Tea Company Ltd").waitFor();
      const opened = context.waitForEvent("page");
      await frame.getByRole("link", { name: "Returns" }).click();
      const about = await opened;
      await about.getByRole("heading", { name: t("en", "policy.returns") }).waitFor();
      assert.match(about.url(), new RegExp(`/about/${store.id}#returns$`));
      await assertSound(about, "the page about a store");
    }),
  );
});

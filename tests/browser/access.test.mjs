// For everyone: keyboard alone, screen readers (axe-core finds nothing), narrow and wide windows,
// large text, dark mode.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  EXPIRY,
  accessibilityFaults,
  checkoutOf,
  fillCard,
  frameOf,
  isTooWide,
  payByCard,
  tabTo,
  told,
} from "./checkout.mjs";
import { openShop } from "./shop.mjs";
import { CARDS, STEP_MS, TEST, at, frameWhere, makeOrder, withPage } from "./stack.mjs";

const { browser, shopPage, store } = await openShop();

describe("access", () => {
  async function typeCard(page, checkout, number) {
    for (const [field, text] of [
      [checkout.number, number],
      [checkout.expiry, EXPIRY],
      [checkout.cvc, "123"],
      [checkout.holder, "Ada Martin"],
    ]) {
      await tabTo(page, field);
      await page.keyboard.type(text);
    }
    await page.keyboard.press("Enter");
  }

  test("keyboard only: a card with 3-D Secure", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      await typeCard(page, checkout, CARDS.challenged);
      const bank = await frameWhere(page, (url) => url.startsWith(at.stripe));
      await tabTo(page, bank.locator("#approve"));
      await page.keyboard.press("Enter");
      await checkout.paid.waitFor();
      const isInStatus = await checkout.frame
        .locator("#status")
        .evaluate((status) => status.contains(document.activeElement));
      assert.ok(isInStatus, "the focus stands where the outcome is said");
    }),
  );

  test("keyboard only: declined, then the arrow keys choose WeChat Pay", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store, { currency: "CNY" });
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      await typeCard(page, checkout, CARDS.declined);
      await checkout.alert.filter({ hasText: checkout.t["decline.card_declined"] }).waitFor();
      await tabTo(page, checkout.method("card"));
      while (!(await checkout.method("wechat_pay").isChecked())) {
        await page.keyboard.press("ArrowDown");
      }
      await tabTo(page, checkout.pay);
      await page.keyboard.press("Enter");
      await checkout.frame.getByRole("img", { name: /WeChat Pay/ }).waitFor();
    }),
  );

  test("keyboard only: 3-D Secure can be given up", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      await typeCard(page, checkout, CARDS.challenged);
      const dialog = checkout.frame.getByRole("dialog");
      await dialog.waitFor();
      await tabTo(page, dialog.getByRole("button", { name: checkout.t["challenge.cancel"] }));
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "hidden" });
      await checkout.pay.waitFor();
      assert.notEqual((await store.order(made.id)).state, "paid");
    }),
  );

  /** Every state that a shopper can stay in: name, how to get there. */
  const STATES = {
    form: async () => {},
    "wrong fields": async (page, checkout) => {
      await checkout.pay.click();
      await checkout.frame.locator('[aria-invalid="true"]').first().waitFor();
    },
    declined: async (page, checkout) => {
      await fillCard(checkout, CARDS.declined);
      await checkout.pay.click();
      await checkout.alert.filter({ hasText: checkout.t["decline.card_declined"] }).waitFor();
    },
    challenge: async (page, checkout) => {
      await fillCard(checkout, CARDS.challenged);
      await checkout.pay.click();
      await frameWhere(page, (url) => url.startsWith(at.stripe));
    },
    paid: async (page, checkout) => {
      await fillCard(checkout);
      await checkout.pay.click();
      await checkout.paid.waitFor();
    },
  };

  const WALLET_STATES = {
    "QR code": async (page, checkout) => {
      await checkout.method("wechat_pay").check();
      await checkout.pay.click();
      await checkout.frame.getByRole("img", { name: checkout.t["method.wechat_pay"] }).waitFor();
    },
  };

  for (const [locale, device, colorScheme] of [
    ["en", "desktop", "light"],
    ["en", "phone", "dark"],
    ["zh-CN", "phone", "light"],
    ["zh-CN", "desktop", "dark"],
  ]) {
    // A phone goes to WeChat Pay instead of showing a code.
    const states = device === "desktop" ? { ...STATES, ...WALLET_STATES } : STATES;
    for (const [state, reach] of Object.entries(states)) {
      test(`${locale}, ${device}, ${colorScheme}: ${state} has no fault`, TEST, () =>
        withPage(
          browser,
          async (page) => {
            const made = await makeOrder(store, { currency: "CNY" });
            await page.goto(shopPage.url({ order: made.client_token, locale }));
            const checkout = checkoutOf(page, locale);
            await told(page, "ready");
            await reach(page, checkout);
            const frame = await frameOf(page);
            assert.deepEqual(await accessibilityFaults(frame), []);
            assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
            assert.equal(await isTooWide(frame), false, "nothing stands out at the side");
          },
          { device, colorScheme, reducedMotion: "reduce" },
        ),
      );
    }
  }

  test("the frame is as high as what is in it, at every width", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token }));
      await told(page, "ready");
      const frame = await frameOf(page);
      const element = await frame.frameElement();
      for (const width of [1280, 768, 390, 320]) {
        await page.setViewportSize({ width, height: 800 });
        // The height comes by message, a moment after the width.
        await frame.waitForFunction(
          () => document.documentElement.scrollHeight <= window.innerHeight,
          null,
          { timeout: STEP_MS },
        );
        assert.equal(await isTooWide(frame), false, `${width} px`);
        const box = await element.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= width, `${width} px`);
      }
    }),
  );

  test("200 % zoom on a small window: nothing is cut off", TEST, () =>
    withPage(
      browser,
      async (page) => {
        const made = await makeOrder(store);
        const checkout = await payByCard(page, shopPage, made, CARDS.declined);
        await checkout.alert.filter({ hasText: checkout.t["decline.card_declined"] }).waitFor();
        assert.equal(await isTooWide(await frameOf(page)), false);
      },
      // Zoom halves the width that a page sees.
      { viewport: { width: 320, height: 512 }, deviceScaleFactor: 2 },
    ),
  );
});

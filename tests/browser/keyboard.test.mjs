// The merchant's side without a mouse: from signing in to a refund, and a shopper's request; the
// focus is always where one goes on. And every page on a phone with all that can be opened open.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide, payByCard, tabTo } from "./checkout.mjs";
import { makeOperator, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, makeOrder, withPage } from "./stack.mjs";
import { NAMES, d, t } from "./texts.mjs";

const { browser, shopPage, store, payOrder } = await openShop();
await store.owner("PUT", "/v1/store/profile", { names: NAMES });
const paid = await payOrder({ shopper: { email: "ada@tide.example" } });

describe("keyboard only", () => {
  /** Waits until this has the focus. */
  const focused = (locator) => locator.and(locator.page().locator(":focus")).waitFor();

  for (const locale of ["en", "zh-CN"]) {
    test(`${locale}: signed in, found, refunded after a mistake`, TEST, () =>
      withPage(browser, async (page) => {
        const { id } = await makeOperator(store, "finance");
        const { token } = await store.owner("POST", `/v1/operators/${id}/token`);
        await page.goto(`${at.pay}/dashboard/sign-in?next=/dashboard/test`);
        await tabTo(page, page.getByLabel(d(locale, "sign_in.token")));
        await page.keyboard.type(token);
        await page.keyboard.press("Enter");
        await page.waitForURL(`${at.pay}/dashboard/test`);

        // The first stop leads past the menu.
        await page.keyboard.press("Tab");
        await focused(page.getByRole("link", { name: d(locale, "shell.skip") }));
        await page.keyboard.press("Enter");
        await focused(page.locator("#page"));
        await page.keyboard.press("/");
        await page.keyboard.type("ada@tide.example");
        await page.keyboard.press("Enter");
        await page.waitForURL(/q=ada/);
        await focused(page.locator("#page"));
        await tabTo(page, page.locator("table.flow td a").first());
        await page.keyboard.press("Enter");
        await page.waitForURL(new RegExp(`${paid.id}$`));

        const fold = page.locator("details.act", { hasText: d(locale, "act.refund") }).first();
        await tabTo(page, fold.locator("summary"));
        await page.keyboard.press("Enter");
        const [amount, reason] = ["act.amount", "act.reason"]
          .map((key) => fold.getByLabel(d(locale, key)));
        await tabTo(page, amount);
        await page.keyboard.press("ControlOrMeta+a");
        await page.keyboard.type("one");
        await tabTo(page, reason);
        await page.keyboard.type("Torn");
        await page.keyboard.press("Enter");
        await focused(amount);
        assert.equal(await amount.getAttribute("aria-invalid"), "true");
        await page.keyboard.press("ControlOrMeta+a");
        await page.keyboard.type("1.00");
        await page.keyboard.press("Enter");
        await page.getByText(d(locale, "done.order.refund")).waitFor();
        await focused(page.locator("#page"));
      }, { locale }));

    test(`${locale}: a shopper asks for a refund`, TEST, () =>
      withPage(browser, async (page) => {
        const order = await makeOrder(store);
        await (await payByCard(page, shopPage, order)).paid.waitFor();
        await page.goto(`${at.pay}/orders/${order.client_token}?locale=${locale}`);
        const fold = page.locator("#ask");
        await tabTo(page, fold.locator("summary"));
        await page.keyboard.press("Enter");
        await tabTo(page, page.getByLabel(t(locale, "ask.reason")));
        await page.keyboard.press("Tab");
        await focused(page.getByRole("button", { name: t(locale, "ask.send") }));
        await page.keyboard.press("Enter");
        await focused(page.getByLabel(t(locale, "ask.reason")));
        await page.getByText(t(locale, "ask.error_reason")).waitFor();
        await page.keyboard.type("Torn");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        await page.getByText(t(locale, "request.open")).waitFor();
      }));

    test(`${locale}, phone: nothing is wrong or too wide where all is open`, TEST, () =>
      withPage(browser, async (page) => {
        await signIn(page, store);
        const account = (await store.owner("GET", "/v1/accounts")).data[0];
        const hook = (await store.owner("GET", "/v1/webhook_endpoints")).data[0];
        const faults = [];
        for (const place of ["", "orders?state=paid", "refunds", `orders/${paid.id}`,
          "settings/store", "settings/channels", `settings/channels/${account.id}`,
          "settings/prices", "settings/keys", "settings/webhooks", `settings/webhooks/${hook.id}`,
          "settings/mail", "settings/team", "settings/audit", "nowhere"]) {
          await page.goto(pageAt(place));
          await page.evaluate(() => {
            for (const fold of document.querySelectorAll("details")) fold.open = true;
          });
          const found = await accessibilityFaults(page.mainFrame());
          faults.push(...found.map((fault) => `${place}: ${fault}`));
          if (await isTooWide(page)) faults.push(`${place}: too wide`);
        }
        assert.deepEqual(faults, []);
      }, { locale, device: "phone" }));
  }
});

// The texts of messages in the dashboard: each is looked at before it is saved, in its language, and
// shoppers get what was saved.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide, payByCard } from "./checkout.mjs";
import { mailSettings, newAddress, openLetter } from "./mail.mjs";
import { opened, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, makeOrder, withPage } from "./stack.mjs";
import { d } from "./texts.mjs";

const { browser, shopPage, store } = await openShop();
await store.owner("PUT", "/v1/mail", mailSettings("orders@lowtide.example"));

describe("a message's text", () => {
  const SUBJECTS = { en: "Paid in full: {order}", "zh-CN": "已付清：{order}" };
  const KEYS = { en: "Paid in full: LT-1043", "zh-CN": "已付清：LT-1043" };

  for (const [locale, hasScripts] of [["en", true], ["zh-CN", false]]) {
    test(`is previewed, kept while it is wrong, saved and sent, ${locale}`, TEST, () =>
      withPage(browser, async (page) => {
        const w = (key) => d(locale, key);
        await signIn(page, store);
        await page.goto(pageAt("settings/mail"));
        const title = `${w("message.paid")} · ${w(`locale.${locale}`)}`;
        const fold = await opened(page, title);
        const subject = fold.getByLabel(w("mail.subject"));
        const text = fold.getByLabel(w("mail.body"));
        const preview = fold.getByRole("button", { name: w("mail.preview") });
        await subject.fill("{nonsense}");
        await preview.click();
        await fold.locator(".error").first().waitFor();
        assert.equal(await subject.inputValue(), "{nonsense}");
        await subject.fill(SUBJECTS[locale]);
        await text.fill("{order}: {total}.");
        await preview.click();
        const shown = page.locator("#sent pre");
        await shown.filter({ hasText: KEYS[locale] }).waitFor();
        assert.match(await shown.textContent(), /LT-1043: .*30\.00/s);
        // It is still in its form, and not yet saved.
        assert.equal(await subject.inputValue(), SUBJECTS[locale]);
        assert.equal(await text.inputValue(), "{order}: {total}.");
        const { data } = await store.owner("GET", "/v1/mail/templates");
        const saved = data.find((one) => one.kind === "paid" && one.locale === locale);
        assert.notEqual(saved.subject, SUBJECTS[locale]);
        if (hasScripts) assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
        assert.equal(await isTooWide(page), false);
        await fold.getByRole("button", { name: w("form.save") }).click();
        await page.getByText(w("done.mail.text")).waitFor();
        const email = newAddress();
        const order = await makeOrder(store, { merchant_reference: "LT-1043",
          shopper: { email, locale } });
        await withPage(browser, async (shopper) => {
          await (await payByCard(shopper, shopPage, order)).paid.waitFor();
        });
        const letter = await openLetter(page, email, KEYS[locale]);
        await letter.getByText(/LT-1043: .*33\.20/).first().waitFor();
      }, { locale, javaScriptEnabled: hasScripts }));
  }
});

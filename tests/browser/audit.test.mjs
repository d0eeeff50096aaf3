// The audit log as its readers find it: who did what, and each field before and after, in words.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide } from "./checkout.mjs";
import { pageAt, signIn } from "./operator.mjs";
import { openBrowser } from "./shop.mjs";
import { TEST, ask, at, makeBareStore, makeOrder, withPage } from "./stack.mjs";
import { d } from "./texts.mjs";

const money = (amount, currency = "USD") => ({ amount, currency });

const [browser, store] = await Promise.all([openBrowser(), makeBareStore()]);
const put = (name, stock, amount, active) => store.owner("PUT", "/v1/prices/tea",
  { name, stock, active, prices: [money(amount), money("9.00", "EUR")] });
await put("Tea", 10, "12.50", true);
await put("Green tea", 15, "13.00", false);
await store.owner("PUT", "/v1/store/profile", { contact: { email: "a@tea.example" },
  registrations: [{ kind: "tax", number: "1", country: "IE", expires_on: "2031-01-31" }] });
await store.owner("PUT", "/v1/store/profile", { contact: { email: "b@tea.example" },
  registrations: [{ kind: "tax", number: "2", country: "IE", expires_on: "2032-01-31" }] });
const merchant = await ask(`${at.stripe}/_sim/merchants`, { method: "POST", body: {} });
const account = await store.owner("POST", "/v1/accounts",
  { channel: "stripe", label: "Cards", credentials: merchant.credentials });
await store.owner("PATCH", `/v1/accounts/${account.id}`,
  { credentials: { ...merchant.credentials, webhook_secret: "whsec_another_one" } });
const order = await makeOrder(store);
await store.owner("POST", `/v1/orders/${order.id}/cancel`, { reason: "merchant" });

describe("the audit log", () => {
  for (const [locale, device] of [["en", "desktop"], ["zh-CN", "phone"]]) {
    const w = (key) => d(locale, key);
    test(`tells changes by field, ${locale}, ${device}`, TEST, () =>
      withPage(browser, async (page) => {
        await signIn(page, store);
        await page.goto(pageAt("settings/audit"));
        const said = await page.locator("tbody tr").evaluateAll((rows) =>
          rows.map((row) => row.innerText.replace(/\s*\n\s*/g, "\n")));
        const rowOf = (act, nth = 0) => {
          const found = said.filter((text) => text.includes(w(`did.${act}`)));
          assert.ok(found[nth], `${act}: ${said.join("\n---\n")}`);
          return found[nth];
        };
        const tea = rowOf("price.put");
        for (const line of [
          `${w("changed.name")}: Tea → Green tea`,
          `${w("changed.stock")}: 10 → 15`,
          `${w("changed.active")}: ${w("value.true")} → ${w("value.false")}`,
        ]) assert.ok(tea.includes(line), `${line} in ${tea}`);
        assert.match(tea, /12\.50.*→.*13\.00/);
        const made = rowOf("price.put", 1);
        assert.ok(made.includes(`${w("changed.name")}: Tea\n`) && !made.includes("→"), made);
        const profile = rowOf("profile.edit");
        const contact = `${w("changed.contact")} · ${w("changed.email")}`;
        assert.ok(profile.includes(`${contact}: a@tea.example → b@tea.example`), profile);
        assert.ok(profile.includes(`${w("changed.registrations")} · 1 · ${w("changed.number")}: 1 → 2`),
          profile);
        const account = rowOf("account.edit");
        assert.ok(account.includes(w("value.[secret, replaced]")), account);
        const cancelled = rowOf("act.cancel");
        assert.ok(cancelled.includes(`${w("changed.state")}: ${w("state.created")} → ${w("state.cancelled")}`),
          cancelled);
        assert.match(rowOf("session.open"), new RegExp(`${w("changed.agent")}: Chrome · \\w+$`, "m"));
        // No JSON, no names of ours, no secret.
        const all = said.join("\n");
        assert.doesNotMatch(all, /[{}"]|_at\b|whsec_|sk_test|\bdid\.|\bchanged\./);
        assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
        assert.equal(await isTooWide(page), false);
        await page.getByRole("link", { name: order.id }).first().click();
        await page.waitForURL(pageAt(`orders/${order.id}`));
      }, { locale, device }));
  }
});

// Bad input at every form of the dashboard and of the shopper's pages: the message is at the field,
// the focus too, and nothing of what was typed is lost; secrets alone never come back.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { payByCard } from "./checkout.mjs";
import {
  actsOfDashboard, assertSaidAt, assertSound, fillIn, formOf, formsOfTemplates, hasFields, send,
  unfold, valuesOf,
} from "./forms.mjs";
import { mailSettings } from "./mail.mjs";
import { force, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, makeOrder, withPage } from "./stack.mjs";

const LONG = "a".repeat(2100);
/** A picture of one point. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
  + "WjR9awAAAABJRU5ErkJggg==";
/** For the tests of many forms. */
const MANY = { timeout: 400_000 };

/**
 * What each act's form is sent: on which page, what is typed, and the field that it is wrong in.
 * `filter` chooses among several, `as` is the role, `secrets` name what must not come back; what is
 * not even `offered` does not either. `before` is done first.
 */
const ACTS = {
  "order.capture": { at: "orders/{held}", wrong: "amount.amount",
    typed: { "amount.amount": "ten" } },
  "order.cancel": { at: "orders/{made}", typed: { reason: "mood" }, wrong: "reason",
    offered: false },
  "order.refund": { at: "orders/{paid}", wrong: "amount.amount",
    typed: { "amount.amount": "1.005", reason: "Damaged" } },
  "order.ask_refund": { at: "orders/{paid}", as: "support", wrong: "reason",
    typed: { "amount.amount": "3.00", reason: "" } },
  "order.ship": { at: "orders/{paid}", wrong: "number",
    typed: { carrier: "DHL", number: "", "url:optional": "https://dhl.example/1" } },
  "order.confirm": { at: "orders/{made}", typed: { reason: "" }, wrong: "reason" },
  "order.note": { at: "orders/{paid}", typed: { text: LONG }, wrong: "text" },
  "request.approve": { at: "refunds", typed: { "amount.amount": "1,5" }, wrong: "amount.amount" },
  "request.decline": { at: "refunds", typed: { explanation: "" }, wrong: "explanation" },
  "views.change": { at: "orders?state=paid", typed: { name: LONG }, wrong: "name",
    before: ["orders", { act: "views.save", name: "Paid", query: "state=paid" }] },
  "views.save": { at: "orders?state=paid", typed: { name: LONG }, wrong: "name" },
  "store.put": { at: "settings/store", wrong: "allowed_origins:lines",
    typed: { name: "Tide", "allowed_origins:lines": "https://tide.example\nnowhere",
      "default_locale:null": "zh-CN", "country:null": "IE", "irregular_payments.short": "hold",
      "card_lane.statement": "saq_d_assessed", "tills:number": "2" } },
  "profile.about": { at: "settings/store", wrong: "contact.email:optional",
    typed: { "names.en:optional": "Tide", "legal_name:optional": "Tide Ltd",
      "contact.email:optional": "ada", "contact.address:optional": "1 Quay\nCobh" } },
  "profile.look": { at: "settings/store", typed: { "colours.accent:optional": "red" },
    wrong: "colours.accent:optional", offered: false },
  "profile.policies": { at: "settings/store", wrong: "policies.refunds.en:optional",
    typed: { "policies.returns.zh-CN:optional": "三十天内",
      "policies.refunds.en:optional": "a".repeat(20_001) } },
  "profile.registrations": { at: "settings/store", wrong: "registrations.0.country:optional",
    typed: { "registrations.0.kind:optional": "tax", "registrations.0.number:optional": "1",
      "registrations.0.country:optional": "Ireland",
      "registrations.0.expires_on:optional": "2031-01-31" } },
  "price.put": { at: "settings/prices", wrong: "prices.0.amount",
    typed: { sku: "mug", name: "Mug", "prices.0.amount": "cheap", "prices.0.currency": "EUR",
      "prices.1.amount:optional": "9", "prices.1.currency:optional": "USD" } },
  "prices.import": { at: "settings/prices", wrong: "csv",
    typed: { csv: "sku,name,price:USD\ntea,Tea,cheap\n" } },
  "mail.put": { at: "settings/mail", wrong: "from:optional", secrets: ["key:optional"],
    typed: { kind: "http", "from:optional": "nobody", "shape:optional": "postmark",
      "url:optional": "https://mail.example/email", "key:optional": "Very-Secret-Mail-Key" } },
  "mail.text": { at: "settings/mail", wrong: "subject",
    filter: ':has([value="shipped"]):has([value="zh-CN"])',
    typed: { subject: "", text: "您的包裹已发出 {order}" } },
  "key.make": { at: "settings/keys", wrong: "label", typed: { label: LONG, kind: "publishable" } },
  "hook.make": { at: "settings/webhooks", wrong: "url",
    typed: { url: "ftp://shop.example", description: "Ours", "events:list": "order.paid" } },
  "hook.edit": { at: "settings/webhooks/{hook}", wrong: "url",
    typed: { url: "", description: "Theirs", "events:list": "order.paid",
      "enabled:flag": "true" } },
  "account.make": { at: "settings/channels", filter: ':has([name="channel"][value="stripe"])',
    wrong: "credentials.secret_key", secrets: ["credentials.secret_key"],
    typed: { label: "Second", "credentials.secret_key": "Wrong-Secret-Key" } },
  "account.edit": { at: "settings/channels/{account}", wrong: "label",
    typed: { label: LONG, "enabled:flag": "true" } },
  "account.credentials": { at: "settings/channels/{account}", wrong: "credentials.secret_key",
    secrets: ["credentials.secret_key"], typed: { "credentials.secret_key": "Wrong-Secret-Key" } },
  "operator.make": { at: "settings/team", wrong: "email",
    typed: { name: "Bo", email: "bo", role: "viewer" } },
  "operator.role": { at: "settings/team", typed: { role: "king" }, wrong: "role", offered: false },
};

/** Acts whose forms are a button: there is nothing to fill in. */
const BUTTONS = ["event.redeliver", "price.remove", "key.roll", "key.revoke", "seal.make",
  "seal.remove", "hook.test", "hook.rotate", "hook.redeliver", "hook.remove", "account.check", "account.remove",
  "operator.link", "operator.token", "operator.remove", "passkey.remove", "session.end",
  "views.remove"];

/** Acts that are another button of a form above; `letters.test.mjs` sends it what is wrong. */
const BESIDE = ["mail.preview"];

/** Forms of templates: see the tests below for the first ones; the others take any text. */
const TEMPLATES = {
  "dashboard/orders.html 1": "filters",
  "dashboard/sign_in.html 1": "a link to sign in",
  "dashboard/sign_in.html 2": "an operator's token",
  "orders/find.html 1": "finding orders",
  "orders/order.html 1": "asking for a refund",
  "dashboard/shell.html 2": "any words can be searched for",
  "dashboard/me.html 2": "any name fits a passkey, as far as the field is long",
};

const { browser, shopPage, store } = await openShop();
const ids = {};
await store.owner("PUT", "/v1/mail", mailSettings("orders@tide.example"));
ids.made = (await makeOrder(store)).id;
await withPage(browser, async (page) => {
  for (const [name, capture] of [["paid"], ["asked"], ["held", "manual"]]) {
    const order = await makeOrder(store, capture && { capture });
    const checkout = await payByCard(page, shopPage, order);
    await (capture ? checkout.heading("authorized.title") : checkout.paid).waitFor();
    Object.assign(ids, { [name]: order.id, [`${name}Token`]: order.client_token });
  }
});
await store.owner("POST", `/v1/orders/${ids.asked}/refund_requests`, { reason: "Too small" });
ids.account = (await store.owner("GET", "/v1/accounts")).data
  .find(({ channel }) => channel === "stripe").id;
ids.hook = (await store.owner("GET", "/v1/webhook_endpoints")).data[0].id;

describe("bad input", () => {
  const placeOf = (row) => pageAt(row.at.replace(/\{(\w+)\}/, (_, name) => ids[name]));

  test("has a line here for every form there is", () => {
    const acts = actsOfDashboard();
    assert.deepEqual([...acts].sort(), [...Object.keys(ACTS), ...BUTTONS, ...BESIDE].sort());
    const forms = [...formsOfTemplates()].filter(([, text]) => hasFields(text));
    assert.deepEqual(forms.map(([name]) => name).sort(), Object.keys(TEMPLATES).sort());
  });

  test("cannot be given to forms that are a button", TEST, () =>
    withPage(browser, async (page) => {
      await store.owner("PUT", "/v1/prices/tea",
        { name: "Tea", prices: [{ amount: "12.50", currency: "USD" }] });
      for (let n = 0; n < 2; n += 1) await store.owner("POST", "/v1/sealing_keys");
      await signIn(page, store);
      const left = new Set(BUTTONS);
      await force(page, "orders", { act: "views.save", name: "Paid", query: "state=paid" });
      for (const place of ["orders/{paid}", "orders?state=paid", "settings/prices", "settings/keys",
        "settings/webhooks/{hook}", "settings/channels/{account}", "settings/team"]) {
        await page.goto(placeOf({ at: place }));
        for (const act of BUTTONS) {
          const form = formOf(page, act);
          if ((await form.count()) === 0) continue;
          left.delete(act);
          const fields = form.locator("input:not([type=hidden]), select, textarea");
          assert.equal(await fields.count(), 0, act);
        }
      }
      // For these one needs another browser, and a device: `sign-in.test.mjs` has them.
      assert.deepEqual([...left].sort(), ["passkey.remove", "session.end"]);
    }));

  for (const [locale, device, javaScriptEnabled] of [
    ["en", "desktop", true],
    ["zh-CN", "phone", true],
    ["en", "phone", false],
  ]) {
    const how = `${locale}, ${device}${javaScriptEnabled ? "" : ", no script"}`;
    test(`at forms of the dashboard: ${how}`, MANY, (context) =>
      withPage(browser, async (page) => {
        let role;
        for (const [act, row] of Object.entries(ACTS)) {
          await context.test(`${act} says it at ${row.wrong}`, TEST, async () => {
            const wanted = row.as ?? "owner";
            if (role !== wanted) await signIn(page, store, wanted);
            role = wanted;
            if (row.before) assert.equal(await force(page, ...row.before), 200);
            await page.goto(placeOf(row));
            const form = formOf(page, act, row.filter);
            await unfold(form);
            await fillIn(form, row.typed);
            const said = await assertSaidAt(page, form, row, await send(page, form));
            assert.match(said, locale === "en" ? /^[A-Z][^{}]+$/ : /[\u4e00-\u9fff]/, said);
            const secrets = row.secrets ?? [];
            // A script keeps them in the browser.
            const kept = secrets.map((name) => (javaScriptEnabled ? row.typed[name] : ""));
            assert.deepEqual(Object.values(await valuesOf(form, secrets)), kept);
            await assertSound(page, javaScriptEnabled);
          });
        }
      }, { locale, device, javaScriptEnabled }));
  }

  test("a picture that was chosen stays chosen, and is saved at last", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      await page.goto(pageAt("settings/store"));
      const form = formOf(page, "profile.look");
      await unfold(form);
      const buffer = Buffer.from(PIXEL, "base64");
      await form.locator("input[type=file]")
        .setInputFiles({ name: "logo.png", mimeType: "image/png", buffer });
      await form.locator('[name="logo.data"]').waitFor({ state: "attached" });
      await fillIn(form, { "colours.accent:optional": "red" });
      await send(page, form);
      await page.locator('[aria-invalid="true"]').first().waitFor();
      await form.locator('[name="logo.data"]').waitFor({ state: "attached" });
      await fillIn(form, { "colours.accent:optional": "#aa2200" });
      await send(page, form);
      await page.getByText("Saved.").waitFor();
      const { logo, colours } = await store.owner("GET", "/v1/store/profile");
      assert.deepEqual([logo.data, colours.accent], [PIXEL, "#aa2200"]);
    }));

  test("filters: a word that is no currency", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "viewer");
      await page.goto(pageAt("orders"));
      const form = page.locator("form.filters");
      const row = { typed: { state: "paid", currency: "dollars", from: "2026-01-01" },
        wrong: "currency" };
      await fillIn(form, row.typed);
      await assertSaidAt(page, form, row, await send(page, form));
      await assertSound(page);
    }));

  for (const javaScriptEnabled of [true, false]) {
    test(`signing in, ${javaScriptEnabled ? "with" : "without"} scripts`, TEST, () =>
      withPage(browser, async (page) => {
        const rows = [
          [{ typed: { store: "No-Store", email: "ann@shop.example" }, wrong: "store" }, 0],
          [{ typed: { store: store.id, email: "ann" }, wrong: "email" }, 0],
          [{ typed: { token: "Very-Secret-Token" }, wrong: "token", secrets: ["token"] }, 1],
        ];
        for (const [row, number] of rows) {
          await page.goto(`${at.pay}/dashboard/sign-in?next=/dashboard/test/refunds`);
          const form = page.locator("form").nth(number);
          await unfold(form);
          await fillIn(form, row.typed);
          await assertSaidAt(page, form, row, await send(page, form));
          assert.equal(await form.locator("[name=next]").inputValue(), "/dashboard/test/refunds");
          await assertSound(page, javaScriptEnabled);
        }
      }, { javaScriptEnabled }));
  }

  for (const [locale, device, javaScriptEnabled] of [
    ["en", "desktop", true],
    ["zh-CN", "phone", false],
  ]) {
    test(`a shopper's: ${locale}, ${device}`, TEST, () =>
      withPage(browser, async (page) => {
        const own = `${at.pay}/orders/${ids.paidToken}?locale=${locale}`;
        const rows = [
          [`${at.pay}/orders/find/${store.id}?locale=${locale}`,
            { typed: { email: "ada" }, wrong: "email" }],
          [own, { typed: { what: "whole", reason: "?" }, wrong: "reason" }],
          [own, { typed: { what: "items", "item-0": "0", reason: "Torn" }, wrong: "item-0" }],
          [own, { typed: { what: "items", "item-0": "1.5", reason: "Torn" }, wrong: "item-0" }],
          [own, { typed: { what: "items", "item-0": "99", reason: "Torn" }, wrong: "item-0" }],
        ];
        for (const [url, row] of rows) {
          await page.goto(url);
          const form = page.locator("form.form");
          await unfold(form);
          await fillIn(form, row.typed);
          await assertSaidAt(page, form, row, await send(page, form));
          await assertSound(page, javaScriptEnabled);
        }
      }, { locale, device, javaScriptEnabled }));
  }
});

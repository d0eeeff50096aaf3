// What a shopper asks for and a merchant answers, both in their browsers: refunds, shipping, and
// what each role may do. Shoppers are told by message and page, in their language.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide, payByCard } from "./checkout.mjs";
import { letterTo, mailSettings, newAddress, openLetter } from "./mail.mjs";
import { force, opened, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, makeOrder, withPage } from "./stack.mjs";
import { NAMES, d, t } from "./texts.mjs";

const { browser, shopPage, store } = await openShop();
await store.owner("PUT", "/v1/store/profile", { names: NAMES });
await store.owner("PUT", "/v1/mail", mailSettings("orders@lowtide.example"));

describe("a merchant", () => {
  /** A person at a browser of their own, until the test is over. */
  const withPeople = (people, use) => people.length === 0
    ? use()
    : withPage(browser, (page) =>
      withPeople(people.slice(1), (...others) => use(page, ...others)), people[0]);

  /** An order that somebody with this language has paid. */
  async function paidOrder(page, locale = "en") {
    const shopper = { email: newAddress(), locale };
    const order = await makeOrder(store, { shopper });
    await (await payByCard(page, shopPage, order)).paid.waitFor();
    return { ...order, shopper, own: `${at.pay}/orders/${order.client_token}` };
  }

  async function assertSound(page) {
    assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
    assert.equal(await isTooWide(page.mainFrame()), false);
  }

  /** A shopper asks on the order's page; `quantity` is of its first item, all without it. */
  async function askRefund(page, { own }, locale, reason, quantity) {
    await page.goto(own);
    await page.getByText(t(locale, "ask.title"), { exact: true }).click();
    if (quantity) {
      await page.getByLabel(t(locale, "ask.items")).check();
      await page.locator("#item-0").fill(quantity);
    }
    await page.getByLabel(t(locale, "ask.reason")).fill(reason);
    await page.getByRole("button", { name: t(locale, "ask.send") }).click();
    await page.getByText(t(locale, "request.open")).waitFor();
  }

  /** The request with this reason, at the refund desk. */
  const requestOf = (page, reason) => page.getByRole("article").filter({ hasText: reason });

  for (const [locale, device, clerk] of [["zh-CN", "phone", "en"], ["en", "desktop", "zh-CN"]]) {
    const explanation = locale === "en" ? "It came when we said." : "我们按约定日期送达。";

    test(`decides on refunds that a shopper asks for in ${locale}`, TEST, () =>
      withPeople([{ device, locale }, { locale: clerk }], async (shopper, desk) => {
        const [torn, late] = [await paidOrder(shopper, locale), await paidOrder(shopper, locale)];
        const reasons = [`有一袋破了 ${torn.id}`, `来得太晚 ${late.id}`];
        await askRefund(shopper, torn, locale, reasons[0], "1");
        await askRefund(shopper, late, locale, reasons[1]);
        const asked = locale === "en" ? "asked for a refund" : "已收到退款申请";
        await letterTo(torn.shopper.email, asked);

        await signIn(desk, store, "finance");
        await desk.goto(pageAt("refunds"));
        const approve = requestOf(desk, reasons[0]);
        await approve.locator("h2 .money", { hasText: "US$12.50" }).waitFor();
        await approve.locator("summary", { hasText: d(clerk, "refunds.approve") }).click();
        await assertSound(desk);
        await approve.locator("details[open] form").getByRole("button").click();
        await requestOf(desk, reasons[0]).waitFor({ state: "detached" });
        const decline = requestOf(desk, reasons[1]);
        await decline.locator("summary", { hasText: d(clerk, "refunds.decline") }).click();
        await decline.getByLabel(d(clerk, "refunds.explanation")).fill(explanation);
        await decline.locator("details[open] form").getByRole("button").click();
        await requestOf(desk, reasons[1]).waitFor({ state: "detached" });
        await desk.goto(`${pageAt("refunds")}?state=declined`);
        await requestOf(desk, reasons[1]).getByText(explanation).waitFor();

        const made = locale === "en" ? "given back" : "已退款";
        const letter = await openLetter(shopper, torn.shopper.email, made);
        await letter.getByText("12.50").first().waitFor();
        await shopper.goto(torn.own);
        await shopper.getByText(t(locale, "request.settled")).waitFor();
        const name = t(locale, "refund.title");
        const refunds = shopper.getByRole("region", { name, exact: true });
        await refunds.getByText(t(locale, "refund.settled"), { exact: true }).waitFor();
        assert.equal(await shopper.locator("html").getAttribute("lang"), locale);
        await assertSound(shopper);
        const { payments } = await store.books("stripe");
        const refunded = payments.find(({ reference }) => reference?.startsWith(torn.id));
        assert.deepEqual(refunded.refunds.map(({ amount_minor: minor }) => minor), [1250]);

        const about = locale === "en" ? "about your refund" : "关于您的退款申请";
        const declined = await openLetter(shopper, late.shopper.email, about);
        await declined.getByText(explanation).waitFor();
        await shopper.goto(late.own);
        await shopper.getByText(t(locale, "request.declined"), { exact: true }).waitFor();
        await shopper.getByText(explanation).waitFor();
        await assertSound(shopper);
        assert.equal((await store.order(late.id)).refunds.length, 0);
      }));

    test(`ships what a shopper bought in ${locale}, who hears of it`, TEST, () =>
      withPeople([{ device, locale }, { locale: clerk }], async (shopper, desk) => {
        const order = await paidOrder(shopper, locale);
        await letterTo(order.shopper.email, locale === "en" ? ": paid" : "：已付款");
        await signIn(desk, store, "support");
        await desk.goto(pageAt(`orders/${order.id}`));
        const fold = await opened(desk, d(clerk, "act.ship"));
        for (const [label, value] of [["act.carrier", "SF Express"], ["act.number", "SF1234567890"],
          ["act.tracking", "https://track.example/SF1234567890"]]) {
          await fold.getByLabel(d(clerk, label)).fill(value);
        }
        await fold.getByRole("button").click();
        const shipments = desk.getByRole("region", { name: d(clerk, "order.shipments") });
        await shipments.getByText("SF1234567890").waitFor();

        const subject = locale === "en" ? "on its way" : "已发货";
        const letter = await openLetter(shopper, order.shopper.email, subject);
        await letter.getByText("SF1234567890").first().waitFor();
        const href = await letter.getByRole("link").first().getAttribute("href");
        await shopper.goto(href);
        await shopper.getByRole("heading", { name: t(locale, "state.shipped.title") }).waitFor();
        await shopper.getByText(t(locale, "shipment.sent", { carrier: "SF Express" })).waitFor();
        const track = shopper.getByRole("link", { name: t(locale, "shipment.follow") });
        assert.equal(await track.getAttribute("href"), "https://track.example/SF1234567890");
        await assertSound(shopper);
        await shopPage.event("order.shipped", order.id);
      }));
  }

  /** What the owner alone may do, and what is asked with each. */
  const OWNERS = [
    ["settings/store", { act: "store.put", name: "Mine" }],
    ["settings/store", { act: "profile.about", legal_name: "Mine" }],
    ["settings/prices", { act: "price.put", sku: "x", name: "X", "prices.0.amount": "1.00",
      "prices.0.currency": "USD" }],
    ["settings/prices", { act: "prices.import", csv: "sku,name,price:USD\nx,X,1.00\n" }],
    ["settings/prices", { act: "price.remove", sku: "tea" }],
    ["settings/mail", { act: "mail.put", kind: "none" }],
    ["settings/keys", { act: "key.make", label: "mine", kind: "secret" }],
    ["settings/keys", { act: "seal.make" }],
    ["settings/keys", { act: "seal.remove", id: "0".repeat(16) }],
    ["settings/webhooks", { act: "hook.make", url: "https://mine.example/" }],
    ["settings/channels", { act: "account.make", channel: "stripe" }],
    ["settings/channels/{account}", { act: "account.remove" }],
    ["settings/channels/{account}", { act: "account.check" }],
    ["settings/team", { act: "operator.make", name: "Me", email: "me@x.example", role: "owner" }],
    ["settings/team", { act: "operator.token", id: "opr_1" }],
  ];
  /** What is done with orders, and who else may do it. */
  const WITH_ORDERS = [
    [["finance"], "orders/{order}", { act: "order.refund", reason: "Torn", key: "k-{role}",
      "amount.amount": "1.00", "amount.currency": "USD" }],
    [["support"], "orders/{order}", { act: "order.ship", carrier: "DHL", number: "1" }],
    [["finance", "support"], "orders/{order}", { act: "order.note", text: "Called" }],
    [["finance"], "orders/{made}", { act: "order.cancel", reason: "merchant" }],
  ];

  for (const role of ["viewer", "support", "finance"]) {
    test(`lets ${role} do what the role may, by hand or by force`, TEST, () =>
      withPage(browser, async (page) => {
        const paid = await paidOrder(page);
        const made = await makeOrder(store);
        const account = (await store.owner("GET", "/v1/accounts")).data[0].id;
        const ids = { order: paid.id, made: made.id, account };
        const put = (place) => place.replace(/\{(\w+)\}/, (_, name) => ids[name]);
        await signIn(page, store, role);
        const shown = async (place, act) => {
          await page.goto(pageAt(place));
          return (await page.locator(`[name=act][value="${act}"]`).count()) > 0;
        };
        await page.goto(pageAt("orders"));
        assert.equal(await page.getByRole("link", { name: "Export as CSV" }).count(),
          role === "finance" ? 1 : 0);
        const before = JSON.stringify(await settings());
        for (const [place, fields] of OWNERS) {
          assert.equal(await shown(put(place), fields.act), false, `${role} sees ${fields.act}`);
          assert.equal(await force(page, put(place), fields), 403, `${role} did ${fields.act}`);
        }
        assert.equal(JSON.stringify(await settings()), before);
        for (const [roles, place, fields] of WITH_ORDERS) {
          const may = roles.includes(role);
          const sent = { ...fields, ...(fields.key && { key: `k-${role}` }) };
          assert.equal(await shown(put(place), fields.act), may, `${role} sees ${fields.act}`);
          const status = await force(page, put(place), sent);
          assert.equal(status, may ? 200 : 403, `${role}: ${fields.act}`);
        }
        const order = await store.order(paid.id);
        assert.deepEqual([order.refunds.length, order.shipments.length, order.notes.length],
          [+(role === "finance"), +(role === "support"), +(role !== "viewer")]);
        const { state } = await store.order(made.id);
        assert.equal(state, role === "finance" ? "cancelled" : "created");
      }));
  }

  /** All that owners set. */
  const settings = () => Promise.all(["store", "store/profile", "prices", "mail", "api_keys",
    "webhook_endpoints", "accounts"].map((path) => store.owner("GET", `/v1/${path}`)));
});

// The dashboard in a browser: every page in both languages, on desktop and phone, without a fault
// that axe-core finds; what operators do there, and what comes of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide } from "./checkout.mjs";
import { opened, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, makeOrder, withPage } from "./stack.mjs";

const { browser, store, payOrder } = await openShop();
/** One word that is wider than a phone, and than a list's column. */
const EMAIL = `${"a".repeat(60)}@example.com`;
const paid = await payOrder({ shopper: { email: EMAIL, name: "Ada Martin" } });
await makeOrder(store);

/** Whether a list has columns that one must scroll to. */
const hasHidden = (page) => page.locator(".wide").evaluateAll((lists) =>
  lists.some(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth));

/**
 * What of a phone's first window is not in its place: the menu is one row at the top, the search
 * stands below it and the heading below that, all in view.
 */
async function misplaced(page) {
  const boxOf = (part) => page.locator(part).first().boundingBox();
  const boxes = await Promise.all(["header.side", "nav.menu", "#find", "main h1"].map(boxOf));
  const [side, menu, search, heading] = boxes;
  const endOf = ({ y, height }) => y + height;
  return [
    [side.y === 0, "the menu is not at the top"],
    [menu.height < 60, "the menu is not one row"],
    [search.y >= endOf(side), "the menu covers the search"],
    [heading.y >= endOf(search), "the search covers the heading"],
    [endOf(heading) <= page.viewportSize().height, "the heading is out of view"],
  ].filter(([isSo]) => !isSo).map(([, fault]) => fault);
}

describe("the dashboard", () => {
  const PLACES = ["", "orders", "refunds", "settings/store", "settings/channels",
    "settings/prices", "settings/keys", "settings/webhooks", "settings/mail", "settings/team",
    "settings/audit", "me"];

  // Each two of them meet.
  for (const [locale, device, scheme] of [["en", "desktop", "light"], ["zh-CN", "phone", "light"],
    ["en", "phone", "dark"], ["zh-CN", "desktop", "dark"]]) {
    test(`${locale}, ${device}, ${scheme}: every page stands and has no fault`, TEST, () =>
      withPage(browser, async (page) => {
        await signIn(page, store);
        const account = (await store.owner("GET", "/v1/accounts")).data[0];
        const hook = (await store.owner("GET", "/v1/webhook_endpoints")).data[0];
        const places = [...PLACES, `orders/${paid.id}`, `settings/channels/${account.id}`,
          `settings/webhooks/${hook.id}`];
        const faults = [];
        for (const place of places) {
          const answer = await page.goto(pageAt(place));
          if (answer.status() !== 200) faults.push(`${place}: ${answer.status()}`);
          faults.push(...(await accessibilityFaults(page)).map((fault) => `${place}: ${fault}`));
          if (await isTooWide(page)) faults.push(`${place}: too wide`);
          if (await hasHidden(page)) faults.push(`${place}: a list is wider than its card`);
          if (device === "phone") {
            faults.push(...(await misplaced(page)).map((fault) => `${place}: ${fault}`));
          }
        }
        assert.deepEqual(faults, []);
      }, { locale, device, colorScheme: scheme }));
  }

  const main = (page) => page.getByRole("main");

  test("an order is found, and a part of it refunded; a wrong amount is said at its field", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "finance");
      await page.goto(pageAt("orders"));
      await page.locator("table.flow a", { hasText: "33.20" }).last().click();
      await page.getByRole("heading", { name: /Order of US\$33\.20/ }).waitFor();
      let fold = await opened(page, /^Refund$/);
      await fold.getByLabel("Amount").fill("ten");
      await fold.getByLabel("Reason").fill("Damaged bag");
      await fold.getByRole("button").click();
      await page.getByRole("alert").waitFor();
      fold = page.locator("details[open]");
      assert.equal(await fold.getByLabel("Amount").getAttribute("aria-invalid"), "true");
      assert.equal(await fold.getByLabel("Amount").inputValue(), "ten");
      assert.equal(await fold.getByLabel("Reason").inputValue(), "Damaged bag");
      await fold.getByLabel("Amount").fill("10.00");
      await fold.getByRole("button").click();
      await page.getByText("The refund is under way.").waitFor();
      await main(page).getByText("Damaged bag").first().waitFor();
      const { refunds } = await store.order(paid.id);
      assert.deepEqual(refunds.map(({ amount, reason }) => [amount.amount, reason]),
        [["10.00", "Damaged bag"]]);
    }));

  test("an order's page says what the channel keeps, and that it has not told", TEST, () =>
    withPage(browser, async (page) => {
      await store.faults("stripe", [{ fault: "no_fee", on: "create" }]);
      const untold = await payOrder();
      await signIn(page, store);
      const facts = async (id) => {
        await page.goto(pageAt(`orders/${id}`));
        return page.locator("section[aria-labelledby=money] dl").innerText();
      };
      assert.match(await facts(paid.id), /Captured\s+US\$33\.20[^]*Fee of Stripe\s+US\$1\.26/);
      assert.match(await facts(untold.id), /Captured\s+US\$33\.20[^]*Fee of Stripe\s+Not told yet/);
      await page.getByRole("link", { name: "简体中文" }).click();
      await page.getByRole("heading", { name: "资金" }).waitFor();
      assert.match(await facts(paid.id), /Stripe手续费\s+US\$1\.26/);
      assert.match(await facts(untold.id), /Stripe手续费\s+尚未告知/);
    }));

  test("a key is shown once, in the language that was chosen", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      await page.goto(pageAt("settings/keys"));
      await page.getByRole("link", { name: "简体中文" }).click();
      await page.getByRole("heading", { name: "API 密钥", level: 1 }).waitFor();
      const fold = await opened(page, "创建密钥");
      await fold.getByLabel("名称").fill("server");
      await fold.getByRole("button", { name: "创建密钥" }).click();
      const key = page.locator(".once code");
      await key.waitFor();
      const text = await key.textContent();
      assert.match(text, /^sk_test_/);
      await page.goto(pageAt("settings/keys"));
      await main(page).getByText("server").waitFor();
      assert.ok(!(await page.content()).includes(text));
    }));

  test("who only looks on finds no button that changes something", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "viewer");
      for (const place of ["orders", `orders/${paid.id}`, "settings/store", "settings/channels"]) {
        await page.goto(pageAt(place));
        assert.equal(await main(page).locator("form[method=post]").count(), 0, place);
      }
      const answer = await page.goto(pageAt("settings/team"));
      assert.equal(answer.status(), 403);
    }));

  test("a new order appears without a reload, and filters can be kept as a view", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      await page.goto(`${pageAt("orders")}?state=created`);
      // Not one that the home page had asked.
      await page.waitForResponse((answer) => answer.url().includes("/v1/orders/changes"));
      const made = await makeOrder(store, { shopper: { email: "new@example.com" } });
      await main(page).locator(`a[href$="${made.id}"]`).waitFor();
      const fold = await opened(page, /Save these filters/);
      await fold.getByLabel("Name of the view").fill("Not paid");
      await fold.getByRole("button").click();
      await page.getByText("The view is saved.").waitFor();
      await page.goto(pageAt("orders"));
      await page.getByRole("link", { name: "Not paid" }).click();
      await page.waitForURL(/state=created/);
      assert.equal(await page.locator("table.flow tbody tr").count() > 0, true);
    }));

  test("an order of the moment before the page begins to ask is not missed", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      let made;
      await page.route("**/v1/orders/changes*", async (route) => {
        made ??= await makeOrder(store);
        await route.continue();
      });
      await page.goto(pageAt("orders"));
      await page.locator("#list table").waitFor();
      while (!made) await page.waitForResponse((answer) => answer.url().includes("/changes"));
      await main(page).locator(`a[href$="${made.id}"]`).waitFor();
    }));

  test("what is being filled in stays, though the page's news are on their way", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store, "finance");
      const isNews = (request) => request.headers()["causeway-unattended"] !== undefined
        && request.url().endsWith(paid.id);
      let release;
      const held = new Promise((resolve) => {
        release = resolve;
      });
      await page.route(`**/orders/${paid.id}`, async (route) => {
        if (isNews(route.request())) await held;
        await route.continue();
      });
      const watched = page.waitForResponse((answer) => answer.url().includes("/v1/orders/changes"));
      await page.goto(pageAt(`orders/${paid.id}`));
      await watched;
      const asked = page.waitForRequest(isNews);
      await makeOrder(store);
      await asked;
      const fold = await opened(page, /^Add a note$/);
      await fold.getByLabel("Note for your team").fill("Half a sen");
      const settled = page.waitForResponse((answer) => isNews(answer.request()));
      release();
      await settled;
      await page.waitForFunction(() => document.querySelector(".htmx-request") === null);
      assert.equal(await fold.getByLabel("Note for your team").inputValue(), "Half a sen");
      await fold.getByLabel("Note for your team").pressSequentially("tence");
      assert.equal(await fold.getByLabel("Note for your team").inputValue(), "Half a sentence");
    }));

  test("a table with a mistake is refused by line, and a right one is taken", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      await page.goto(pageAt("settings/prices"));
      let fold = await opened(page, "Import from CSV");
      await fold.getByRole("textbox", { name: "CSV" }).fill("sku,name,price:USD\ntea,Tea,cheap\n");
      await fold.getByRole("button", { name: "Import" }).click();
      await page.getByRole("alert").filter({ hasText: "Line 2, price:USD" }).waitFor();
      fold = page.locator("details[open]");
      await fold.getByRole("textbox", { name: "CSV" }).fill("sku,name,price:USD\ntea,Tea,12.50\n");
      await fold.getByRole("button", { name: "Import" }).click();
      await page.getByText("Imported.", { exact: true }).waitFor();
      await main(page).getByText("US$12.50").waitFor();
      // A file as a spreadsheet in Chinese writes it.
      fold = await opened(page, "Import from CSV");
      const line = Buffer.concat([Buffer.from("sku,name,price:CNY\ncha,"),
        Buffer.from([0xc1, 0xfa, 0xbe, 0xae]), Buffer.from(",88.00\n")]);
      await fold.locator("input[type=file]").setInputFiles(
        { name: "book.csv", mimeType: "text/csv", buffer: line });
      await page.waitForFunction(() => document.querySelector("[name=csv]").value.includes("cha"));
      await fold.getByRole("button", { name: "Import" }).click();
      await main(page).getByRole("link", { name: "龙井" }).waitFor();
    }));
});

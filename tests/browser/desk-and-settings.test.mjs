// What operators change and decide in the dashboard: looks with a live preview, refunds by item,
// saved views, webhooks sent by hand, their own sign-in.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide } from "./checkout.mjs";
import { opened, pageAt, signIn } from "./operator.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, makeBareStore, makeStore, withPage } from "./stack.mjs";

/** A picture of one pixel. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

const main = (page) => page.getByRole("main");

const { browser, shopPage, store, payOrder } = await openShop();

describe("looks", () => {
  const accentOf = (preview) =>
    preview.locator("#pay").evaluate((button) => getComputedStyle(button).backgroundColor);

  test("are previewed in an empty store while they are chosen, and kept when saved", TEST, () =>
    withPage(browser, async (page) => {
      const store = await makeBareStore();
      await signIn(page, store);
      await page.goto(pageAt("settings/store"));
      const preview = page.frameLocator("[data-looks] iframe");
      await preview.getByText("Longjing green tea, 50 g").waitFor();
      const form = page.locator("[data-looks] form");
      await form.getByLabel("Colour of buttons", { exact: false }).first().fill("#aa2200");
      await assert.doesNotReject(preview.locator("html[style*='#aa2200']").waitFor());
      assert.equal(await accentOf(preview), "rgb(170, 34, 0)");
      assert.equal(await preview.locator("img.logo").count(), 0);
      await form.getByLabel("Logo").setInputFiles({
        name: "logo.png", mimeType: "image/png", buffer: PNG,
      });
      await preview.locator("img.logo[src^='data:image/png']").waitFor();
      // Nothing was saved yet.
      const profile = await store.owner("GET", "/v1/store/profile");
      assert.deepEqual([profile.colours, profile.logo], [null, null]);
      await page.getByRole("radio", { name: "Desktop" }).check({ force: true });
      const width = () => preview.locator("html").evaluate(() => window.innerWidth);
      assert.equal(await width(), 1080);
      await page.getByRole("radio", { name: "Phone" }).check({ force: true });
      assert.equal(await width(), 390);
      await form.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved.").waitFor();
      await preview.locator("img.logo[src^='/logos/']").waitFor();
      const saved = await store.owner("GET", "/v1/store/profile");
      assert.equal(saved.colours.accent, "#aa2200");
      assert.equal(saved.logo.type, "image/png");
    }));

  test("that are saved show without a script, and stay when other cards are saved", TEST, () =>
    withPage(browser, async (page) => {
      const store = await makeBareStore();
      await store.owner("PUT", "/v1/store/profile", {
        legal_name: "Tea Ltd",
        colours: { accent: "#123456" },
        logo: { type: "image/png", data: PNG.toString("base64") },
      });
      await signIn(page, store);
      await page.goto(pageAt("settings/store"));
      const preview = page.frameLocator("[data-looks] iframe");
      assert.equal(await accentOf(preview), "rgb(18, 52, 86)");
      await page.getByLabel("Legal name").fill("");
      await page.locator("form", { has: page.getByLabel("Legal name") })
        .getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved.").waitFor();
      const saved = await store.owner("GET", "/v1/store/profile");
      assert.deepEqual([saved.legal_name, saved.colours.accent, saved.logo.type],
        [null, "#123456", "image/png"]);
      await page.getByLabel("Take the logo away").check();
      await page.locator("[data-looks] form").getByRole("button", { name: "Save" }).click();
      await page.getByLabel("Take the logo away").waitFor({ state: "detached" });
      assert.equal((await store.owner("GET", "/v1/store/profile")).logo, null);
    }, { javaScriptEnabled: false }));
});

describe("refunds by item", () => {
  const CART = {
    items: [
      { name: "Longjing green tea", sku: "tea", quantity: 3, unit_price: money("10.10") },
      { name: "Gaiwan", sku: "cup", quantity: 1, unit_price: money("20.00") },
    ],
    shipping: undefined,
    tax: undefined,
    total: money("50.30"),
  };

  function money(amount) {
    return { amount, currency: "USD" };
  }

  test("fill in the amount, and say which items went back", TEST, async () => {
    const order = await payOrder(CART);
    await withPage(browser, async (page) => {
      await signIn(page, store, "finance");
      await page.goto(pageAt(`orders/${order.id}`));
      let fold = await opened(page, /^Refund$/);
      await fold.getByRole("button", { name: "Refund US$50.30" }).waitFor();
      await fold.getByLabel(/Longjing/).fill("2");
      assert.equal(await fold.getByLabel("Amount").inputValue(), "20.20");
      await fold.getByLabel("Reason").fill("Two bags torn");
      await fold.getByRole("button", { name: "Refund US$20.20" }).click();
      await page.getByText("The refund is under way.").waitFor();
      const { refunds } = await store.order(order.id);
      assert.deepEqual(refunds.map(({ amount, items }) => [amount.amount, items]),
        [["20.20", [{ index: 0, quantity: 2 }]]]);
      // What went back cannot go back again.
      fold = await opened(page, /^Refund$/);
      assert.equal(await fold.getByLabel(/Longjing/).getAttribute("max"), "1");
    });
  });

  test("work without a script: the items say the amount", TEST, async () => {
    const order = await payOrder(CART);
    await withPage(browser, async (page) => {
      await signIn(page, store, "finance");
      await page.goto(pageAt(`orders/${order.id}`));
      const fold = await opened(page, /^Refund$/);
      await fold.getByLabel("Gaiwan").fill("1");
      await fold.getByLabel("Reason").fill("Chipped");
      await fold.getByRole("button").click();
      await page.getByText("The refund is under way.").waitFor();
      const { refunds } = await store.order(order.id);
      assert.deepEqual(refunds.map(({ amount, items }) => [amount.amount, items]),
        [["20.00", [{ index: 1, quantity: 1 }]]]);
    }, { javaScriptEnabled: false });
  });

  test("are approved at the desk for fewer items than were asked for", TEST, async () => {
    const order = await payOrder(CART);
    const path = `/v1/orders/${order.id}/refund_requests`;
    await store.owner("POST", path, {
      items: [{ index: 0, quantity: 3 }, { index: 1, quantity: 1 }],
      reason: "All came late",
    });
    await withPage(browser, async (page) => {
      await signIn(page, store, "finance");
      await page.goto(pageAt("refunds"));
      await main(page).getByText("3 × Longjing green tea").waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      const fold = await opened(page, /^Approve$/);
      assert.equal(await fold.getByLabel(/Longjing/).inputValue(), "3");
      await fold.getByLabel(/Longjing/).fill("1");
      await fold.getByLabel("Gaiwan").fill("0");
      await fold.getByRole("button", { name: "Refund US$10.10" }).click();
      await page.getByText("Approved.").waitFor();
      const { refunds } = await store.order(order.id);
      assert.deepEqual(refunds.map(({ amount, items }) => [amount.amount, items]),
        [["10.10", [{ index: 0, quantity: 1 }]]]);
    });
  });
});

describe("saved views", () => {
  test("are overwritten, renamed and deleted", TEST, () =>
    withPage(browser, async (page) => {
      const store = await makeBareStore();
      await signIn(page, store);
      await page.goto(`${pageAt("orders")}?state=paid`);
      let fold = await opened(page, "Save these filters as a view");
      await fold.getByLabel("Name of the view").fill("To ship & pack");
      await fold.getByRole("button").click();
      const tab = page.getByRole("link", { name: "To ship & pack" });
      await tab.and(page.locator("[aria-current]")).waitFor();
      await page.getByLabel("Currency").fill("EUR");
      await page.getByRole("button", { name: "Apply" }).click();
      await page.waitForURL(/currency=EUR/);
      fold = await opened(page, "Change or delete the view");
      await fold.getByLabel("Name of the view").fill("Euros");
      await fold.getByRole("button", { name: "Save" }).click();
      await page.getByRole("link", { name: "Euros" }).waitFor();
      assert.equal(await tab.count(), 0);
      await page.goto(pageAt("orders"));
      await page.getByRole("link", { name: "Euros" }).click();
      await page.waitForURL(/state=paid&currency=EUR|currency=EUR&state=paid/);
      fold = await opened(page, "Change or delete the view");
      await fold.getByRole("button", { name: "Delete" }).click();
      await page.getByText("The view is deleted.").waitFor();
      assert.equal(await page.getByRole("link", { name: "Euros" }).count(), 0);
    }));
});

describe("webhooks that are sent by hand", () => {
  test("show what was sent and what the endpoint answered", TEST, async () => {
    const store = await makeStore(shopPage);
    const order = await payOrder({}, store);
    await withPage(browser, async (page) => {
      await signIn(page, store);
      const [hook] = (await store.owner("GET", "/v1/webhook_endpoints")).data;
      await page.goto(pageAt(`settings/webhooks/${hook.id}`));
      await page.getByRole("button", { name: "Send a test event" }).click();
      const sent = page.locator("#sent");
      await sent.getByText("HTTP 204").waitFor();
      await sent.getByText("Delivered").waitFor();
      await sent.getByText('"endpoint.test"').waitFor();
      await sent.getByText(/\d+ ms/).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      // An order's event, from the order's page.
      await page.goto(pageAt(`orders/${order.id}`));
      await main(page).getByRole("button", { name: "Send again" }).first().click();
      await sent.getByText("Delivered").waitFor();
      await sent.getByText(`"${order.id}"`).first().waitFor();
      await sent.getByText("HTTP 204").waitFor();
      // The same from the list of what was sent to the endpoint.
      await page.goto(pageAt(`settings/webhooks/${hook.id}`));
      await main(page).getByRole("link", { name: "order.paid" }).first().click();
      await sent.getByText(`"${order.id}"`).first().waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      // One that nobody hears.
      const mute = await store.owner("POST", "/v1/webhook_endpoints", {
        url: "http://127.0.0.1:1/nobody",
      });
      await page.goto(pageAt(`settings/webhooks/${mute.id}`));
      await page.getByRole("button", { name: "Send a test event" }).click();
      await sent.getByText("No answer").waitFor();
    });
  });
});

describe("one's own sign-in", () => {
  for (const [locale, device, title] of [["en", "desktop", "Your sign-in"],
    ["zh-CN", "phone", "您的登录方式"]]) {
    test(`stands in the dashboard's frame, ${locale}, ${device}`, TEST, () =>
      withPage(browser, async (page) => {
        const store = await makeBareStore();
        await signIn(page, store);
        await page.goto(`${at.pay}/dashboard/me`);
        await page.getByRole("heading", { name: title, level: 1 }).waitFor();
        await page.getByRole("navigation").first().waitFor();
        await page.locator("aside.mode").waitFor();
        await page.getByText(device === "phone" ? "Chrome · Android" : /^Chrome · /).waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
        assert.equal(await isTooWide(page), false);
        await page.locator(".who").getByRole("button").click();
        await page.waitForURL(/sign-in$/);
        // The same style, and one file of it.
        const styles = await page.locator("link[rel=stylesheet]").evaluateAll((links) =>
          links.map(({ href }) => new URL(href).pathname));
        assert.equal(styles.length, 1);
        assert.match(styles[0], /\/dashboard\.[0-9a-f]+\.css$/);
      }, { locale, device }));
  }
});

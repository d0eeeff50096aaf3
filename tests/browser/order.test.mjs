// What belongs to the order: its amount, its end, its language, and where it may be shown.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TEXTS, checkoutOf, fillCard, frameOf, told } from "./checkout.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, inSeconds, makeOrder, withPage } from "./stack.mjs";

const { browser, shopPage, store } = await openShop();
// The shortest life that the API gives is a minute; the other tests run meanwhile.
const soonOver = await makeOrder(store, { expires_at: inSeconds(63) });
await store.owner("PUT", "/v1/prices/tea", {
  name: "Longjing green tea",
  prices: [{ amount: "12.50", currency: "USD" }],
});

describe("the order in the frame", () => {
  const cart = (items) => ({ cart: items, key: store.publishableKey, currency: "USD" });

  test("shows what will be charged: items, delivery, tax, total", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      const text = await checkout.frame.locator(".summary").innerText();
      for (const part of ["Longjing green tea", "$25.00", "$5.20", "$3.00", "$33.20"]) {
        assert.ok(text.includes(part), `${part} in: ${text}`);
      }
      assert.match(await checkout.pay.textContent(), /\$33\.20/);
    }),
  );

  test("an amount changed in the shop's page has no effect", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      await page.evaluate(() => {
        const element = document.querySelector("causeway-checkout");
        for (const name of ["total", "amount", "data-total", "data-amount"]) {
          element.setAttribute(name, "0.01");
        }
        const frame = (element.shadowRoot ?? element).querySelector("iframe");
        for (const type of ["total", "amount", "change", "paid"]) {
          const message = { causeway: 1, type, total: { amount: "0.01", currency: "USD" } };
          frame.contentWindow.postMessage({ ...message, amount: "0.01", state: "paid" }, "*");
        }
      });
      assert.match(await checkout.total.textContent(), /33\.20/);
      await fillCard(checkout);
      await checkout.pay.click();
      await checkout.paid.waitFor();
      const { payments } = await store.books("stripe");
      const payment = payments.find(({ reference }) => reference?.startsWith(made.id));
      assert.equal(payment.amount_minor, 3320);
    }),
  );

  test("data-cart: the price book prices it, whatever the page says", TEST, () =>
    withPage(browser, async (page) => {
      await page.goto(shopPage.url(cart([{ sku: "tea", quantity: 3 }])));
      const checkout = checkoutOf(page);
      assert.match(await checkout.total.textContent(), /37\.50/);
      await fillCard(checkout);
      await checkout.pay.click();
      await told(page, "paid");
      const { data } = await store.owner("GET", "/v1/orders?state=paid&limit=100");
      assert.ok(data.some(({ total }) => total.amount === "37.50"));
    }),
  );

  test("data-cart: a reload finds the order again, and one that ended gives way", TEST, () =>
    withPage(browser, async (page) => {
      const shown = async () => {
        const name = "causeway-checkout iframe";
        return (await page.locator(name).getAttribute("src")).split(/[/?]/)[4];
      };
      const address = shopPage.url(cart([{ sku: "tea", quantity: 5 }]));
      await page.goto(address);
      const first = await shown();
      await page.reload();
      assert.equal(await shown(), first);
      await page.goto(shopPage.url(cart([{ sku: "tea", quantity: 6 }])));
      assert.notEqual(await shown(), first);
      await page.goto(address);
      assert.equal(await shown(), first);
      const { data } = await store.owner("GET", "/v1/orders?limit=100");
      const ours = data.filter(({ total }) => total.amount === "62.50");
      assert.equal(ours.length, 1);
      assert.equal(ours[0].return_url, address.split("#")[0]);
      await store.owner("POST", `/v1/orders/${ours[0].id}/cancel`);
      await page.reload();
      const second = await shown();
      assert.notEqual(second, first);
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      await checkout.pay.click();
      await told(page, "paid");
      await page.reload();
      await checkout.paid.waitFor();
      assert.equal(await shown(), second);
      await told(page, "paid");
      await page.reload();
      await checkout.number.waitFor();
      assert.notEqual(await shown(), second);
    }),
  );

  test("data-cart where nothing may be stored", TEST, () =>
    withPage(browser, async (page) => {
      await page.addInitScript(() => {
        const refuse = () => {
          throw new DOMException("no storage", "SecurityError");
        };
        Object.defineProperty(window, "sessionStorage", { get: refuse });
      });
      await page.goto(shopPage.url(cart([{ sku: "tea", quantity: 3 }])));
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      await checkout.pay.click();
      await told(page, "paid");
    }),
  );

  test("data-cart with a price in it is refused: no frame, no order", TEST, () =>
    withPage(browser, async (page) => {
      const before = (await store.owner("GET", "/v1/orders?limit=100")).data.length;
      const answered = page.waitForResponse(
        (response) =>
          response.url() === `${at.pay}/v1/carts` && response.request().method() === "POST",
      );
      await page.goto(shopPage.url(cart([{ sku: "tea", quantity: 1, unit_price: "0.01" }])));
      const response = await answered;
      assert.equal(response.status(), 422);
      assert.equal(await page.locator("causeway-checkout iframe").count(), 0);
      assert.equal((await store.owner("GET", "/v1/orders?limit=100")).data.length, before);
    }),
  );

  for (const [locale, other] of [
    ["en", "zh-CN"],
    ["zh-CN", "en"],
  ]) {
    test(`${locale}, and from there to ${other} without losing what was typed`, TEST, () =>
      withPage(browser, async (page) => {
        const made = await makeOrder(store, { currency: "CNY" });
        await page.goto(shopPage.url({ order: made.client_token, locale }));
        const first = checkoutOf(page, locale);
        await told(page, "ready");
        const frame = await frameOf(page);
        assert.equal(await frame.evaluate(() => document.documentElement.lang), locale);
        await assertTexts(first, locale);
        await fillCard(first);
        await first.language.selectOption(other);
        const second = checkoutOf(page, other);
        await second.number.waitFor();
        assert.equal(await frame.evaluate(() => document.documentElement.lang), other);
        await assertTexts(second, other);
        assert.equal(await second.holder.inputValue(), "Ada Martin");
        await second.pay.click();
        await second.paid.waitFor();
      }),
    );
  }

  /** Everything a shopper reads is in this language: the labels by name, and no text of the other. */
  async function assertTexts(checkout, locale) {
    const { t } = checkout;
    await checkout.frame.getByText(t["method.legend"]).waitFor();
    for (const key of ["field.number", "field.expiry", "field.cvc", "field.name"]) {
      await checkout.frame.getByLabel(t[key]).waitFor();
    }
    const shown = await checkout.frame.locator("body").innerText();
    const rest = TEXTS[locale === "en" ? "zh-CN" : "en"];
    for (const key of ["method.legend", "field.number", "summary.shipping", "pay.sealed"]) {
      assert.ok(!shown.includes(rest[key]), `${key} is not in ${locale}`);
    }
  }

  test("the page's language decides where the element names none", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token, lang: "zh-CN" }));
      await told(page, "ready");
      const frame = await frameOf(page);
      assert.equal(await frame.evaluate(() => document.documentElement.lang), "zh-CN");
    }),
  );

  test("the shop's colours reach the frame, and nothing else does", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      const theme = {
        "--causeway-accent": "#aa2211",
        "--causeway-radius": "url(https://evil.example/x)",
        "--causeway-unknown": "#000",
      };
      await page.goto(shopPage.url({ order: made.client_token, theme }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      const colour = await checkout.pay.evaluate(
        (button) => getComputedStyle(button).backgroundColor,
      );
      assert.equal(colour, "rgb(170, 34, 17)");
      const frame = await frameOf(page);
      const style = await frame.evaluate(
        () => document.documentElement.getAttribute("style") ?? "",
      );
      assert.doesNotMatch(style, /evil|unknown/);
    }),
  );

  test("its page is asked for once, and once more for another order", TEST, () =>
    withPage(browser, async (page) => {
      const [made, other] = [await makeOrder(store), await makeOrder(store)];
      const asked = [];
      page.on("request", (request) => {
        const { pathname } = new URL(request.url());
        if (request.resourceType() === "document") asked.push(pathname);
      });
      await page.goto(shopPage.url({ order: made.client_token, locale: "en", theme: {} }));
      await told(page, "ready");
      await page.evaluate((token) => {
        document.querySelector("causeway-checkout").setAttribute("order", token);
      }, other.client_token);
      await page.locator('#told [data-type="ready"]').nth(1).waitFor({ state: "attached" });
      const frames = [made, other].map(({ client_token: token }) => `/checkout/${token}`);
      assert.deepEqual(asked, ["/", ...frames]);
    }),
  );

  for (const late of [false, true]) {
    const when = late ? "long before the loader" : "beside the loader";
    test(`in the page's markup, ${when}: asked for once, heard and themed alike`, TEST, () =>
      withPage(browser, async (page) => {
        const made = await makeOrder(store);
        const asked = [];
        page.on("request", (request) => {
          if (request.resourceType() === "document") asked.push(new URL(request.url()).pathname);
        });
        const theme = { "--causeway-accent": "#aa2211" };
        const { checkout_url: url } = made;
        await page.goto(shopPage.url({ url, late, theme, locale: "zh-CN" }));
        if (late) {
          // It can be paid before anybody listens; what it says then is not lost.
          await checkoutOf(page).pay.and(page.locator(":enabled")).waitFor();
          assert.equal(await page.locator("#told li").count(), 0);
          await page.addScriptTag({ url: `${at.pay}/causeway.js` });
        }
        await told(page, "ready");
        const checkout = checkoutOf(page, "zh-CN");
        await checkout.frame.locator("html[lang=zh-CN]").waitFor();
        await page.waitForFunction(() => document.querySelector("iframe").offsetHeight > 200);
        const colour = () => checkout.pay.evaluate((one) => getComputedStyle(one).backgroundColor);
        assert.equal(await colour(), "rgb(170, 34, 17)");
        await fillCard(checkout);
        await checkout.pay.click();
        await checkout.paid.waitFor();
        await told(page, "paid");
        const types = await page.locator("#told li").evaluateAll((all) =>
          all.map((one) => one.dataset.type));
        assert.equal(types.filter((type) => type === "ready").length, 1);
        assert.equal(types.filter((type) => type === "paid").length, 1);
        assert.deepEqual(asked, ["/", `/checkout/${made.client_token}`]);
      }),
    );
  }

  test("another site cannot embed it, and a wrong token is refused in words", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      const answer = await page.request.get(`${at.pay}/checkout/${made.client_token}`);
      const policy = answer.headers()["content-security-policy"];
      assert.match(policy, new RegExp(`frame-ancestors ${shopPage.origin}(;|$)`));
      assert.match(policy, /default-src 'none'/);
      const forged = `${made.client_token.slice(0, -2)}AA`;
      const refused = await page.goto(`${at.pay}/checkout/${forged}`);
      assert.ok([401, 403, 404].includes(refused.status()), String(refused.status()));
      await page.getByRole("heading").first().waitFor();
    }),
  );

  test("cancelled by the shop while the shopper looks at it", TEST, () =>
    withPage(browser, async (page) => {
      const made = await makeOrder(store);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      await store.owner("POST", `/v1/orders/${made.id}/cancel`, { reason: "merchant" });
      await checkout.heading("cancelled.title").waitFor();
      await checkout.pay.waitFor({ state: "hidden" });
      await told(page, "cancelled");
    }),
  );

  test("expired: the frame says so by itself, and no attempt is taken any more", TEST, () =>
    withPage(browser, async (page) => {
      await page.goto(shopPage.url({ order: soonOver.client_token }));
      const checkout = checkoutOf(page);
      await checkout.heading("expired.title").waitFor({ timeout: 90_000 });
      await checkout.pay.waitFor({ state: "hidden" });
      await shopPage.event("order.expired", soonOver.id);
      const { state, attempts } = await store.order(soonOver.id);
      assert.equal(state, "expired");
      assert.deepEqual(attempts, []);
      await page.reload();
      await checkout.heading("expired.title").waitFor();
    }),
  );
});

// Alipay and WeChat Pay: redirects on desktop and phone, and a QR code that can be scanned.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { checkoutOf, frameOf, told } from "./checkout.mjs";
import { openShop } from "./shop.mjs";
import { TEST, at, makeOrder, makeStore, withPage } from "./stack.mjs";

const JSQR = readFileSync(createRequire(import.meta.url).resolve("jsqr"), "utf8");

const { browser, shopPage, store } = await openShop();

describe("wallets", () => {
  /** Opens the checkout of a new order in yuan, and starts to pay by this method. */
  async function begin(page, method, within = store) {
    const made = await makeOrder(within, { currency: "CNY", return_url: shopPage.returnUrl });
    await page.goto(shopPage.url({ order: made.client_token }));
    const checkout = checkoutOf(page);
    await checkout.method(method).check();
    await checkout.pay.click();
    return { made, checkout };
  }

  async function paymentOf(channel, orderId, within = store) {
    const { payments } = await within.books(channel);
    return payments.find(({ reference }) => reference.startsWith(orderId));
  }

  /** Looks at the code as a phone's camera would. */
  async function scan(page, code) {
    const picture = (await code.screenshot()).toString("base64");
    const reader = await page.context().newPage();
    await reader.evaluate(
      `var module = {}; var exports = {}; ${JSQR}; globalThis.read = module.exports; 0`,
    );
    const text = await reader.evaluate(async (base64) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const drawing = canvas.getContext("2d");
      drawing.drawImage(image, 0, 0);
      const { data } = drawing.getImageData(0, 0, image.width, image.height);
      return globalThis.read(data, image.width, image.height)?.data ?? null;
    }, picture);
    await reader.close();
    return text;
  }

  for (const device of ["desktop", "phone"]) {
    test(`Alipay on a ${device}: there, paid, and back`, TEST, () =>
      withPage(
        browser,
        async (page) => {
          const { made } = await begin(page, "alipay");
          await page.waitForURL((url) => url.origin === at.alipay);
          assert.match(await page.locator("#amount").textContent(), /33\.20/);
          await page.locator("#pay").click();
          await page.waitForURL((url) => url.origin === shopPage.origin);
          assert.equal(await page.locator("#order").textContent(), made.id);
          const { data } = await shopPage.event("order.paid", made.id);
          assert.equal(data.order.attempts[0].channel, "alipay");
          const payment = await paymentOf("alipay", made.id);
          assert.equal(payment.product, device === "phone" ? "wap" : "page");
          await page.goto(shopPage.url({ order: made.client_token }));
          await checkoutOf(page).paid.waitFor();
        },
        { device },
      ),
    );
  }

  test("Alipay in a browser of some years ago", TEST, () =>
    withPage(
      browser,
      async (page) => {
        // What Chromium 110 and Safari 16 do not have, of what a page may be tempted to use.
        await page.addInitScript(() => {
          delete URL.canParse;
          delete URL.parse;
          delete Promise.withResolvers;
          delete Object.groupBy;
          delete Array.prototype.toSorted;
          delete AbortSignal.any;
        });
        const { made } = await begin(page, "alipay");
        await page.waitForURL((url) => url.origin === at.alipay);
        await page.locator("#pay").click();
        await page.waitForURL((url) => url.origin === shopPage.origin);
        assert.equal(await page.locator("#order").textContent(), made.id);
      },
      { device: "phone" },
    ),
  );

  test("Alipay given up: back in the shop, the order can be paid otherwise", TEST, () =>
    withPage(browser, async (page) => {
      const { made } = await begin(page, "alipay");
      await page.waitForURL((url) => url.origin === at.alipay);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await checkout.frame.getByRole("button", { name: checkout.t["other.method"] }).click();
      await checkout.method("wechat_pay").check();
      await checkout.pay.click();
      await checkout.frame.getByRole("img", { name: /WeChat Pay/ }).waitFor();
      const { attempts } = await store.order(made.id);
      assert.deepEqual(
        attempts.map(({ state }) => state),
        ["closed", "requires_action"],
      );
    }),
  );

  test("Alipay by QR code, where the merchant has that product", TEST, () =>
    withPage(browser, async (page, context) => {
      const alipay = { products: ["precreate"], flows: ["qr"] };
      const corner = await makeStore(shopPage, alipay);
      const { made, checkout } = await begin(page, "alipay", corner);
      const code = checkout.frame.getByRole("img", { name: /Alipay/ });
      await code.waitFor();
      const address = await scan(page, code);
      const phone = await context.newPage();
      await phone.goto(address ?? "no code was read");
      assert.match(await phone.locator("#amount").textContent(), /33\.20/);
      await phone.locator("#pay").click();
      await checkout.paid.waitFor();
      await told(page, "paid");
      await shopPage.event("order.paid", made.id);
      assert.equal((await paymentOf("alipay", made.id, corner)).product, "precreate");
    }),
  );

  test("WeChat Pay by QR code: drawn here, scanned, paid, without a reload", TEST, () =>
    withPage(browser, async (page, context) => {
      const origins = new Set();
      context.on("request", (request) => origins.add(new URL(request.url()).origin));
      const { made, checkout } = await begin(page, "wechat_pay");
      const code = checkout.frame.getByRole("img", { name: /WeChat Pay/ });
      await code.waitFor();
      assert.deepEqual([...origins].sort(), [shopPage.origin, at.pay].sort());
      const address = await scan(page, code);
      assert.match(address ?? "no code was read", /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
      const payment = await paymentOf("wechat_pay", made.id);
      const phone = await context.newPage();
      await phone.goto(`${at.wechat_pay}/phone?${address.split("?")[1]}`);
      assert.match(await phone.locator("#amount").textContent(), /33\.20/);
      await phone.locator("#pay").click();
      await checkout.paid.waitFor();
      await told(page, "paid");
      await shopPage.event("order.paid", made.id);
      assert.equal(payment.amount_minor, 3320);
    }),
  );

  test("a reload shows the same QR code, not a second payment", TEST, () =>
    withPage(browser, async (page) => {
      const { made, checkout } = await begin(page, "wechat_pay");
      const code = checkout.frame.getByRole("img", { name: /WeChat Pay/ });
      await code.waitFor();
      const drawn = await code.locator("path").getAttribute("d");
      await page.reload();
      await code.waitFor();
      assert.equal(await code.locator("path").getAttribute("d"), drawn);
      const { payments } = await store.books("wechat_pay");
      assert.equal(payments.filter(({ reference }) => reference.startsWith(made.id)).length, 1);
    }),
  );

  test("WeChat Pay on a phone opens its own page, and comes back", TEST, () =>
    withPage(
      browser,
      async (page) => {
        const { made } = await begin(page, "wechat_pay");
        await page.waitForURL((url) => url.origin === at.wechat_pay);
        await page.locator("#pay").click();
        await page.waitForURL((url) => url.origin === shopPage.origin);
        await shopPage.event("order.paid", made.id);
      },
      { device: "phone" },
    ),
  );

  const WECHAT =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like " +
    "Gecko) Mobile/15E148 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN";

  for (const [what, ready] of [
    ["which is there", true],
    ["which comes later", false],
  ]) {
    test(`WeChat Pay inside WeChat, by its bridge ${what}`, TEST, () =>
      withPage(
        browser,
        async (page) => {
          const asked = [];
          // WeChat, of which the simulator knows whether the parameters are signed rightly.
          await page.exposeBinding("askPayer", async (_, name, parameters) => {
            asked.push(name);
            const answer = await fetch(`${at.wechat_pay}/bridge`, {
              method: "POST",
              body: JSON.stringify({ parameters }),
            });
            return answer.json();
          });
          await page.addInitScript((isThere) => {
            const bridge = {
              invoke: (name, parameters, then) => window.askPayer(name, parameters).then(then),
            };
            window.putBridge = () => {
              window.WeixinJSBridge = bridge;
              document.dispatchEvent(new Event("WeixinJSBridgeReady"));
            };
            if (isThere) window.WeixinJSBridge = bridge;
          }, ready);
          const shopper = { wechat_openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" };
          const made = await makeOrder(store, { currency: "CNY", shopper });
          await page.goto(shopPage.url({ order: made.client_token }));
          const checkout = checkoutOf(page);
          await checkout.method("wechat_pay").check();
          await checkout.pay.click();
          if (!ready) {
            const again = checkout.frame.getByRole("button", { name: "Open WeChat Pay" });
            await again.click();
            assert.deepEqual(asked, []);
            const frame = await frameOf(page);
            await frame.evaluate(() => window.putBridge());
          }
          await checkout.paid.waitFor();
          assert.deepEqual(asked, ["getBrandWCPayRequest"]);
          await shopPage.event("order.paid", made.id);
        },
        { device: "phone", userAgent: WECHAT },
      ),
    );
  }
});

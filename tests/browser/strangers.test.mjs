// Strangers to the checkout: sites that frame or open it, texts that would be markup, loaders that
// are not ours or not alone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXPIRY, checkoutOf, told } from "./checkout.mjs";
import { CARD, HOLDER, Scene, timesTold } from "./hostile.mjs";
import { CARDS, TEST, at, frameWhere } from "./stack.mjs";

/** Texts that would run if they were markup. */
const MARKUP = [
  "</script><script>window.pwned = 1</script>",
  "<img src=x onerror=\"window.pwned = 1\">",
  "\"><svg onload=window.pwned=1>",
  "{total} {store} __proto__ ${window.pwned = 1}",
];

const scene = await Scene.start();

describe("a strange page", () => {
  test("that the store does not list cannot frame the checkout", TEST, () =>
    scene.visit(async (page) => {
      const made = await scene.order();
      const frameOnly = `${at.pay}/checkout/${made.client_token}`;
      const refused = [
        frameOnly,
        `${frameOnly}?parent=${encodeURIComponent(scene.shopPage.origin)}`,
        `${frameOnly}?parent=${encodeURIComponent(scene.stranger.origin)}`,
        // The shop's own page, but in a stranger's frame.
        scene.shopPage.url({ order: made.client_token }),
      ];
      for (const url of refused) {
        await page.goto(scene.stranger.url);
        await page.evaluate((src) => {
          globalThis.heard = [];
          addEventListener("message", ({ data }) => globalThis.heard.push(data));
          const frame = document.createElement("iframe");
          Object.assign(frame, { src, width: 800, height: 800 });
          document.body.append(frame);
        }, url);
        const blank = await frameWhere(page, (where) => where.startsWith("chrome-error:"));
        assert.equal(await blank.locator("input").count(), 0);
        assert.deepEqual(await page.evaluate(() => globalThis.heard), []);
      }
      assert.deepEqual((await scene.store.order(made.id)).attempts, []);
    }),
  );

  test("that opens the checkout neither reads it nor is heard", TEST, () =>
    scene.visit(async (page, { context }) => {
      const made = await scene.order();
      await page.goto(scene.stranger.url);
      const parent = encodeURIComponent(scene.stranger.origin);
      const opened = context.waitForEvent("page");
      await page.evaluate((url) => {
        globalThis.opened = window.open(url);
      }, `${at.pay}/checkout/${made.client_token}?parent=${parent}`);
      const popup = await opened;
      await popup.locator("#pay:enabled").waitFor();
      const got = await page.evaluate((theme) => {
        const { opened } = globalThis;
        opened.postMessage({ causeway: 1, type: "theme", theme }, "*");
        opened.postMessage({ causeway: 1, type: "locale", locale: "zh-CN" }, "*");
        try {
          return opened.document.title;
        } catch (error) {
          return error.name;
        }
      }, { "--causeway-accent": "#123456" });
      assert.equal(got, "SecurityError");
      await popup.locator("#number").fill(CARDS.paid);
      await popup.locator("#expiry").fill(EXPIRY);
      await popup.locator("#cvc").fill("123");
      await popup.locator("#holder").fill(HOLDER);
      await popup.locator("#pay").click();
      await popup.getByRole("heading", { name: checkoutOf(page).t["paid.title"] }).waitFor();
      const accent = await popup.evaluate(() =>
        document.documentElement.style.getPropertyValue("--causeway-accent"));
      assert.equal(accent.trim(), "");
      await scene.shopPage.event("order.paid", made.id);
    }),
  );

  test("that names another parent is told nothing", TEST, () =>
    scene.visit(async (page) => {
      const made = await scene.order();
      await page.goto(scene.shopPage.returnUrl);
      const { origin } = scene.shopPage;
      for (const parent of [scene.stranger.origin, "*", "null", `${origin}.evil.example`,
        origin.replace("http:", "https:"), `${origin}@evil.example`]) {
        await page.evaluate((src) => {
          globalThis.heard = [];
          addEventListener("message", ({ data }) => globalThis.heard.push(data));
          const frame = document.createElement("iframe");
          frame.src = src;
          document.body.replaceChildren(frame);
        }, `${at.pay}/checkout/${made.client_token}?parent=${encodeURIComponent(parent)}`);
        const query = `parent=${encodeURIComponent(parent)}`;
        const frame = await frameWhere(page, (url) => url.includes(query));
        await frame.locator("#pay:enabled").waitFor();
        // What the frame had said before would have come before this.
        await frame.evaluate(() => globalThis.parent.postMessage("last", "*"));
        await page.waitForFunction(() => globalThis.heard.includes("last"));
        const heard = await page.evaluate(() => globalThis.heard);
        assert.deepEqual(heard.filter((data) => data !== "last"), [], parent);
      }
    }),
  );

  test("with texts that would be markup shows texts", TEST, () =>
    scene.visit(async (page) => {
      const unit_price = { amount: "1.00", currency: "USD" };
      const item = (name) => ({ name, quantity: 1, unit_price });
      const total = { amount: `${MARKUP.length}.00`, currency: "USD" };
      const metadata = Object.fromEntries(MARKUP.map((text, index) => [`k${index}`, text]));
      const { made, checkout, frame } = await scene.openShop(page, { locale: MARKUP[1] }, {
        items: MARKUP.map(item), shipping: undefined, tax: undefined, total, metadata,
        description: MARKUP[0], merchant_reference: MARKUP[1], shopper: { name: MARKUP[2] },
      });
      for (const text of MARKUP) await frame.getByText(text, { exact: true }).first().waitFor();
      assert.equal(await frame.locator("[onerror], [onload], img[src=x]").count(), 0);
      await scene.payHonestly(checkout, made);
      for (const one of page.frames()) {
        assert.equal(await one.evaluate(() => globalThis.pwned), undefined);
      }
      for (const image of ["javascript:alert(1)", "data:text/html,x", "x\" onerror=\"alert(1)"]) {
        const changes = { items: [{ ...item("Tea"), image_url: image }], total: unit_price };
        await assert.rejects(scene.order({ ...changes, shipping: undefined, tax: undefined }),
          /: 422 /, image);
      }
      await assert.rejects(scene.order({ return_url: "javascript:alert(1)//https://" }), /: 422 /);
    }),
  );

  test("with the loader twice has one checkout", TEST, () =>
    scene.visit(async (page) => {
      const { made, checkout } = await scene.openShop(page);
      await page.evaluate(async (pay) => {
        for (const query of ["", "?again", "?v=0"]) {
          await new Promise((done, fail) => {
            const script = document.createElement("script");
            script.src = `${pay}/causeway.js${query}`;
            Object.assign(script, { onload: done, onerror: fail });
            document.body.append(script);
          });
        }
      }, at.pay);
      assert.equal(await page.locator("causeway-checkout iframe").count(), 1);
      await scene.payHonestly(checkout, made);
      await told(page, "paid");
      assert.equal(await timesTold(page, "ready"), 1);
      assert.equal(await timesTold(page, "paid"), 1);
    }),
  );

  test("with a loader of its own, or of other days, gets a frame and no more", TEST, () =>
    scene.visit(async (page) => {
      await page.addInitScript((pay) => {
        if (window !== window.top) return;
        globalThis.heard = [];
        addEventListener("message", ({ data }) => globalThis.heard.push(data));
        customElements.define("causeway-checkout", class extends HTMLElement {
          connectedCallback() {
            const frame = document.createElement("iframe");
            const parent = encodeURIComponent(location.origin);
            frame.src = `${pay}/checkout/${this.getAttribute("order")}?parent=${parent}&v=0`;
            frame.onload = () => {
              for (const message of ["init", { type: "init" }, { causeway: 0, type: "pay" },
                { causeway: 1, type: "init", fields: ["number"] }]) {
                frame.contentWindow.postMessage(message, "*");
              }
            };
            this.append(frame);
          }
        });
      }, at.pay);
      const made = await scene.order();
      await page.goto(scene.shopPage.url({ order: made.client_token }));
      await scene.payHonestly(checkoutOf(page), made);
      await page.waitForFunction(() => globalThis.heard.some(({ type }) => type === "paid"));
      assert.deepEqual(CARD.in(JSON.stringify(await page.evaluate(() => globalThis.heard))), []);
    }),
  );

  test("with an element in the script's place leads the card to no other origin", TEST, () =>
    scene.visit(async (page) => {
      const made = await scene.order();
      const url = scene.shopPage.url({ order: made.client_token });
      await page.addInitScript((origin) => {
        if (window !== window.top) return;
        // As markup would be that a shop's page lets through: before the loader runs.
        new MutationObserver((_, observer) => {
          if (!document.body) return;
          observer.disconnect();
          const trap = document.createElement("img");
          Object.assign(trap, { name: "currentScript", src: `${origin}/causeway.js` });
          document.body.prepend(trap);
        }).observe(document, { childList: true, subtree: true });
      }, scene.stranger.origin);
      await page.goto(url);
      const clobbered = await page.evaluate(() => document.currentScript?.localName);
      assert.equal(clobbered, "img", "the trap is set");
      const frame = page.locator("causeway-checkout iframe");
      assert.equal(new URL(await frame.getAttribute("src")).origin, at.pay);
      await scene.payHonestly(checkoutOf(page), made);
    }),
  );
});

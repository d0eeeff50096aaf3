// A shop's page that was taken over: it neither reads nor steers what a shopper types into the
// checkout it frames, and whoever is honest still pays.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EXPIRY, told } from "./checkout.mjs";
import { CARD, HOLDER, Scene, timesTold } from "./hostile.mjs";
import { CARDS, TEST, at } from "./stack.mjs";

/** Values that a theme must not have. */
const THEME = {
  "--causeway-accent": "url(https://evil.example/accent)",
  "--causeway-accent-text": "var(--stolen, url(https://evil.example/var))",
  "--causeway-background": "red;background-image:url(https://evil.example/background)",
  "--causeway-surface": "#fff}body{display:none}",
  "--causeway-text": "expression(alert(1))",
  "--causeway-muted": "rgb(0 0 0) url(//evil.example)",
  "--causeway-border": "image-set('https://evil.example/x' 1x)",
  "--causeway-radius": "calc(1px * 99999)",
  "--causeway-font": "\"a\\\";}@import 'https://evil.example/css';\"",
  "--causeway-scheme": "light' onload='alert(1)",
  "--evil": "url(https://evil.example/name)",
  "background-image": "url(https://evil.example/property)",
};

const scene = await Scene.start();

describe("a shop's page that was taken over", () => {
  test("cannot reach into the frame", TEST, () =>
    scene.visit(async (page) => {
      const { made, checkout } = await scene.openShop(page);
      await checkout.number.fill(CARDS.paid);
      const got = await page.evaluate(() => {
        const frame = document.querySelector("causeway-checkout iframe");
        const inner = frame.contentWindow;
        const tries = {
          document: () => frame.contentDocument,
          body: () => inner.document.body.innerHTML,
          field: () => inner.document.getElementById("number").value,
          named: () => inner.number,
          storage: () => inner.sessionStorage.length,
          address: () => inner.location.href,
          name: () => inner.name,
          hear: () => (inner.onkeydown = () => {}),
          listen: () => inner.addEventListener("input", () => {}, true),
          run: () => inner.eval("1"),
          patch: () => (inner.fetch = () => {}),
        };
        return Object.entries(tries).map(([name, run]) => {
          try {
            return [name, String(run())];
          } catch (error) {
            return [name, error.name];
          }
        });
      });
      const [[, document], ...rest] = got;
      assert.equal(document, "null");
      assert.deepEqual(rest.filter(([, outcome]) => outcome !== "SecurityError"), []);
      await scene.payHonestly(checkout, made);
    }),
  );

  test("hears nothing of what is typed, even from on top of the frame", TEST, () =>
    scene.visit(async (page, { context, requests }) => {
      const { made, checkout } = await scene.openShop(page);
      await page.evaluate(() => {
        globalThis.heard = [];
        const veil = document.createElement("div");
        veil.style.cssText = "position:fixed;inset:0;opacity:0.01;z-index:9999;pointer-events:none";
        document.body.append(veil);
        const types = ["keydown", "keyup", "keypress", "beforeinput", "input", "change", "paste",
          "copy", "cut", "compositionend", "selectionchange", "pointerdown", "click", "submit"];
        for (const target of [window, document, veil]) {
          for (const type of types) {
            // What is not trusted are the checkout's own events, made by the loader.
            target.addEventListener(type, (event) => event.isTrusted && globalThis.heard.push(
              [type, event.key, event.data, event.target?.value, String(getSelection())]), true);
          }
        }
        addEventListener("message", ({ data }) => globalThis.heard.push(["message", data]), true);
      });
      await checkout.number.pressSequentially(CARDS.paid);
      await checkout.expiry.pressSequentially(EXPIRY);
      await checkout.cvc.pressSequentially("123");
      await checkout.holder.pressSequentially(HOLDER);
      await checkout.pay.click();
      await told(page, "paid");
      const heard = await page.evaluate(() => globalThis.heard);
      assert.deepEqual(heard.filter(([type]) => type !== "message"), []);
      const known = ["attempt_state", "causeway", "method", "order", "px", "state", "type"];
      for (const [, message] of heard) {
        assert.deepEqual(Object.keys(message).filter((key) => !known.includes(key)), []);
      }
      assert.deepEqual(CARD.in(JSON.stringify(heard)), []);
      assert.deepEqual(CARD.in(await page.content()), []);
      for (const request of requests) {
        assert.deepEqual(CARD.in(`${request.url()}\n${request.postData() ?? ""}`), []);
      }
      await assertNothingKept(page, context);
      await scene.shopPage.event("order.paid", made.id);
    }),
  );

  /** Neither page nor frame has the card in anything that outlives it. */
  async function assertNothingKept(page, context) {
    for (const frame of page.frames()) {
      const kept = await frame.evaluate(async () => {
        const looks = [() => ({ ...localStorage }), () => ({ ...sessionStorage }),
          () => document.cookie, () => location.href, () => history.state, () => name,
          () => indexedDB.databases(), () => caches.keys(),
          () => [...document.querySelectorAll("input")].map(({ value }) => value)];
        const found = [];
        for (const look of looks) {
          try {
            found.push(await look());
          } catch (error) {
            // Browsers deny some of these to a frame of another site.
            found.push(error.name);
          }
        }
        return JSON.stringify(found);
      });
      assert.deepEqual(CARD.in(kept), [], frame.url());
    }
    assert.deepEqual(await context.cookies(), []);
  }

  test("is not believed by the loader when it plays the frame", TEST, () =>
    scene.visit(async (page) => {
      const { made, checkout } = await scene.openShop(page);
      const before = page.url();
      const other = await scene.order();
      await page.evaluate(async ([pay, token]) => {
        const element = document.querySelector("causeway-checkout");
        const inner = element.querySelector("iframe").contentWindow;
        const second = document.createElement("iframe");
        const origin = encodeURIComponent(location.origin);
        second.src = `${pay}/checkout/${token}?parent=${origin}`;
        const loaded = new Promise((done) => {
          addEventListener("message", (event) => {
            if (event.source === second.contentWindow && event.data.type === "ready") done();
          });
        });
        document.body.append(second);
        // A true frame of the pay origin, but not this element's.
        await loaded;
        const lies = [
          { causeway: 1, type: "paid", order: "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
          { causeway: 1, type: "failed", reason: "lie" },
          { causeway: 1, type: "cancelled" },
          { causeway: 1, type: "leave", href: "/leave/lie/lie" },
        ];
        for (const data of lies) {
          for (const source of [null, window, second.contentWindow]) {
            dispatchEvent(new MessageEvent("message", { data, origin: pay, source }));
          }
          for (const from of ["", "null", "*", location.origin, `${pay}.evil.example`,
            pay.replace("http:", "https:"), pay.replace("127.0.0.1", "localhost")]) {
            dispatchEvent(new MessageEvent("message", { data, origin: from, source: inner }));
          }
          window.postMessage(data, "*");
        }
        const last = new Promise((done) => {
          addEventListener("message", ({ data }) => data === "last" && done());
        });
        window.postMessage("last", "*");
        await last;
      }, [at.pay, other.client_token]);
      assert.equal(page.url(), before);
      assert.equal(await timesTold(page, "ready"), 1);
      for (const type of ["paid", "failed", "cancelled"]) {
        assert.equal(await timesTold(page, type), 0, type);
      }
      assert.equal((await scene.store.order(made.id)).state, "created");
      await scene.payHonestly(checkout, made);
      assert.equal((await scene.store.order(other.id)).attempts.length, 0);
    }),
  );

  test("is led nowhere else, whatever a frame might say", TEST, () =>
    scene.visit(async (page) => {
      const { made, checkout, frame } = await scene.openShop(page);
      const before = page.url();
      await frame.evaluate((origin) => {
        const say = (message) => parent.postMessage({ causeway: 1, ...message }, origin);
        for (const href of ["https://evil.example/leave/x", "//evil.example/leave/x",
          "\\\\evil.example/leave/x", "javascript:alert(1)//leave/", "data:text/html,/leave/x",
          "/leave/../checkout/x", "/leave/%2e%2e/v1/orders", "leave", "http://[", "", null, 7, {},
          undefined]) {
          say({ type: "leave", href });
        }
        for (const px of [1e9, Infinity]) say({ type: "height", px });
        for (const px of [-5, NaN, "tall", {}, null]) say({ type: "height", px });
        for (const type of ["__proto__", "constructor", "toString", 7, null, ["paid"]]) {
          say({ type });
        }
        for (const odd of [null, 1, "paid", [], { type: "paid" }, { causeway: 0, type: "paid" },
          { causeway: 2, type: "paid" }, { causeway: "1", type: "paid" }]) {
          parent.postMessage(odd, origin);
        }
        const dirty = '{"type":"change","state":"dirty","__proto__":{"polluted":1},'
          + '"constructor":{"prototype":{"polluted":1}}}';
        say(JSON.parse(dirty));
        parent.postMessage(JSON.parse(`{"causeway":1,${dirty.slice(1)}`), origin);
        say({ type: "change", state: "last" });
      }, scene.shopPage.origin);
      await told(page, "change", "last");
      assert.equal(page.url(), before);
      assert.equal(await timesTold(page, "paid"), 0);
      assert.equal(await page.evaluate(() => ({}).polluted), undefined);
      const { height } = await page.locator("causeway-checkout iframe").boundingBox();
      assert.ok(height <= 6000, `${height}`);
      await scene.payHonestly(checkout, made);
    }),
  );

  test("steers the frame with nothing it sends", TEST, () =>
    scene.visit(async (page) => {
      const { made, checkout, frame } = await scene.openShop(page, { theme: THEME });
      await checkout.number.fill(CARDS.paid);
      const posts = [];
      page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
      await page.evaluate(([pay, theme]) => {
        const dirt = { causeway: 1, href: "https://evil.example/", polluted: 1 };
        Object.assign(Object.prototype, dirt);
        const inner = document.querySelector("causeway-checkout iframe").contentWindow;
        const say = (message) => inner.postMessage(message, pay);
        say({ causeway: 1, type: "theme", theme });
        say(JSON.parse('{"causeway":1,"type":"theme","theme":{"__proto__":{"polluted":1}}}'));
        for (const odd of [null, 7, "red", [], { "--causeway-accent": { a: 1 } }]) {
          say({ causeway: 1, type: "theme", theme: odd });
        }
        for (const locale of ["__proto__", "constructor", "../../v1/orders", "//evil.example",
          "<img src=x onerror=window.pwned=1>", null, 7, {}, []]) {
          say({ causeway: 1, type: "locale", locale });
        }
        for (const type of ["paid", "leave", "pay", "submit", "fill", "read", "snapshot",
          "attempt", "parent", "ready", "change", "__proto__"]) {
          say({ causeway: 1, type, href: "https://evil.example/", number: "4000000000000002" });
        }
        // As a loader of other days might have spoken.
        say("init");
        say({ type: "theme", theme });
        say({ causeway: 0, type: "theme", theme });
        for (const key of Object.keys(dirt)) delete Object.prototype[key];
        say({ causeway: 1, type: "theme", theme: { "--causeway-radius": "7px" } });
      }, [at.pay, THEME]);
      await frame.waitForFunction(() =>
        document.documentElement.style.getPropertyValue("--causeway-radius").trim() === "7px");
      const seen = await frame.evaluate(() => ({
        style: document.documentElement.getAttribute("style"),
        scheme: document.documentElement.dataset.scheme ?? null,
        lang: document.documentElement.lang,
        polluted: ({}).polluted ?? null,
        pwned: globalThis.pwned ?? null,
        number: document.getElementById("number").value.replace(/\D/g, ""),
      }));
      assert.doesNotMatch(seen.style, /url|evil|expression|import|calc|var\(|[{}]/i);
      delete seen.style;
      assert.deepEqual(seen,
        { scheme: null, lang: "en", polluted: null, pwned: null, number: CARDS.paid });
      assert.deepEqual(posts, []);
      await scene.payHonestly(checkout, made);
    }),
  );

  test("takes no theme from its address either", TEST, () =>
    scene.visit(async (page) => {
      const { made, checkout, frame } = await scene.openShop(page, { theme: THEME });
      const style = await frame.evaluate(() =>
        document.documentElement.getAttribute("style") ?? "");
      assert.doesNotMatch(style, /url|evil|expression|import|calc|var\(|[{}]/i);
      await scene.payHonestly(checkout, made);
    }),
  );
});

// Pages that mean harm: a shop's page that was taken over, and a stranger's that frames or opens
// the checkout. Neither reads nor steers what a shopper types, and whoever is honest still pays.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { Search, formsOfCvc, formsOfNumber, formsOfText } from "../worker/marks.mjs";
import { EXPIRY, checkoutOf, fillCard, frameOf, told } from "./checkout.mjs";
import { startShopPage } from "./shop-page.mjs";
import { CARDS, STEP_MS, TEST, at, frameWhere, launch, makeOrder, makeStore } from "./stack.mjs";

/** What the honest shopper types. */
const HOLDER = "Canary Q Xylophone";
const CARD = new Search([
  ["number", formsOfNumber(CARDS.paid)],
  ["cvc", formsOfCvc("123")],
  ["holder", formsOfText(HOLDER)],
]);

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

/** Texts that would run if they were markup. */
const MARKUP = [
  "</script><script>window.pwned = 1</script>",
  "<img src=x onerror=\"window.pwned = 1\">",
  "\"><svg onload=window.pwned=1>",
  "{total} {store} __proto__ ${window.pwned = 1}",
];

describe("a hostile page", () => {
  let browser;
  let shopPage;
  let stranger;
  let store;
  before(async () => {
    [shopPage, stranger] = await Promise.all([startShopPage(), startStranger()]);
    [browser, store] = await Promise.all([launch(), makeStore(shopPage)]);
  });
  after(async () => {
    await browser?.close();
    await shopPage?.close();
    await stranger?.close();
  });

  const order = (changes) => makeOrder(store, { return_url: shopPage.returnUrl, ...changes });

  /**
   * A page of its own. Unlike `withPage` it lets policies refuse things, which is what they are
   * for here; an error in a script of ours still fails. `requests` gathers what was asked for.
   */
  async function visit(use) {
    const context = await browser.newContext({ locale: "en-US" });
    const errors = [];
    const requests = [];
    context.on("weberror", (error) => errors.push(String(error.error())));
    context.on("request", (request) => requests.push(request));
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(STEP_MS);
      await use(page, { context, requests });
      assert.deepEqual(errors, []);
      const hosts = new Set(requests.map((request) => new URL(request.url()).host));
      assert.ok(![...hosts].some((host) => host.includes("evil")), [...hosts].join(" "));
    } finally {
      await context.close();
    }
  }

  /** Opens the shop's page with a new order, and waits until the frame is ready. */
  async function openShop(page, wishes = {}, changes) {
    const made = await order(changes);
    await page.goto(shopPage.url({ order: made.client_token, ...wishes }));
    await told(page, "ready");
    return { made, checkout: checkoutOf(page), frame: await frameOf(page) };
  }

  /** The honest shopper pays. */
  async function payHonestly(checkout, made) {
    await fillCard(checkout);
    await checkout.holder.fill(HOLDER);
    await checkout.pay.click();
    await checkout.paid.waitFor();
    const { data } = await shopPage.event("order.paid", made.id);
    assert.equal(data.order.attempts.length, 1);
  }

  /** How often the shop's page was told of this. */
  const timesTold = (page, type) => page.locator(`#told [data-type="${type}"]`).count();

  test("cannot reach into the frame", TEST, () =>
    visit(async (page) => {
      const { made, checkout } = await openShop(page);
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
      await payHonestly(checkout, made);
    }),
  );

  test("hears nothing of what is typed, even from on top of the frame", TEST, () =>
    visit(async (page, { context, requests }) => {
      const { made, checkout } = await openShop(page);
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
      await shopPage.event("order.paid", made.id);
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
    visit(async (page) => {
      const { made, checkout } = await openShop(page);
      const before = page.url();
      const other = await order();
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
      assert.equal((await store.order(made.id)).state, "created");
      await payHonestly(checkout, made);
      assert.equal((await store.order(other.id)).attempts.length, 0);
    }),
  );

  test("is led nowhere else, whatever a frame might say", TEST, () =>
    visit(async (page) => {
      const { made, checkout, frame } = await openShop(page);
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
      }, shopPage.origin);
      await told(page, "change", "last");
      assert.equal(page.url(), before);
      assert.equal(await timesTold(page, "paid"), 0);
      assert.equal(await page.evaluate(() => ({}).polluted), undefined);
      const { height } = await page.locator("causeway-checkout iframe").boundingBox();
      assert.ok(height <= 6000, `${height}`);
      await payHonestly(checkout, made);
    }),
  );

  test("steers the frame with nothing it sends", TEST, () =>
    visit(async (page) => {
      const { made, checkout, frame } = await openShop(page, { theme: THEME });
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
      await payHonestly(checkout, made);
    }),
  );

  test("takes no theme from its address either", TEST, () =>
    visit(async (page) => {
      const { made, checkout, frame } = await openShop(page, { theme: THEME });
      const style = await frame.evaluate(() =>
        document.documentElement.getAttribute("style") ?? "");
      assert.doesNotMatch(style, /url|evil|expression|import|calc|var\(|[{}]/i);
      await payHonestly(checkout, made);
    }),
  );

  test("that the store does not list cannot frame the checkout", TEST, () =>
    visit(async (page) => {
      const made = await order();
      const frameOnly = `${at.pay}/checkout/${made.client_token}`;
      const refused = [
        frameOnly,
        `${frameOnly}?parent=${encodeURIComponent(shopPage.origin)}`,
        `${frameOnly}?parent=${encodeURIComponent(stranger.origin)}`,
        // The shop's own page, but in a stranger's frame.
        shopPage.url({ order: made.client_token }),
      ];
      for (const url of refused) {
        await page.goto(stranger.url);
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
      assert.deepEqual((await store.order(made.id)).attempts, []);
    }),
  );

  test("that opens the checkout neither reads it nor is heard", TEST, () =>
    visit(async (page, { context }) => {
      const made = await order();
      await page.goto(stranger.url);
      const parent = encodeURIComponent(stranger.origin);
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
      await shopPage.event("order.paid", made.id);
    }),
  );

  test("that names another parent is told nothing", TEST, () =>
    visit(async (page) => {
      const made = await order();
      await page.goto(shopPage.returnUrl);
      for (const parent of [stranger.origin, "*", "null", `${shopPage.origin}.evil.example`,
        shopPage.origin.replace("http:", "https:"), `${shopPage.origin}@evil.example`]) {
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
    visit(async (page) => {
      const unit_price = { amount: "1.00", currency: "USD" };
      const item = (name) => ({ name, quantity: 1, unit_price });
      const total = { amount: `${MARKUP.length}.00`, currency: "USD" };
      const metadata = Object.fromEntries(MARKUP.map((text, index) => [`k${index}`, text]));
      const { made, checkout, frame } = await openShop(page, { locale: MARKUP[1] }, {
        items: MARKUP.map(item), shipping: undefined, tax: undefined, total, metadata,
        description: MARKUP[0], merchant_reference: MARKUP[1], shopper: { name: MARKUP[2] },
      });
      for (const text of MARKUP) await frame.getByText(text, { exact: true }).first().waitFor();
      assert.equal(await frame.locator("[onerror], [onload], img[src=x]").count(), 0);
      await payHonestly(checkout, made);
      for (const one of page.frames()) {
        assert.equal(await one.evaluate(() => globalThis.pwned), undefined);
      }
      for (const image of ["javascript:alert(1)", "data:text/html,x", "x\" onerror=\"alert(1)"]) {
        const changes = { items: [{ ...item("Tea"), image_url: image }], total: unit_price };
        await assert.rejects(order({ ...changes, shipping: undefined, tax: undefined }),
          /: 422 /, image);
      }
      await assert.rejects(order({ return_url: "javascript:alert(1)//https://" }), /: 422 /);
    }),
  );

  test("with the loader twice has one checkout", TEST, () =>
    visit(async (page) => {
      const { made, checkout } = await openShop(page);
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
      await payHonestly(checkout, made);
      await told(page, "paid");
      assert.equal(await timesTold(page, "ready"), 1);
      assert.equal(await timesTold(page, "paid"), 1);
    }),
  );

  test("with a loader of its own, or of other days, gets a frame and no more", TEST, () =>
    visit(async (page) => {
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
      const made = await order();
      await page.goto(shopPage.url({ order: made.client_token }));
      await payHonestly(checkoutOf(page), made);
      await page.waitForFunction(() => globalThis.heard.some(({ type }) => type === "paid"));
      assert.deepEqual(CARD.in(JSON.stringify(await page.evaluate(() => globalThis.heard))), []);
    }),
  );

  test("with an element in the script's place leads the card to no other origin", TEST, () =>
    visit(async (page) => {
      const made = await order();
      const url = shopPage.url({ order: made.client_token });
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
      }, stranger.origin);
      await page.goto(url);
      const clobbered = await page.evaluate(() => document.currentScript?.localName);
      assert.equal(clobbered, "img", "the trap is set");
      const frame = page.locator("causeway-checkout iframe");
      assert.equal(new URL(await frame.getAttribute("src")).origin, at.pay);
      await payHonestly(checkoutOf(page), made);
    }),
  );
});

/** A site that is none of the store's. */
async function startStranger() {
  const server = createServer((request, response) => {
    const headers = { "content-type": "text/html; charset=utf-8" };
    response.writeHead(200, headers).end("<!doctype html><title>A stranger</title><body></body>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${server.address().port}`;
  return {
    origin,
    url: `${origin}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

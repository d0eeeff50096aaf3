// The canary in the browser: a shopper types marked cards and pays in every way; then everything
// that the browser keeps, shows, has sent and has written to its profile is searched for them, and
// so is what the worker has stored and printed. That the search bites is shown with numbers that
// are planted in each of these places.

import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import {
  Search, filesBelow, formsOfCvc, formsOfNumber, formsOfText, withCheckDigit,
} from "../worker/marks.mjs";
import { EXPIRY, checkoutOf, frameOf, told } from "./checkout.mjs";
import { startShopPage } from "./shop-page.mjs";
import { TEST, at, frameWhere, makeOrder, makeStore } from "./stack.mjs";
import { Visit } from "./traces.mjs";

const STATE = process.env.STATE_DIR;
if (!STATE) throw new Error("STATE_DIR is not set. Run: cargo xtask test browser");

const RUN = randomBytes(6).toString("hex");
const HOLDER = `Canary Quill ${RUN}`;
const CVC = String(randomInt(100, 1000));
const random = (digits) => String(randomInt(10 ** (digits - 1), 10 ** digits));

/** A Visa that no test mode knows: Stripe declines it. */
const strange = () => withCheckDigit(`4${random(7)}${random(7)}`);

/** One card for each way: those that Stripe's test mode accepts, and strangers. */
const NUMBERS = {
  paid: "5105105105105100",
  declined: strange(),
  challenged: "4000000000003063",
  dropped: "36227206271667",
  reloaded: "371449635398431",
  left: strange(),
  mistyped: strange(),
};
const CARD = [
  ...Object.entries(NUMBERS).map(([way, number]) => [`the card ${way}`, formsOfNumber(number)]),
  ["the security code", formsOfCvc(CVC)],
];
const NAME = ["the cardholder", formsOfText(HOLDER)];

/** What is found in traces. */
const found = (search, traces) =>
  traces.flatMap(({ where, text }) => search.in(text, where));

describe("a card that was typed", () => {
  let shopPage;
  let store;
  let visit;
  let profile;
  const orders = {};

  before(async () => {
    shopPage = await startShopPage();
    store = await makeStore(shopPage);
    visit = await Visit.begin();
    const page = await visit.page();
    for (const way of [pay, decline, challenge, drop, reload, leave, mistype]) {
      await store.faults("stripe", []);
      await way(page);
      await visit.look();
    }
    profile = await visit.end();
  }, TEST);

  after(async () => {
    await visit?.context.close();
    await shopPage?.close();
  });

  /** Types a card into a new order's checkout. */
  async function type(page, way, number = NUMBERS[way]) {
    orders[way] = await makeOrder(store, { return_url: shopPage.returnUrl });
    await page.goto(shopPage.url({ order: orders[way].client_token }));
    const checkout = checkoutOf(page);
    await told(page, "ready");
    await checkout.number.pressSequentially(number);
    await checkout.expiry.fill(EXPIRY);
    await checkout.cvc.fill(number.startsWith("3714") ? `${CVC}9` : CVC);
    await checkout.holder.fill(HOLDER);
    await visit.look();
    return checkout;
  }

  async function pay(page) {
    const checkout = await type(page, "paid");
    await checkout.pay.click();
    await checkout.paid.waitFor();
    await shopPage.event("order.paid", orders.paid.id);
  }

  async function decline(page) {
    const checkout = await type(page, "declined");
    await checkout.pay.click();
    await checkout.alert.filter({ hasText: /\S/ }).waitFor();
  }

  async function challenge(page) {
    const checkout = await type(page, "challenged");
    await checkout.pay.click();
    const bank = await frameWhere(page, (url) => url.startsWith(at.stripe));
    await visit.look();
    await bank.locator("#approve").click();
    await checkout.paid.waitFor();
  }

  async function drop(page) {
    await store.faults("stripe", [{ fault: "drop_answer", on: "create" }]);
    const checkout = await type(page, "dropped");
    await checkout.pay.click();
    await checkout.paid.waitFor();
  }

  async function reload(page) {
    // A notice, which is sent before the answer, would end the waiting before it can be seen.
    await store.faults("stripe", [
      { fault: "delay", on: "create", ms: 2500 },
      { fault: "no_notice", on: "notice", times: "always" },
    ]);
    const checkout = await type(page, "reloaded");
    await checkout.pay.click();
    await checkout.waiting.waitFor();
    await page.reload();
    await checkout.paid.waitFor();
  }

  /** Goes away without paying, and comes back. */
  async function leave(page) {
    await type(page, "left");
    await page.goto(shopPage.returnUrl);
    await visit.look();
    await page.goBack();
    await told(page, "ready");
    assert.equal(await checkoutOf(page).number.inputValue(), "", "nothing was kept of it");
  }

  /** Puts the number where it does not belong, and presses Pay. */
  async function mistype(page) {
    const checkout = await type(page, "mistyped", NUMBERS.mistyped.slice(0, -1));
    await checkout.number.press("Enter");
    await checkout.pay.click();
    const frame = await frameOf(page);
    assert.ok(frame.url().startsWith(`${at.pay}/checkout/`));
  }

  test("is in nothing that pages keep or show", () => {
    assert.deepEqual(found(new Search([...CARD, NAME]), visit.kept), []);
  });

  test("is in nothing that was sent or printed, nor in an address or Referer", () => {
    assert.deepEqual(found(new Search([...CARD, NAME]), visit.traffic), []);
  });

  test("is in no file of the browser's profile", () => {
    assert.ok(profile.some(({ where }) => /History$/.test(where)), "the profile was read");
    assert.deepEqual(found(new Search([...CARD, NAME]), profile), []);
  });

  test("is in no webhook", () => {
    const told = Object.values(orders).flatMap(({ id }) => shopPage.events(id));
    assert.ok(told.length >= 4);
    const traces = told.map((event) => ({ where: event.type, text: JSON.stringify(event) }));
    assert.deepEqual(found(new Search([...CARD, NAME]), traces), []);
  });

  test("is nothing that the worker stored or printed", () => {
    const built = /^built\//;
    const traces = filesBelow(STATE, (path) => built.test(path))
      .map(({ path, bytes }) => ({ where: path, text: bytes }));
    assert.ok(traces.some(({ where }) => /\.sqlite(-wal)?$/.test(where)));
    assert.deepEqual(found(new Search(CARD), traces), []);
  });

  test("reached the channel, each that was to be charged", async () => {
    const { payments } = await store.books("stripe");
    for (const way of ["paid", "challenged", "dropped", "reloaded"]) {
      const mine = payments.filter(({ reference }) => reference?.startsWith(orders[way].id));
      assert.equal(mine.length, 1, way);
    }
    for (const way of ["left", "mistyped"]) {
      const mine = payments.filter(({ reference }) => reference?.startsWith(orders[way].id));
      assert.equal(mine.length, 0, way);
    }
  });
});

describe("the search finds a number that is planted", () => {
  const PLACES = ["localStorage", "sessionStorage", "indexedDB", "caches", "cookies", "state",
    "html", "address", "a request", "a Referer", "a body", "the console", "the history",
    "the profile", "a field"];
  const numbers = Object.fromEntries(PLACES.map((place) => [place, strange()]));
  let server;
  let visit;
  let profile;

  before(async () => {
    // A page without a policy, which lets all of this happen.
    server = createServer((request, response) => response.end("<!doctype html>")).listen(0);
    await once(server, "listening");
    const origin = `http://localhost:${server.address().port}`;
    visit = await Visit.begin();
    const page = await visit.page();
    await page.goto(origin);
    await page.evaluate(plant, numbers);
    await visit.look();
    await page.goto(`${origin}/?the-history=${numbers["the history"]}`);
    await page.setContent("<input autocomplete='cc-number'>");
    await page.locator("input").fill(numbers["a field"]);
    await page.goto(`${origin}/elsewhere`);
    await visit.look();
    profile = await visit.end();
  }, TEST);

  after(async () => {
    await visit?.context.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** Runs inside the page. */
  async function plant(mine) {
    localStorage.setItem("a", `x${mine.localStorage}`);
    sessionStorage.setItem("a", btoa(`x${mine.sessionStorage}`));
    const opened = indexedDB.open("a");
    await new Promise((done) => {
      opened.onupgradeneeded = () => opened.result.createObjectStore("a");
      opened.onsuccess = done;
    });
    const change = opened.result.transaction("a", "readwrite");
    change.objectStore("a").put({ number: mine.indexedDB.replace(/(.{4})(?=.)/g, "$1 ") }, 1);
    await new Promise((done) => {
      change.oncomplete = done;
    });
    opened.result.close();
    if (globalThis.caches) {
      const cache = await caches.open("a");
      await cache.put("/kept", new Response(mine.caches));
    }
    document.cookie = `a=${mine.cookies}; max-age=600`;
    history.replaceState({ a: mine.state }, "", `/?address=${mine.address}`);
    document.documentElement.dataset.a = mine.html;
    console.log(mine["the console"]);
    const referrer = `${location.origin}/?from=${mine["a Referer"]}`;
    const ask = (path, more) => fetch(path, more).catch(() => {});
    await ask(`/?a=${mine["a request"]}`, { referrer, referrerPolicy: "unsafe-url" });
    await ask("/", { method: "POST", body: `x${mine["a body"]}` });
    localStorage.setItem("b", mine["the profile"]);
  }

  for (const place of PLACES.slice(0, -2)) {
    test(`in ${place}`, () => {
      const search = new Search([[place, formsOfNumber(numbers[place])]]);
      const hits = found(search, [...visit.kept, ...visit.traffic]);
      assert.notDeepEqual(hits, []);
    });
  }

  test("in the profile on disk", () => {
    for (const place of ["the profile", "a field", "localStorage", "indexedDB", "the history"]) {
      const search = new Search([[place, formsOfNumber(numbers[place])]]);
      assert.notDeepEqual(found(search, profile), [], place);
    }
  });
});

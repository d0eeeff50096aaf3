// The store profile, and where shoppers meet it: the checkout, the page about the store, the page
// of an order.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Shopper } from "./shopper.mjs";
import { Store, newStoreName, owner, page } from "./stack.mjs";

/** The smallest picture: one pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5" +
  "ErkJggg==";

/** A profile with something in every field. */
const FULL = {
  names: { en: "Low Tide Tea", "zh-CN": "落潮茶" },
  legal_name: "Low Tide Tea Ltd",
  registrations: [
    { kind: "company", number: "123456", country: "IE" },
    { kind: "business_licence", number: "91310000MA1K00000X", country: "CN",
      expires_on: "2020-01-31" },
  ],
  contact: { email: "help@tea.example", phone: "+353 21 123", address: "1 Quay\nCork",
    url: "https://tea.example/" },
  policies: {
    returns: { en: "Within 30 days.\n\nUnopened.", "zh-CN": "三十天内可退货。" },
    terms: { en: "Irish law applies." },
  },
  logo: { type: "image/png", data: PIXEL },
  colours: { accent: "#0b6b5c", accent_dark: "#5fd0ba" },
};

let store;

before(async () => {
  store = await Store.make({ channels: ["stripe"] });
});

describe("the store profile", () => {
  test("is empty at first, and what was set is what is read", async () => {
    const empty = await store.api.ok("GET", "/v1/store/profile");
    assert.deepEqual(empty.names, {});
    assert.deepEqual(empty.lapsing, []);
    const set = await store.owner.ok("PUT", "/v1/store/profile", FULL);
    const { lapsing, ...profile } = set;
    assert.deepEqual(profile, FULL);
    assert.equal(lapsing.length, 1);
    assert.equal(lapsing[0].registration, 1);
    assert.ok(lapsing[0].days_left < 0);
    assert.deepEqual(await store.api.ok("GET", "/v1/store/profile"), set);
  });

  test("is set by the owner alone, for a store that is there", async () => {
    await store.api.refused(403, "PUT", "/v1/store/profile", FULL);
    const nobody = owner(newStoreName());
    const problem = await nobody.refused(409, "PUT", "/v1/store/profile", FULL);
    assert.equal(problem.code, "store_not_set_up");
  });

  test("names each field to mend, and takes nothing of it", async () => {
    const { errors } = await store.owner.refused(422, "PUT", "/v1/store/profile", {
      names: { en: "a\u0007" },
      registrations: [{ kind: "tax", number: "1", country: "ie", expires_on: "2027-02-29" }],
      contact: { email: "help", url: "javascript:alert(1)" },
      logo: { type: "image/png", data: Buffer.from("<svg>").toString("base64") },
      colours: { accent: "}*{display:none" },
    });
    assert.deepEqual(errors.map(({ pointer }) => pointer).toSorted(), ["/colours/accent",
      "/contact/email", "/contact/url", "/logo/data", "/names/en", "/registrations/0/country",
      "/registrations/0/expires_on"]);
    await store.owner.refused(422, "PUT", "/v1/store/profile", { policies: { other: {} } });
    const large = { policies: { terms: { en: "x".repeat(300_000) } } };
    await store.owner.refused(413, "PUT", "/v1/store/profile", large);
    assert.deepEqual((await store.api.ok("GET", "/v1/store/profile")).names, FULL.names);
  });
});

describe("the checkout", () => {
  test("names the seller and links to the policies, in the shopper's language", async () => {
    const order = await store.makeOrder();
    const { text, headers } = await page(`/checkout/${order.client_token}?locale=zh-CN`);
    assert.match(text, /落潮茶/);
    assert.match(text, /销售方：Low Tide Tea Ltd/);
    assert.match(text, new RegExp(`href="/about/${store.id}#returns"`));
    assert.doesNotMatch(text, /#privacy/);
    assert.match(text, /--causeway-accent:#0b6b5c/);
    // The page's own style, and the colours.
    const styles = /style-src ([^;]*)/.exec(headers.get("content-security-policy"))[1];
    assert.equal(styles.match(/'sha256-/g).length, 2);
    assert.doesNotMatch(styles, /unsafe/);
  });
});

describe("the page about a store", () => {
  test("has seller, contact and policies in both languages", async () => {
    const english = await page(`/about/${store.id}?locale=en`);
    assert.equal(english.status, 200);
    for (const text of ["About Low Tide Tea", "Low Tide Tea Ltd", "Company number (IE)", "123456",
      "mailto:help@tea.example", "tel:+35321123", "Unopened.", 'id="returns"']) {
      assert.ok(english.text.includes(text), text);
    }
    const chinese = await page(`/about/${store.id}`, { headers: { "accept-language": "zh" } });
    for (const text of ["关于落潮茶", "三十天内可退货。", "Irish law applies."]) {
      assert.ok(chinese.text.includes(text), text);
    }
  });

  test("has the logo from our own origin, under a name that changes with it", async () => {
    const { text } = await page(`/about/${store.id}`);
    const [, path] = /<img src="(\/logos\/[^"]+)"/.exec(text);
    const logo = await page(path);
    assert.equal(logo.headers.get("content-type"), "image/png");
    assert.match(logo.headers.get("cache-control"), /immutable/);
    assert.equal((await page(path.replace(/\w+\.png/, "0000000000.png"))).status, 404);
  });

  test("is not there for a store that is not", async () => {
    for (const path of [`/about/${newStoreName()}`, "/about/Not-A-Store",
      `/logos/${newStoreName()}/x.png`]) {
      assert.equal((await page(path)).status, 404, path);
    }
    assert.equal((await page(`/about/${store.id}`, { method: "POST" })).status, 405);
  });
});

describe("the page of an order", () => {
  const shown = async (order, query = "") => {
    const answer = await page(`/orders/${order.client_token}${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer;
  };

  test("says what is to be paid, and leads to the checkout", async () => {
    const order = await store.makeOrder({ merchant_reference: "LT-1001" });
    const { text } = await shown(order);
    for (const part of ["Not paid yet", "Order LT-1001", "Longjing green tea", "2 × US$12.50",
      "US$33.20", `href="/checkout/${order.client_token}?locale=en"`]) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!text.includes("Print receipt"));
  });

  test("says what was paid through what, and what was given back and why", async () => {
    const order = await store.makeOrder({ shopper: { email: "ada@example.com", name: "Ada M" } });
    await new Shopper(order).pay("card");
    await store.orderWhere(order.id, "paid");
    const paid = (await shown(order)).text;
    for (const part of ["Thank you. Low Tide Tea has received US$33.20.", "Visa ending in 4242",
      "Print receipt", "a…@example.com", "Test order"]) {
      assert.ok(paid.includes(part), part);
    }
    // Whoever holds the link is not told who bought.
    assert.ok(!paid.includes("ada@example.com") && !paid.includes("Ada M"));
    assert.ok(!paid.includes("/checkout/"), "it cannot be paid twice");
    const amount = { amount: "10.00", currency: "USD" };
    await store.refund(order, { amount, reason: "One bag was damaged" });
    await store.orderWhere(order.id, "partly_refunded");
    const refunded = (await shown(order, "?locale=zh-CN")).text;
    for (const part of ["部分退款", "原因：One bag was damaged", "-US$10.00", "US$23.20"]) {
      assert.ok(refunded.includes(part), part);
    }
  });

  test("tells no other host that it was looked at", async () => {
    const image = "https://elsewhere.example/tea.jpg";
    const usd = (amount) => ({ amount, currency: "USD" });
    const order = await store.makeOrder({
      items: [{ name: "Tea", quantity: 1, unit_price: usd("1.00"), image_url: image }],
      shipping: null, tax: null, total: usd("1.00"),
    });
    const { text, headers } = await shown(order);
    assert.ok(!text.includes("elsewhere.example"));
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    const policy = headers.get("content-security-policy");
    assert.doesNotMatch(policy, /https?:|\*|unsafe/);
    assert.match(policy, /img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'/);
    assert.match(headers.get("cache-control"), /no-store/);
  });

  test("is not there for a false token, whichever order it names", async () => {
    const order = await store.makeOrder();
    const [, other] = [order, await store.makeOrder()].map(({ client_token: token }) => token);
    const forged = order.client_token.slice(0, -26) + other.slice(-26);
    for (const token of [forged, order.client_token.slice(0, -1), order.id, "x"]) {
      const answer = await page(`/orders/${token}`);
      assert.equal(answer.status, 404, token);
      assert.match(answer.text, /There is no such order/);
    }
  });
});

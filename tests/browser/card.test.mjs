// Cards: paid, declined and then paid otherwise, 3-D Secure, and everything that could make one
// payment two.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { EXPIRY, checkoutOf, fillCard, frameOf, payByCard, told } from "./checkout.mjs";
import { openShop } from "./shop.mjs";
import { CARDS, TEST, at, frameWhere, makeOrder, withPage } from "./stack.mjs";

const { browser, shopPage, store } = await openShop();

describe("cards", () => {
  beforeEach(() => store.faults("stripe", []));

  /** The channel answers only after a while, and no notice comes to say it earlier. */
  const slowly = (ms) =>
    store.faults("stripe", [
      { fault: "delay", on: "create", ms },
      { fault: "no_notice", on: "notice", times: "always" },
    ]);

  const order = (changes) => makeOrder(store, { return_url: shopPage.returnUrl, ...changes });

  /** What the channel's books say of an order. */
  async function paymentsOf(orderId) {
    const { payments } = await store.books("stripe");
    return payments.filter(({ reference }) => reference?.startsWith(orderId));
  }

  test("paid: frame, page, webhook and the channel's books agree", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order();
      const checkout = await payByCard(page, shopPage, made);
      await checkout.paid.waitFor();
      await told(page, "ready");
      await told(page, "paid");
      const event = await shopPage.event("order.paid", made.id);
      assert.deepEqual(event.data.order.captured, { amount: "33.20", currency: "USD" });
      assert.equal(event.data.order.attempts[0].card.last4, "4242");
      const payments = await paymentsOf(made.id);
      assert.equal(payments.length, 1);
      assert.equal(payments[0].amount_minor, 3320);
      assert.equal((await frameOf(page)).url().startsWith(at.pay), true);
      assert.notEqual(new URL(page.url()).hostname, new URL(at.pay).hostname);
    }),
  );

  test("the script tag alone embeds the same checkout", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order();
      await page.goto(shopPage.url({ order: made.client_token, script: true }));
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      await checkout.pay.click();
      await told(page, "paid");
      await shopPage.event("order.paid", made.id);
    }),
  );

  test("declined, then paid with another method", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order({ currency: "CNY" });
      const checkout = await payByCard(page, shopPage, made, CARDS.declined);
      await checkout.alert.filter({ hasText: checkout.t["decline.card_declined"] }).waitFor();
      await told(page, "failed");
      await checkout.method("wechat_pay").check();
      await checkout.pay.click();
      await checkout.frame.getByRole("img", { name: /WeChat Pay/ }).waitFor();
      const { payments } = await store.books("wechat_pay");
      const phone = await page.context().newPage();
      await phone.goto(payments.find(({ reference }) => reference.startsWith(made.id)).page);
      await phone.locator("#pay").click();
      await checkout.paid.waitFor();
      const { data } = await shopPage.event("order.paid", made.id);
      assert.deepEqual(
        data.order.attempts.map(({ method, state }) => [method, state]),
        [
          ["card", "declined"],
          ["wechat_pay", "paid"],
        ],
      );
    }),
  );

  test("declined, then paid with another card", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order();
      const checkout = await payByCard(page, shopPage, made, CARDS.declined);
      await checkout.alert.filter({ hasText: checkout.t["decline.card_declined"] }).waitFor();
      assert.equal(await checkout.number.inputValue(), "", "the declined card is wiped");
      await fillCard(checkout);
      await checkout.pay.click();
      await checkout.paid.waitFor();
      const { data } = await shopPage.event("order.paid", made.id);
      assert.deepEqual(
        data.order.attempts.map(({ state }) => state),
        ["declined", "paid"],
      );
    }),
  );

  for (const [what, button] of [
    ["confirmed", "#approve"],
    ["failed", "#fail"],
  ]) {
    test(`3-D Secure ${what}, without leaving the shop's page`, TEST, () =>
      withPage(browser, async (page) => {
        const made = await order();
        const checkout = await payByCard(page, shopPage, made, CARDS.challenged);
        await checkout.frame.getByRole("dialog").waitFor();
        const bank = await frameWhere(page, (url) => url.startsWith(at.stripe));
        await bank.locator(button).click();
        if (what === "confirmed") {
          await checkout.paid.waitFor();
          await shopPage.event("order.paid", made.id);
        } else {
          const text = checkout.t["decline.authentication_failed"];
          await checkout.alert.filter({ hasText: text }).waitFor();
          await shopPage.event("order.payment_failed", made.id);
          assert.notEqual((await store.order(made.id)).state, "paid");
        }
        await checkout.frame.getByRole("dialog").waitFor({ state: "hidden" });
        assert.ok(page.url().startsWith(shopPage.origin));
      }),
    );
  }

  test("reload in mid-payment: the same attempt goes on, and one charge is made", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order();
      await slowly(4000);
      const checkout = await payByCard(page, shopPage, made);
      await checkout.waiting.waitFor();
      await page.reload();
      await checkout.paid.waitFor();
      await shopPage.event("order.paid", made.id);
      const [payment, ...more] = await paymentsOf(made.id);
      assert.equal(payment.charges, 1);
      assert.deepEqual(more, []);
      assert.equal((await store.order(made.id)).attempts.length, 1);
      await page.reload();
      await checkout.paid.waitFor();
      await checkout.pay.waitFor({ state: "hidden" });
    }),
  );

  test("double click and Enter on top: one attempt, one charge", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order();
      await slowly(1500);
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      const posts = [];
      page.on("request", (request) => {
        if (request.method() === "POST" && request.url().endsWith("/attempts")) posts.push(request);
      });
      await checkout.pay.dblclick();
      await page.keyboard.press("Enter");
      await checkout.paid.waitFor();
      const payments = await paymentsOf(made.id);
      assert.equal(payments.length, 1);
      assert.equal(payments[0].charges, 1);
      assert.equal((await store.order(made.id)).attempts.length, 1);
      const ids = new Set(posts.map((request) => request.postDataJSON().id));
      assert.equal(ids.size, 1);
    }),
  );

  test("two tabs: the second shows the first one's payment", TEST, () =>
    withPage(browser, async (page, context) => {
      const made = await order();
      const second = await context.newPage();
      await second.goto(shopPage.url({ order: made.client_token }));
      const other = checkoutOf(second);
      await fillCard(other);
      await slowly(4000);
      const checkout = await payByCard(page, shopPage, made);
      await checkout.waiting.waitFor();
      // The second tab learns of it by push; where its Pay is still there, it finds the same.
      await other.waiting.or(other.paid).first().waitFor();
      await checkout.paid.waitFor();
      await other.paid.waitFor();
      assert.equal((await paymentsOf(made.id)).length, 1);
    }),
  );

  /** Presses Pay in both before either is heard, and checks that both end with the one payment. */
  async function payInBoth(pages) {
    const made = await order();
    let pressed = 0;
    let release;
    const both = new Promise((done) => {
      release = done;
    });
    const hold = async (route) => {
      pressed += 1;
      if (pressed === pages.length) release();
      await both;
      await route.continue();
    };
    await Promise.all(pages.map((page) => page.route("**/attempts", hold)));
    const checkouts = await Promise.all(pages.map(async (page) => {
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      return checkout;
    }));
    await slowly(3000);
    await Promise.all(checkouts.map(({ pay }) => pay.click()));
    await Promise.all(checkouts.map(({ paid }) => paid.waitFor()));
    await Promise.all(pages.map((page) => told(page, "paid")));
    const event = await shopPage.event("order.paid", made.id);
    assert.equal(event.data.order.attempts.length, 1);
    const payments = await paymentsOf(made.id);
    assert.deepEqual(payments.map(({ charges }) => charges), [1]);
  }

  test("two tabs that both press Pay: one charge, and both show it", TEST, () =>
    withPage(browser, async (page, context) => payInBoth([page, await context.newPage()])),
  );

  test("two devices that both press Pay: one charge, and both show it", TEST, () =>
    withPage(browser, (page) =>
      withPage(browser, (phone) => payInBoth([page, phone]), { device: "phone" })),
  );

  test("Enter pressed before the WASM is there: nothing is sent, nothing is lost", TEST, () =>
    withPage(browser, async (page, context) => {
      const made = await order();
      let release;
      const held = new Promise((done) => {
        release = done;
      });
      await context.route("**/*.wasm", async (route) => {
        await held;
        await route.continue();
      });
      const sent = [];
      context.on("request", (request) => {
        if (request.method() === "POST") sent.push(request.url());
      });
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await fillCard(checkout);
      const frame = await frameOf(page);
      const address = frame.url();
      assert.equal(await checkout.pay.isDisabled(), true);
      for (const field of [checkout.number, checkout.cvc, checkout.holder]) {
        await field.press("Enter");
      }
      assert.equal(frame.url(), address);
      assert.deepEqual(sent, []);
      release();
      await told(page, "ready");
      const digits = async (field) => (await field.inputValue()).replace(/\D/g, "");
      assert.equal(await digits(checkout.number), CARDS.paid);
      assert.equal(await digits(checkout.expiry), EXPIRY);
      assert.equal(await checkout.cvc.inputValue(), "123");
      assert.equal(await checkout.holder.inputValue(), "Ada Martin");
      await checkout.holder.press("Enter");
      await checkout.paid.waitFor();
    }),
  );

  test("wrong input is named at its field, and nothing is sent", TEST, () =>
    withPage(browser, async (page) => {
      const made = await order();
      await page.goto(shopPage.url({ order: made.client_token }));
      const checkout = checkoutOf(page);
      await told(page, "ready");
      await checkout.number.fill("4242 4242 4242 424x");
      await checkout.expiry.fill("1301");
      await checkout.pay.click();
      for (const field of [checkout.number, checkout.expiry, checkout.cvc, checkout.holder]) {
        assert.equal(await field.getAttribute("aria-invalid"), "true");
        const described = (await field.getAttribute("aria-describedby")).split(" ");
        const slot = described.find((id) => id.endsWith("-error"));
        assert.notEqual((await checkout.frame.locator(`#${slot}`).textContent()).trim(), "");
      }
      assert.equal(
        await checkout.number.evaluate((field) => field === document.activeElement),
        true,
      );
      assert.deepEqual((await store.order(made.id)).attempts, []);
    }),
  );

  test("a pasted number with spaces, and a full-width one, are understood", TEST, () =>
    withPage(browser, async (page) => {
      for (const number of ["4242 4242-4242 4242", "４２４２４２４２４２４２４２４２"]) {
        const made = await order();
        const checkout = await payByCard(page, shopPage, made, number);
        await checkout.paid.waitFor();
      }
    }),
  );
});

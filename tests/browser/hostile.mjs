// What the tests of hostile pages share: a store, a shop's page that a test takes over, a site of
// a stranger, and an honest shopper with a card that is searched for afterwards.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after } from "node:test";
import { Search, formsOfCvc, formsOfNumber, formsOfText } from "../worker/marks.mjs";
import { checkoutOf, fillCard, frameOf, told } from "./checkout.mjs";
import { openShop } from "./shop.mjs";
import { CARDS, STEP_MS, makeOrder } from "./stack.mjs";

/** What the honest shopper types. */
export const HOLDER = "Canary Q Xylophone";
/** The honest shopper's card, wherever it should not be. */
export const CARD = new Search([
  ["number", formsOfNumber(CARDS.paid)],
  ["cvc", formsOfCvc("123")],
  ["holder", formsOfText(HOLDER)],
]);

/** How often the shop's page was told of this. */
export const timesTold = (page, type) => page.locator(`#told [data-type="${type}"]`).count();

/** A shop, a stranger, a browser. */
export class Scene {
  static async start() {
    const [shop, stranger] = await Promise.all([openShop(), startStranger()]);
    return Object.assign(new Scene(), { ...shop, stranger });
  }

  order(changes) {
    return makeOrder(this.store, { return_url: this.shopPage.returnUrl, ...changes });
  }

  /**
   * A page of its own. Unlike `withPage` it lets policies refuse things, which is what they are
   * for here; an error in a script of ours still fails. `requests` gathers what was asked for.
   */
  async visit(use) {
    const context = await this.browser.newContext({ locale: "en-US" });
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
  async openShop(page, wishes = {}, changes) {
    const made = await this.order(changes);
    await page.goto(this.shopPage.url({ order: made.client_token, ...wishes }));
    await told(page, "ready");
    return { made, checkout: checkoutOf(page), frame: await frameOf(page) };
  }

  /** The honest shopper pays. */
  async payHonestly(checkout, made) {
    await fillCard(checkout);
    await checkout.holder.fill(HOLDER);
    await checkout.pay.click();
    await checkout.paid.waitFor();
    const { data } = await this.shopPage.event("order.paid", made.id);
    assert.equal(data.order.attempts.length, 1);
  }
}

/** A site that is none of the store's. */
async function startStranger() {
  const server = createServer((request, response) => {
    const headers = { "content-type": "text/html; charset=utf-8" };
    response.writeHead(200, headers).end("<!doctype html><title>A stranger</title><body></body>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${server.address().port}`;
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin, url: `${origin}/` };
}

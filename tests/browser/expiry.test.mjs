// Sessions that end while a page is open: after twelve hours in which nobody did anything, and
// after seven days whatever was done. Whoever signs in again is where they were. On a worker whose
// clock the test moves.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { HOUR_MS, startWorker } from "../worker/own-worker.mjs";

// The helpers ask for the stack when they are loaded; these tests have a worker of their own.
const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { letterTo, mailSettings } = await import("./mail.mjs");
const { opened, pageAt, signIn } = await import("./operator.mjs");
const { openBrowser } = await import("./shop.mjs");
const { TEST, at, makeBareStore, makeOrder, withPage } = await import("./stack.mjs");

/** Milliseconds of so many hours. */
const hours = (count) => Math.round(count * HOUR_MS);

const LIST = `${pageAt("orders")}?state=created`;

const [browser, store] = await Promise.all([openBrowser(), makeBareStore()]);
after(() => own.stop());
await makeOrder(store);

describe("a session", () => {
  const signInPage = (next) =>
    `${at.pay}/dashboard/sign-in?${new URLSearchParams({ next: next.replace(at.pay, "") })}`;

  /** The whole page to sign in at, not a part of it in another. */
  async function assertAtSignIn(page, next) {
    await page.waitForURL(signInPage(next));
    await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
    assert.equal(await page.getByRole("navigation", { name: "Main menu" }).count(), 0);
    const loaded = await page.evaluate(() => performance.getEntriesByType("navigation")[0].name);
    assert.equal(loaded, signInPage(next), "it was loaded, not put in the place of a part");
  }

  async function signInAgain(page, { id }) {
    const { token } = await store.owner("POST", `/v1/operators/${id}/token`);
    await page.getByLabel("Operator token").fill(token);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  /** The page asks once more which orders have changed. */
  const asks = (page) =>
    page.waitForResponse((answer) => answer.url().includes("/v1/orders/changes"));

  test("ends after twelve hours without use, and not before", TEST, () =>
    withPage(browser, async (page) => {
      const operator = await signIn(page, store);
      await page.goto(pageAt("settings/keys"));
      await own.forward(hours(11.9));
      await page.goto(pageAt("settings/prices"));
      await page.getByRole("heading", { name: "Price book", level: 1 }).waitFor();
      await own.forward(hours(12));
      await page.goto(LIST);
      await assertAtSignIn(page, LIST);
      await signInAgain(page, operator);
      await page.waitForURL(LIST);
      await page.getByRole("heading", { name: "Transactions" }).waitFor();
    }));

  test("ends after seven days, however much it was used", TEST, () =>
    withPage(browser, async (page) => {
      await signIn(page, store);
      for (let passed = 0; passed < 165; passed += 11) {
        await page.goto(pageAt("settings/keys"));
        await page.getByRole("heading", { name: "API keys", level: 1 }).waitFor();
        await own.forward(hours(11));
      }
      await page.goto(pageAt("settings/keys"));
      await page.getByRole("heading", { name: "API keys", level: 1 }).waitFor();
      await own.forward(hours(3.1));
      await page.goto(pageAt("settings/keys"));
      await assertAtSignIn(page, pageAt("settings/keys"));
    }));

  test("is not kept by a page that asks for news with nobody there", TEST, () =>
    withPage(browser, async (page) => {
      const operator = await signIn(page, store);
      await page.goto(LIST);
      for (let passed = 0; passed < 12; passed += 3) {
        assert.equal((await asks(page)).status(), 200);
        // What comes in is shown, but nobody need see it.
        const made = await makeOrder(store);
        await page.locator(`a[href$="${made.id}"]`).waitFor();
        await own.forward(hours(3.01));
      }
      await assertAtSignIn(page, LIST);
      await signInAgain(page, operator);
      await page.waitForURL(LIST);
      assert.equal((await asks(page)).status(), 200);
    }));

  test("that is over shows at the next link, which is where one comes back to", TEST, () =>
    withPage(browser, async (page) => {
      const operator = await signIn(page, store);
      await page.goto(pageAt("settings/keys"));
      await own.forward(hours(13));
      await page.getByRole("link", { name: "Webhooks" }).click();
      await assertAtSignIn(page, pageAt("settings/webhooks"));
      await signInAgain(page, operator);
      await page.waitForURL(pageAt("settings/webhooks"));
    }));

  test("that is over shows at a form, and nothing was done", TEST, () =>
    withPage(browser, async (page) => {
      const operator = await signIn(page, store);
      await page.goto(pageAt("settings/team"));
      const fold = await opened(page, "Add an operator");
      await fold.getByLabel("Name").fill("Bo");
      await fold.getByLabel("E-mail").fill("bo@shop.example");
      await own.forward(hours(13));
      await fold.getByRole("button").click();
      await assertAtSignIn(page, pageAt("settings/team"));
      await signInAgain(page, operator);
      await page.waitForURL(pageAt("settings/team"));
      assert.equal(await page.getByText("bo@shop.example").count(), 0);
    }));

  test("comes back to its page by a link in the mail too", TEST, () =>
    withPage(browser, async (page) => {
      await store.owner("PUT", "/v1/mail", mailSettings("orders@tide.example"));
      const { email } = await signIn(page, store);
      await own.forward(hours(13));
      await page.goto(LIST);
      await page.getByLabel("Store").fill(store.id);
      await page.getByLabel("E-mail address").fill(email);
      await page.getByRole("button", { name: "Send me a link" }).click();
      const { text } = await letterTo(email, "Sign in");
      await page.goto(/http\S+/.exec(text)[0]);
      await page.getByRole("button", { name: "Sign in now" }).click();
      await page.waitForURL(LIST);
    }));

  test("of before does not send the forms of a page that is still open", TEST, () =>
    withPage(browser, async (page, context) => {
      const operator = await signIn(page, store);
      await page.goto(pageAt("settings/team"));
      const other = await context.newPage();
      await other.goto(`${at.pay}/dashboard/me`);
      await other.getByRole("button", { name: "Sign out" }).click();
      await other.waitForURL(`${at.pay}/dashboard/sign-in`);
      await signInAgain(other, operator);
      await other.waitForURL(`${at.pay}/dashboard/test`);
      const fold = await opened(page, "Add an operator");
      await fold.getByLabel("Name").fill("Cy");
      await fold.getByLabel("E-mail").fill("cy@shop.example");
      await fold.getByRole("button").click();
      await page.getByRole("heading", { name: "Load the page again" }).waitFor();
      const { data } = await store.owner("GET", "/v1/operators");
      assert.ok(!data.some(({ email }) => email === "cy@shop.example"));
    }));
});

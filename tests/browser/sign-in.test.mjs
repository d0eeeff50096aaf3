// Signing in to the dashboard as people do: by a link, by a token, by a passkey of Chromium's
// virtual authenticator; in both languages, on a desktop and on a phone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessibilityFaults, isTooWide } from "./checkout.mjs";
import { openBrowser } from "./shop.mjs";
import { TEST, at, makeBareStore, withPage } from "./stack.mjs";

// Browsers have no passkeys for addresses of numbers.
const DASHBOARD = `${at.pay.replace("127.0.0.1", "localhost")}/dashboard`;

const [browser, store] = await Promise.all([openBrowser(), makeBareStore()]);

let count = 0;

async function operator(role = "support") {
  count += 1;
  const body = { email: `p${count}@shop.example`, name: `Ann ${count}`, role };
  const made = await store.owner("POST", "/v1/operators", body);
  const { token } = await store.owner("POST", `/v1/operators/${made.id}/token`);
  return { ...made, token };
}

async function linkOf({ id }) {
  const { url } = await store.owner("POST", `/v1/operators/${id}/sign_in_link`);
  return `${DASHBOARD}${url.slice(url.indexOf("/sign-in/"))}`;
}

async function signInByToken(page, { token }) {
  await page.goto(`${DASHBOARD}/sign-in`);
  await page.getByLabel("Operator token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`${DASHBOARD}/**`);
}

/** Chromium's virtual authenticator, which checks who touches it and keeps passkeys. */
async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal",
      hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true },
  });
  return {
    verify: (isUserVerified) =>
      cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    passkeys: async () =>
      (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
  };
}

const assertAccessible = async (page) => {
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.equal(await isTooWide(page), false);
};

describe("by a link", () => {
  test("one presses its button, once", TEST, () => withPage(browser, async (page) => {
    const url = await linkOf(await operator());
    await page.goto(url);
    await assertAccessible(page);
    await page.getByRole("button", { name: "Sign in now" }).click();
    await page.waitForURL(`${DASHBOARD}/**`);
    assert.equal(new URL(page.url()).pathname.includes("sign-in"), false);
    await page.goto(url);
    await page.getByText("This link is used up").waitFor();
    await assertAccessible(page);
  }));
});

describe("by a token", () => {
  for (const device of ["desktop", "phone"]) {
    test(`one is in until one signs out, on a ${device}`, TEST, () =>
      withPage(browser, async (page, context) => {
        await page.goto(`${DASHBOARD}/me`);
        await page.waitForURL(/sign-in\?next=%2Fdashboard%2Fme$/);
        await assertAccessible(page);
        await page.getByLabel("Operator token").fill("opt_wrong");
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.getByText("This token is not valid").waitFor();
        await assertAccessible(page);
        await page.getByLabel("Operator token").fill((await operator()).token);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.waitForURL(`${DASHBOARD}/test/me`);
        await assertAccessible(page);
        const [cookie] = await context.cookies();
        assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
        assert.equal(await page.evaluate(() => document.cookie), "");
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.waitForURL(`${DASHBOARD}/sign-in`);
        await page.goto(`${DASHBOARD}/me`);
        await page.waitForURL(/sign-in\?next=/);
      }, { device }));
  }

  test("what was typed wrong is said at its field, in Chinese too", TEST, () =>
    withPage(browser, async (page) => {
      await page.goto(`${DASHBOARD}/sign-in?store=Not-A-Store`);
      await page.getByLabel("邮箱地址").fill("ann@shop.example");
      await page.getByRole("button", { name: "发送登录链接" }).click();
      await page.getByText("商店编号由 1 至 24 个小写字母和数字组成").waitFor();
      assert.equal(await page.getByLabel("邮箱地址").inputValue(), "ann@shop.example");
      assert.equal(await page.getByLabel("商店").inputValue(), "Not-A-Store");
      await assertAccessible(page);
      await page.getByLabel("商店").fill(store.id);
      await page.getByRole("button", { name: "发送登录链接" }).click();
      await page.getByText("请查收邮件").waitFor();
    }, { locale: "zh-CN" }));

  test("one who comes by another site's link is known all the same", TEST, () =>
    withPage(browser, async (page) => {
      await signInByToken(page, await operator());
      // 127.0.0.1 is another site than localhost.
      await page.goto(`${at.pay}/healthz`);
      await page.evaluate((url) => location.assign(url), `${DASHBOARD}/me`);
      await page.getByRole("heading", { name: "Your sign-in" }).waitFor();
    }));

  test("a session of another browser can be ended", TEST, () =>
    withPage(browser, async (page) => {
      const ann = await operator();
      await withPage(browser, async (elsewhere) => {
        await signInByToken(elsewhere, ann);
        await signInByToken(page, ann);
        await page.goto(`${DASHBOARD}/me`);
        await page.getByRole("button", { name: /^End:/ }).click();
        await page.getByRole("button", { name: /^End:/ }).waitFor({ state: "detached" });
        await elsewhere.goto(`${DASHBOARD}/me`);
        await elsewhere.waitForURL(/sign-in\?next=/);
      });
    }));
});

describe("by a passkey", () => {
  test("that was added before, until it is deleted", TEST, () =>
    withPage(browser, async (page) => {
      const device = await authenticator(page);
      const ann = await operator();
      await signInByToken(page, ann);
      await page.goto(`${DASHBOARD}/me`);
      await page.getByLabel("Its name").fill("Ann's laptop");
      await page.getByRole("button", { name: "Add a passkey" }).click();
      await page.getByText("Ann's laptop", { exact: true }).waitFor();
      const [passkey] = await device.passkeys();
      assert.equal(passkey.rpId, "localhost");
      assert.equal(Buffer.from(passkey.userHandle, "base64").toString(), `${store.id}:${ann.id}`);
      await assertAccessible(page);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(`${DASHBOARD}/sign-in`);

      const button = page.getByRole("button", { name: "Sign in with a passkey" });
      await device.verify(false);
      await button.click();
      await page.getByText("The passkey could not be used").waitFor();
      await device.verify(true);
      await page.goto(`${DASHBOARD}/sign-in?next=/dashboard/me`);
      await button.click();
      await page.waitForURL(`${DASHBOARD}/test/me`);
      await page.getByText(`as ${ann.name}`).waitFor();

      await page.getByRole("button", { name: "Delete: Ann's laptop" }).click();
      await page.getByText("You have no passkey yet").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(`${DASHBOARD}/sign-in`);
      await button.click();
      await page.getByText("The passkey could not be used").waitFor();
    }));

  test("is not made twice on one device", TEST, () => withPage(browser, async (page) => {
    const device = await authenticator(page);
    await signInByToken(page, await operator());
    await page.goto(`${DASHBOARD}/me`);
    const add = page.getByRole("button", { name: "Add a passkey" });
    await add.click();
    await page.getByRole("button", { name: /^Delete:/ }).waitFor();
    await add.click();
    await page.getByText("The passkey could not be used").waitFor();
    assert.equal((await device.passkeys()).length, 1);
  }));
});

// What a shopper does in the checkout frame, and what they see there.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { CARDS, STEP_MS, at, frameWhere } from "./stack.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The texts of the frame, by locale. */
export const TEXTS = Object.fromEntries(
  ["en", "zh-CN"].map((locale) => [
    locale,
    JSON.parse(readFileSync(new URL(`../../www/locales/${locale}.json`, import.meta.url), "utf8")),
  ]),
);

/** The checkout frame of a page, with the parts that tests speak of. */
export function checkoutOf(page, locale = "en") {
  const frame = page.frameLocator("causeway-checkout iframe");
  const t = TEXTS[locale];
  const heading = (key) => frame.getByRole("heading", { name: t[key], exact: true });
  return {
    frame,
    t,
    heading,
    method: (name) => frame.getByRole("radio", { name: t[`method.${name}`] }),
    number: frame.getByLabel(t["field.number"]),
    expiry: frame.getByLabel(t["field.expiry"]),
    cvc: frame.getByLabel(t["field.cvc"]),
    holder: frame.getByLabel(t["field.name"]),
    alert: frame.getByRole("alert"),
    total: frame.locator("#total"),
    language: frame.getByLabel(t["language.label"]),
    pay: frame.locator("button[type=submit]"),
    paid: heading("paid.title"),
    waiting: heading("wait.title"),
  };
}

/** A year that cards still know. */
const YEAR = String((new Date().getFullYear() + 3) % 100).padStart(2, "0");
export const EXPIRY = `11${YEAR}`;

/** Fills in a card. */
export async function fillCard(checkout, number = CARDS.paid) {
  await checkout.number.fill(number);
  await checkout.expiry.fill(EXPIRY);
  await checkout.cvc.fill("123");
  await checkout.holder.fill("Ada Martin");
}

/** Opens the page with this order and pays it with this card. */
export async function payByCard(page, shopPage, order, number = CARDS.paid) {
  await page.goto(shopPage.url({ order: order.client_token }));
  const checkout = checkoutOf(page);
  await fillCard(checkout, number);
  await checkout.pay.click();
  return checkout;
}

/** The frame itself, for questions to its document. */
export function frameOf(page) {
  return frameWhere(page, (url) => url.startsWith(`${at.pay}/checkout/`));
}

/** Waits until the shop's page has been told of this. */
export function told(page, type, state) {
  const wanted = `#told [data-type="${type}"]${state ? `[data-state="${state}"]` : ""}`;
  return page.locator(wanted).first().waitFor({ state: "attached", timeout: STEP_MS });
}

/** What axe-core finds wrong with a page or a frame, one line a finding. */
export async function accessibilityFaults(frame) {
  await frame.evaluate(`${AXE};0`);
  const violations = await frame.evaluate(async () => {
    // The frames inside are looked at by themselves.
    const result = await globalThis.axe.run(document, { iframes: false });
    return result.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      where: nodes.slice(0, 4).map(({ target, any }) => `${target} ${any[0]?.message ?? ""}`),
    }));
  });
  return violations.map(({ id, help, where }) => `${id}: ${help}: ${where.join(" | ")}`);
}

/** Whether anything stands out of the side of the document. A phone's window grows with it. */
export function isTooWide(frame) {
  return frame.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth;
  });
}

/** How many times Tab is pressed before a place is given up. */
const TABS_MAX = 40;

/** Presses Tab until `locator` has the focus. */
export async function tabTo(page, locator) {
  for (let count = 0; count < TABS_MAX; count += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${locator} is not reached by ${TABS_MAX} tabs`);
}

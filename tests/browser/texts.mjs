// What pages say: the shopper's, in a store that has a name in each language, and the dashboard's.

import { readFileSync } from "node:fs";

const LOCALES = new URL("../../www/locales/", import.meta.url);

/** The texts of a part, by locale. */
const textsOf = (part) =>
  Object.fromEntries(
    ["en", "zh-CN"].map((locale) => [
      locale,
      JSON.parse(readFileSync(new URL(`${part}/${locale}.json`, LOCALES), "utf8")),
    ]),
  );

const ORDERS = textsOf("orders");
const DASHBOARD = textsOf("dashboard");

/** The store's names. */
export const NAMES = { en: "Low Tide Tea", "zh-CN": "落潮茶" };

/** A text with its gaps filled. */
const filled = (text, values) =>
  Object.entries(values).reduce((done, [name, value]) => done.replaceAll(`{${name}}`, value), text);

/** A text of the shopper's pages. */
export const t = (locale, key, values = {}) =>
  filled(ORDERS[locale][key], { store: NAMES[locale], ...values });

/** A text of the dashboard. */
export const d = (locale, key, values = {}) => filled(DASHBOARD[locale][key], values);

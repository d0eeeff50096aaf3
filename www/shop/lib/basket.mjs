// Turns what the page sent into a checked basket, or says at which field it is wrong.
// A field that is not known is refused: a page that tries to send a price learns that it cannot.

import { CURRENCIES } from "../public/js/money.mjs";
import { Problem } from "./answers.mjs";

const LOCALES = ["en", "zh-CN"];
const SHIPPING = ["standard", "express"];
const LINES_MAX = 20;
const QUANTITY_MAX = 20;

const ADDRESS = {
  name: { required: true, max: 80 },
  line1: { required: true, max: 120 },
  line2: { required: false, max: 120 },
  city: { required: true, max: 80 },
  region: { required: false, max: 80 },
  postcode: { required: true, max: 16 },
  country: { required: true, max: 2 },
  phone: { required: false, max: 24, pattern: /^[+0-9 ()./-]{5,24}$/ },
};

/** Collects errors by field, so that the page can show all of them at once. */
class Check {
  errors = [];

  refuse(pointer, code, detail) {
    this.errors.push({ pointer, code, detail });
    return undefined;
  }

  oneOf(pointer, value, choices) {
    if (choices.includes(value)) return value;
    return this.refuse(pointer, "not_a_choice", `Choose one of: ${choices.join(", ")}.`);
  }

  text(pointer, value, { required, max, pattern }) {
    if (value !== undefined && typeof value !== "string") {
      return this.refuse(pointer, "not_text", "This must be text.");
    }
    const text = (value ?? "").trim();
    if (text === "") return required ? this.refuse(pointer, "missing", "This is needed.") : "";
    if (text.length > max) {
      return this.refuse(pointer, "too_long", `At most ${max} characters fit here.`);
    }
    if (pattern && !pattern.test(text)) {
      return this.refuse(pointer, "malformed", "This does not look right. Please check it.");
    }
    return text;
  }

  fields(pointer, value, known) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      this.refuse(pointer || "/", "not_an_object", "This must be an object.");
      return {};
    }
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        this.refuse(`${pointer}/${name}`, "unknown_field", "This field is not known here.");
      }
    }
    return value;
  }

  done() {
    if (this.errors.length === 0) return;
    const [{ pointer, detail }] = this.errors;
    throw new Problem(422, "invalid_basket", `${pointer}: ${detail}`, this.errors);
  }
}

/** What is needed to show the sums: items, currency, locale, shipping and the country. */
export function readQuote(body, goods) {
  const check = new Check();
  const names = ["items", "currency", "locale", "shipping", "country"];
  const { items, country, ...rest } = check.fields("", body, names);
  const basket = {
    items: readItems(check, items, goods),
    ...readChoices(check, rest),
    country: check.oneOf("/country", country, Object.keys(goods.delivery.countries)),
  };
  check.done();
  return basket;
}

/** What is needed to create an order. */
export function readOrder(body, goods) {
  const check = new Check();
  const names = ["items", "currency", "locale", "address", "email", "shipping"];
  const { items, address, email, ...rest } = check.fields("", body, names);
  const countries = goods.delivery.countries;
  const read = readAddress(check, address, countries);
  const basket = {
    items: readItems(check, items, goods),
    ...readChoices(check, rest),
    address: read,
    country: read.country,
    email: check.text("/email", email, {
      required: true,
      max: 120,
      pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
    }),
  };
  check.done();
  return basket;
}

function readChoices(check, { currency, locale, shipping }) {
  return {
    currency: check.oneOf("/currency", currency, CURRENCIES),
    locale: check.oneOf("/locale", locale, LOCALES),
    shipping: check.oneOf("/shipping", shipping, SHIPPING),
  };
}

function readItems(check, items, goods) {
  if (!Array.isArray(items) || items.length === 0 || items.length > LINES_MAX) {
    return check.refuse("/items", "bad_items", `Send between 1 and ${LINES_MAX} items.`);
  }
  const seen = new Set();
  return items.map((item, index) => {
    const at = `/items/${index}`;
    const { sku, quantity } = check.fields(at, item, ["sku", "quantity"]);
    if (!goods.bySku.has(sku)) check.refuse(`${at}/sku`, "unknown_sku", "We do not sell this.");
    if (seen.has(sku)) check.refuse(`${at}/sku`, "twice", "Each product may be listed once.");
    seen.add(sku);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_MAX) {
      check.refuse(
        `${at}/quantity`,
        "bad_quantity",
        `The quantity must be a whole number from 1 to ${QUANTITY_MAX}.`,
      );
    }
    return { sku, quantity };
  });
}

function readAddress(check, value, countries) {
  const address = check.fields("/address", value, Object.keys(ADDRESS));
  const country = check.oneOf("/address/country", address.country, Object.keys(countries));
  const read = {};
  for (const [name, rule] of Object.entries(ADDRESS)) {
    if (name === "country") continue;
    const optional = name === "postcode" && country && countries[country].postcode_optional;
    const required = rule.required && !optional;
    read[name] = check.text(`/address/${name}`, address[name], { ...rule, required });
  }
  return { ...read, country };
}

// What every page shares: language, currency, header, footer, small DOM helpers.

import { CURRENCIES, fromMinor, show, toMinor } from "./money.mjs";
import en from "./texts/en.mjs";
import zhCN from "./texts/zh-CN.mjs";
import { count, onCartChange } from "./cart-store.mjs";
import { keep, recall } from "./storage.mjs";

const TEXTS = { en, "zh-CN": zhCN };
const LOCALES = { en: "English", "zh-CN": "简体中文" };
const HOME_CURRENCY = {
  "en-GB": "GBP", "zh-HK": "HKD", zh: "CNY", ja: "JPY", de: "EUR", fr: "EUR", it: "EUR", nl: "EUR",
};

const root = document.documentElement;

/** The page's language and currency, and what follows from them. */
export const page = {
  locale: root.lang === "zh-CN" ? "zh-CN" : "en",
  currency: firstCurrency(),

  /** The text with this key; `{name}` is replaced by `values.name`. */
  t(key, values = {}) {
    const text = TEXTS[this.locale][key];
    if (text === undefined) throw new Error(`no text: ${key}`);
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  },

  /** A decimal string as a price in the page's currency, or in the one given. */
  money(amount, currency = this.currency) {
    return show(amount, currency, this.locale);
  },
};

function firstCurrency() {
  const kept = recall("shop.currency");
  if (CURRENCIES.includes(kept)) return kept;
  const { language } = navigator;
  return HOME_CURRENCY[language] ?? HOME_CURRENCY[language.slice(0, 2)] ?? "USD";
}

/** An element with attributes and children; a function under "on…" becomes a listener. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Fetches JSON from the shop's server; an answer that is no success throws its problem. */
export async function call(path, options = {}) {
  const { body, headers, ...rest } = options;
  const answer = await fetch(path, {
    ...rest,
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
  });
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(value.detail), { status: answer.status, ...value });
  return value;
}

/** Draws the page, and again whenever the shopper changes language or currency. */
export async function start(draw, { fixedCurrency = false } = {}) {
  const redraw = async () => {
    applyTexts();
    drawHeader(fixedCurrency, redraw);
    drawFooter();
    try {
      await draw();
    } catch (error) {
      showFailure(error, redraw);
    }
    root.classList.remove("waiting");
  };
  onCartChange(() => drawCount());
  // Back and forward may show a kept copy of the page with an old basket in it.
  addEventListener("pageshow", (event) => event.persisted && redraw());
  await redraw();
}

/** Puts the texts of the page's language wherever the HTML names a key. */
export function applyTexts(within = document) {
  root.lang = page.locale;
  for (const element of within.querySelectorAll("[data-t]")) {
    element.textContent = page.t(element.dataset.t);
  }
  document.title = `${page.t(document.body.dataset.title)} · ${page.t("shop.name")}`;
}

function drawHeader(fixedCurrency, redraw) {
  const header = document.getElementById("top");
  const at = location.pathname;
  const link = (href, key) =>
    h("a", { href, "aria-current": at === href ? "page" : null }, page.t(key));
  const wasFocused = document.activeElement?.id;
  header.replaceChildren(
    h("a", { class: "skip", href: "#main" }, page.t("shop.skip")),
    h(
      "div",
      { class: "top-inner" },
      h(
        "a",
        { class: "brand", href: "/" },
        h("img", { src: "/images/mark.svg", alt: "", width: 36, height: 36 }),
        page.t("shop.name"),
      ),
      h(
        "nav",
        { "aria-label": page.t("shop.menu") },
        link("/", "shop.all"),
        link("/order.html", "shop.order_status"),
      ),
      h(
        "div",
        { class: "choices" },
        chooser("locale", "shop.language", LOCALES, (value) => {
          page.locale = value;
          keep("shop.locale", value);
          redraw();
        }),
        fixedCurrency
          ? null
          : chooser(
              "currency",
              "shop.currency",
              Object.fromEntries(CURRENCIES.map((code) => [code, code])),
              (value) => {
                page.currency = value;
                keep("shop.currency", value);
                redraw();
              },
            ),
        h(
          "a",
          { class: "basket", href: "/cart.html", id: "basket-link" },
          h("span", {}, page.t("shop.basket")),
          " ",
          h("span", { class: "badge", id: "basket-count" }),
          h("span", { class: "unseen", id: "basket-unit" }),
        ),
      ),
    ),
  );
  drawCount();
  if (wasFocused) document.getElementById(wasFocused)?.focus();
}

function chooser(id, key, choices, onchange) {
  const select = h(
    "select",
    {
      id: `choose-${id}`,
      "aria-label": page.t(key),
      onchange: () => onchange(select.value),
    },
    Object.entries(choices).map(([value, name]) =>
      h(
        "option",
        { value, lang: id === "locale" ? value : null, selected: page[id] === value },
        name,
      ),
    ),
  );
  return select;
}

function drawCount() {
  const badge = document.getElementById("basket-count");
  if (!badge) return;
  const pieces = count();
  badge.textContent = pieces;
  badge.hidden = pieces === 0;
  document.getElementById("basket-unit").textContent =
    pieces === 0 ? "" : ` ${page.t(pieces === 1 ? "shop.piece" : "shop.pieces")}`;
}

function drawFooter() {
  document
    .getElementById("foot")
    .replaceChildren(
      h(
        "div",
        { class: "foot-inner" },
        h("p", {}, page.t("shop.footer")),
        h(
          "nav",
          { "aria-label": page.t("shop.footer_links") },
          h("a", { href: "/events.html" }, page.t("shop.events")),
          h("a", { href: "/no-server.html" }, page.t("shop.no_server")),
        ),
      ),
    );
}

function showFailure(error, redraw) {
  console.error(error);
  document
    .getElementById("main")
    .replaceChildren(
      h(
        "div",
        { class: "notice bad", role: "alert" },
        h("p", {}, page.t("shop.load_failed")),
        h("button", { class: "button", type: "button", onclick: redraw }, page.t("shop.try_again")),
      ),
    );
}

/** Says something to a screen reader without moving the focus. */
export function announce(text) {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}

/** The steps of the checkout; `now` is the one the shopper is at. */
export function steps(now) {
  const names = ["basket", "delivery", "payment"];
  const links = { basket: "/cart.html", delivery: "/delivery.html" };
  const list = names.map((name, index) => {
    const text = page.t(`steps.${name}`);
    const isPast = index < names.indexOf(now);
    return h(
      "li",
      { "aria-current": name === now ? "step" : null, class: isPast ? "past" : null },
      isPast ? h("a", { href: links[name] }, text) : h("span", {}, text),
    );
  });
  return h("ol", { class: "steps", "aria-label": page.t("steps.label") }, list);
}

/** The lines of an order and its sums, as a table of descriptions. */
export function summary(order) {
  const { currency } = order.total;
  const line = (key, money, extra) =>
    money && !isZero(money)
      ? h(
          "div",
          { class: extra },
          h("dt", {}, page.t(key)),
          h("dd", {}, page.money(money.amount, currency)),
        )
      : null;
  return [
    h(
      "ul",
      { class: "lines" },
      order.items.map((item) =>
        h(
          "li",
          {},
          h("span", {}, item.name, h("small", {}, ` × ${item.quantity}`)),
          h("span", {}, page.money(lineSum(item), currency)),
        ),
      ),
    ),
    h(
      "dl",
      { class: "sums" },
      line("sum.goods", order.goods),
      line("sum.shipping", order.shipping),
      line("sum.tax", order.tax),
      line("sum.discount", order.discount),
      line("sum.total", order.total, "total"),
    ),
  ];
}

function lineSum({ quantity, unit_price: { amount, currency } }) {
  return fromMinor(toMinor(amount, currency) * BigInt(quantity), currency);
}

const isZero = (money) => !/[1-9]/.test(money.amount);

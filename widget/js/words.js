// The words of the page: texts by key, amounts and times as the shopper's language writes them.
//
// Every element that shows a text carries its key in `data-t`, so that another language can be
// written over the page at any time, and nothing that was typed is lost.

const CAUGHT = /\{(\w+)\}/g;

let texts = {};
let locale = "en";
let order = {};
// What texts may name besides store and total: the attempt's method and card, what was refunded.
let names = {};

export function learn(data, total) {
  texts = data.texts;
  locale = data.locale;
  order = { store: data.store_name, total, currency: data.currency, urls: data.locale_url };
}

export function learnNames(more) {
  names = more;
}

export const knows = (key) => key in texts;

// The text of a key. A key without a text shows itself, which no test of the pages lets pass.
// What is put in is not searched again: a store called `{total}` stays what it is.
export function text(key, element) {
  const data = element?.dataset;
  return (texts[key] ?? key).replace(CAUGHT, (whole, name) => named(name, data) ?? whole);
}

function named(name, data) {
  switch (name) {
    case "store":
      return order.store;
    case "total":
      return money(order.total);
    case "refunded":
      return money(names.refunded);
    case "method":
      return text("method." + (data?.method ?? names.method));
    case "brand":
      return text("brand." + names.brand);
    case "last4":
      return names.last4;
    default:
      return data?.[name];
  }
}

// Writes a text into an element and shows it; without a key hides the element.
export function say(id, key) {
  const element = document.getElementById(id);
  if (!element) return;
  element.hidden = !key;
  if (key) {
    element.dataset.t = key;
    element.textContent = text(key, element);
  } else {
    delete element.dataset.t;
    element.textContent = "";
  }
}

// Has a screen reader say these texts.
export function announce(...keys) {
  const live = document.getElementById("live");
  if (live) live.textContent = keys.filter(Boolean).map((key) => text(key)).join(" ");
}

// Plain `en` would write the dollars of all countries alike.
const tag = () => (locale === "en" ? "en-001" : locale);

// With exactly the decimals that the amount comes with. It goes to `Intl` as text: as a number it
// would lose digits.
export function money(amount) {
  const decimals = amount?.split(".")[1]?.length ?? 0;
  return new Intl.NumberFormat(tag(), {
    style: "currency",
    currency: order.currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(amount);
}

export const time = (ms) =>
  new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "short" }).format(ms);

export function writeAmounts() {
  for (const element of document.querySelectorAll(".money")) {
    element.textContent = money(element.value);
  }
}

// A page of ours in the present language.
export const localised = (href) => href + "?locale=" + locale;

// Writes everything again in the present language.
export function writePage() {
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = text(element.dataset.t, element);
  }
  for (const element of document.querySelectorAll("[data-t-placeholder]")) {
    element.placeholder = text(element.dataset.tPlaceholder, element);
  }
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", text(element.dataset.tLabel, element));
  }
  writeAmounts();
  const until = document.getElementById("until");
  if (until?.dataset.ms) {
    until.dataset.time = time(+until.dataset.ms);
    until.textContent = text("summary.until", until);
  }
  document.title = text("page.title");
  document.documentElement.lang = locale;
  const select = document.getElementById("language");
  if (select) select.value = locale;
}

// Fetches the texts of another language and writes them over the page.
export async function changeLanguage(wanted) {
  const primary = (tag) => String(tag).toLowerCase().split("-")[0];
  const found = Object.keys(order.urls).find((known) => primary(known) === primary(wanted));
  if (!found || found === locale) return;
  try {
    const answer = await fetch(order.urls[found]);
    if (!answer.ok) throw answer;
    texts = await answer.json();
    locale = found;
  } catch {
    announce("notice.language");
  }
  writePage();
}

// Address and way of delivery; creates the order on the shop's server.

import { announce, call, h, page, start, steps, summary } from "./shell.mjs";
import { items } from "./cart-store.mjs";
import { cartIdFor, draft, keepDraft, keepOrder } from "./order-store.mjs";

const REQUIRED = ["email", "name", "line1", "postcode", "city", "country"];
const ADDRESS = ["name", "line1", "line2", "city", "region", "postcode", "country", "phone"];

const delivery = call("/delivery.json");
const form = document.getElementById("delivery");
const button = document.getElementById("continue");
const field = (name) => form.elements[name];
let quoteNumber = 0;

start(async () => {
  if (items().length === 0) {
    location.replace("/cart.html");
    return;
  }
  document.getElementById("steps").replaceChildren(steps("delivery"));
  const rates = await delivery;
  drawCountries(Object.keys(rates.countries));
  await drawSums();
});

restore();
form.addEventListener("submit", submit);
form.addEventListener("change", (event) => {
  keepDraft(values());
  if (["country", "shipping"].includes(event.target.name)) drawSums();
});
form.addEventListener("focusout", ({ target }) => {
  if (target.getAttribute?.("aria-invalid") !== "true") return;
  check(target.name);
  if (!form.querySelector("[aria-invalid=true]")) say("");
});

function values() {
  return Object.fromEntries(new FormData(form));
}

function restore() {
  for (const [name, value] of Object.entries(draft() ?? {})) {
    if (name !== "country" && field(name)) field(name).value = value;
  }
}

function drawCountries(codes) {
  const select = field("country");
  const chosen = select.value || draft()?.country || (page.locale === "zh-CN" ? "CN" : "US");
  const names = new Intl.DisplayNames(page.locale, { type: "region" });
  const sorted = codes
    .map((code) => [code, names.of(code)])
    .sort((a, b) => a[1].localeCompare(b[1], page.locale));
  select.replaceChildren(
    ...sorted.map(([value, name]) => h("option", { value, selected: value === chosen }, name)),
  );
}

/** Asks the server for the sums, and for both ways of delivery what each would cost. */
async function drawSums() {
  const mine = ++quoteNumber;
  const { country, shipping } = values();
  const ask = (way) =>
    call("/api/quote", {
      body: {
        items: items(),
        currency: page.currency,
        locale: page.locale,
        shipping: way,
        country,
      },
    });
  const [standard, express] = await Promise.all([ask("standard"), ask("express")]);
  if (mine !== quoteNumber) return;
  for (const [way, quote] of Object.entries({ standard, express })) {
    const isFree = !/[1-9]/.test(quote.shipping.amount);
    document.getElementById(`price-${way}`).textContent = isFree
      ? page.t("delivery.free")
      : page.money(quote.shipping.amount);
  }
  document
    .getElementById("sums")
    .replaceChildren(...summary(shipping === "express" ? express : standard));
}

function mark(name, code) {
  const slot = document.getElementById(`${name}-error`);
  if (!slot) return;
  const known = ["missing", "malformed", "too_long", "not_a_choice"];
  slot.textContent = code ? page.t(`error.${known.includes(code) ? code : "malformed"}`) : "";
  field(name).setAttribute("aria-invalid", String(Boolean(code)));
}

/** Looks at one field the way the server will; returns whether it is right. */
function check(name, postcodeOptional = field("country").value === "HK") {
  const value = field(name).value.trim();
  const isNeeded = REQUIRED.includes(name) && !(name === "postcode" && postcodeOptional);
  let code = null;
  if (isNeeded && value === "") code = "missing";
  else if (name === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) code = "malformed";
  mark(name, code);
  return code === null;
}

async function submit(event) {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  say("");
  const wrong = [...new Set([...REQUIRED, "phone"])].filter((name) => !check(name));
  if (wrong.length > 0) {
    say(page.t("delivery.errors"));
    field(wrong[0]).focus();
    return;
  }
  setBusy(true);
  try {
    await placeOrder();
    location.assign("/checkout.html");
  } catch (error) {
    showRefusal(error);
    setBusy(false);
  }
}

async function placeOrder() {
  const { email, shipping, ...rest } = values();
  const address = Object.fromEntries(ADDRESS.map((name) => [name, (rest[name] ?? "").trim()]));
  const body = {
    items: items(),
    currency: page.currency,
    locale: page.locale,
    address,
    email: email.trim(),
    shipping,
  };
  const { client_token, order } = await call("/api/orders", {
    body,
    headers: { "idempotency-key": cartIdFor(body) },
  });
  keepOrder({
    id: order.id,
    token: client_token,
    reference: order.reference,
    email: body.email,
    address,
  });
}

function showRefusal(error) {
  const first = (error.errors ?? [])
    .map(({ pointer, code }) => {
      const name = pointer.split("/").at(-1);
      mark(name, code);
      return name;
    })
    .find((name) => document.getElementById(`${name}-error`));
  if (first) {
    say(page.t("delivery.errors"));
    field(first).focus();
  } else {
    const isKnown = ["payment_unavailable", "cart_changed", "out_of_stock"].includes(error.code);
    say(page.t(isKnown ? `error.${error.code}` : "error.other"));
  }
}

function say(text) {
  document.getElementById("refusal").textContent = text;
}

/** `aria-disabled` instead of `disabled`, so that the focus stays where it is. */
function setBusy(isBusy) {
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = page.t(isBusy ? "delivery.working" : "delivery.submit");
  if (isBusy) announce(page.t("delivery.working"));
}

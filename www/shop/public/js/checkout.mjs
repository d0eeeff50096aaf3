// The payment page: gives the order's token to <causeway-checkout> and follows what it tells.

import { announce, call, h, page, start, steps } from "./shell.mjs";
import { currentOrder, dropCartId } from "./order-store.mjs";
import { keepTheme } from "./theme.mjs";

const place = document.getElementById("pay");
const order = currentOrder();
let checkout = null;

start(
  () => {
    document.getElementById("steps").replaceChildren(steps("payment"));
    document.getElementById("none").hidden = Boolean(order);
    document.getElementById("paying").hidden = !order;
    if (!order) return;
    drawDelivery();
    if (!checkout) {
      checkout = h("causeway-checkout", { order: order.token });
      listen(checkout);
      keepTheme(checkout, place);
    }
    // The element takes a new language without losing what is typed.
    checkout.setAttribute("locale", page.locale);
    if (!checkout.isConnected) place.append(checkout);
  },
  { fixedCurrency: true },
);

// Test cards are named only where no real money can move.
call("/config.json").then(({ publishable_key: key }) => {
  document.getElementById("test-mode").hidden = !key.startsWith("pk_test_");
});

const script = document.getElementById("causeway-script");
script.addEventListener("error", showScriptFailure);
// The error may have happened before this module ran.
if (script.dataset.failed) showScriptFailure();

function listen(element) {
  // The event moves the shopper on; whether the order is paid, the shop learns by webhook.
  element.addEventListener("paid", () => location.assign(thanks()));
  element.addEventListener("change", ({ detail }) => {
    if (["expired", "cancelled"].includes(detail?.state)) showOver();
    if (detail?.state === "authorized") location.assign(thanks());
  });
}

const thanks = () => `/thanks.html?causeway_order=${encodeURIComponent(order.id)}`;

function drawDelivery() {
  const { address, email, reference } = order;
  document.getElementById("reference").textContent = page.t("checkout.order_number", { reference });
  const country = new Intl.DisplayNames(page.locale, { type: "region" }).of(address.country);
  const lines = [
    address.name,
    address.line1,
    address.line2,
    [address.postcode, address.city].filter(Boolean).join(" "),
    address.region,
    country,
    email,
  ];
  document
    .getElementById("deliver-to")
    .replaceChildren(...lines.filter(Boolean).map((line) => h("span", {}, line)));
}

function showOver() {
  dropCartId();
  document.getElementById("over").hidden = false;
  announce(page.t("checkout.over"));
}

function showScriptFailure() {
  document.getElementById("script-failed").hidden = false;
}

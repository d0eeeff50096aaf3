// After the payment. What stands here comes from the shop's own server, and that believes
// verified webhooks only: coming back to this address proves nothing.

import { announce, call, h, page, start, summary } from "./shell.mjs";
import { empty, items } from "./cart-store.mjs";
import { currentOrder, dropCartId, keepOrder } from "./order-store.mjs";
import { history, stateText } from "./states.mjs";

const FAST_MS = 800;
const SLOW_MS = 5000;
const FAST_TRIES = 40;
const FINAL = ["paid", "refunded", "cancelled", "expired"];

const id = new URLSearchParams(location.search).get("causeway_order");
let order = null;
let tries = 0;
let shown = "";

start(draw, { fixedCurrency: true });
if (id) poll();

async function poll() {
  try {
    order = await call(`/api/orders/${encodeURIComponent(id)}`);
  } catch {
    // Not heard of yet, or the network is gone for a moment: ask again.
  }
  if (order?.state === "paid") settle();
  draw();
  if (FINAL.includes(order?.state)) return;
  tries += 1;
  setTimeout(poll, tries < FAST_TRIES ? FAST_MS : SLOW_MS);
}

/** The basket has been bought: it is empty, and the next one is another order. */
function settle() {
  const current = currentOrder();
  if (current?.id !== id) return;
  keepOrder(null);
  dropCartId();
  if (items().length > 0) empty();
}

function draw() {
  document.getElementById("unknown").hidden = Boolean(id);
  document.getElementById("order").hidden = !id;
  if (!id) return;
  const { key, values, tone } = stateText(order);
  const heading = document.getElementById("state");
  heading.textContent = page.t(`thanks.${key}`);
  heading.parentElement.dataset.tone = tone;
  document.getElementById("state-text").textContent = page.t(values.text, {
    amount: order?.refunded ? page.money(order.refunded.amount, order.refunded.currency) : "",
  });
  if (shown !== key) announce(heading.textContent);
  shown = key;
  document.getElementById("keep").textContent = order?.reference
    ? page.t("thanks.keep", { reference: order.reference })
    : "";
  document.getElementById("sums").replaceChildren(...(order ? summary(order) : []));
  document.getElementById("heard").replaceChildren(history(order));
  drawNext(key);
}

function drawNext(key) {
  const canPay = currentOrder()?.id === id && ["waiting", "failed"].includes(key);
  const isOver = ["expired", "cancelled"].includes(key);
  document
    .getElementById("next")
    .replaceChildren(
      ...[
        canPay
          ? h("a", { class: "button", href: "/checkout.html" }, page.t("thanks.back_to_pay"))
          : null,
        isOver ? h("a", { class: "button", href: "/cart.html" }, page.t("thanks.to_basket")) : null,
        h(
          "a",
          { class: canPay || isOver ? "link" : "button", href: "/" },
          page.t("thanks.shop_on"),
        ),
      ].filter(Boolean),
    );
}

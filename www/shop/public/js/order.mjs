// Order look-up: the number and the email address find it.

import { announce, call, page, start, summary } from "./shell.mjs";
import { history } from "./states.mjs";

const form = document.getElementById("find");
let order = null;
let error = "";

start(draw, { fixedCurrency: true });

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { reference, email } = Object.fromEntries(new FormData(form));
  try {
    order = await call("/api/orders/find", { body: { reference, email } });
    error = "";
  } catch (refused) {
    order = null;
    error = refused.status === 404 ? "order.not_found" : "shop.load_failed";
  }
  draw();
  if (order) {
    announce(page.t(`state.${order.state}`));
    document.getElementById("found-title").focus();
  }
});

function draw() {
  document.getElementById("refusal").textContent = error ? page.t(error) : "";
  document.getElementById("found").hidden = !order;
  if (!order) return;
  document.getElementById("found-title").textContent = page.t("checkout.order_number", {
    reference: order.reference ?? order.id,
  });
  document.getElementById("found-state").textContent = page.t(`state.${order.state}`);
  document.getElementById("sums").replaceChildren(...summary(order));
  document.getElementById("heard").replaceChildren(history(order));
}

// Dresses the page without a server; the payment itself needs nothing of this.

import { announce, call, h, page, start } from "./shell.mjs";
import { keepTheme } from "./theme.mjs";

const script = document.getElementById("causeway-script");
const pay = document.getElementById("pay");
const products = call("/catalogue.json");

start(
  async () => {
    const list = await products;
    const cart = JSON.parse(script.dataset.cart);
    document.getElementById("contains").replaceChildren(
      ...cart.map(({ sku, quantity }) => {
        const product = list.find((one) => one.sku === sku);
        return h(
          "li",
          {},
          h("img", { src: product.image, alt: "", width: 96, height: 96 }),
          h("span", {}, product.name[page.locale], h("small", {}, ` × ${quantity}`)),
        );
      }),
    );
    document.getElementById("source").textContent = sourceOf(script);
    pay.querySelector("causeway-checkout")?.setAttribute("locale", page.locale);
  },
  { fixedCurrency: true },
);

// The script puts its element here, now or in a moment.
const dress = () => {
  const element = pay.querySelector("causeway-checkout");
  if (element && !element.hasAttribute("theme")) keepTheme(element, pay);
};
new MutationObserver(dress).observe(pay, { childList: true });
dress();

// The script puts the checkout into this place; listening here needs no knowledge of when.
pay.addEventListener(
  "paid",
  () => {
    document.getElementById("paid").hidden = false;
    announce(page.t("noserver.paid"));
  },
  true,
);
// Without a frame nobody else could say why there is nothing to pay.
pay.addEventListener("failed", ({ detail }) => pay.querySelector("iframe") ?? showFailure(detail),
  true);
const { failed } = document.documentElement.dataset;
if (failed && !pay.querySelector("iframe")) showFailure({ reason: failed });
script.addEventListener("error", () => showFailure());
if (script.dataset.failed) showFailure();

function showFailure({ reason } = {}) {
  const isSold = reason === "out_of_stock";
  document.getElementById(isSold ? "out-of-stock" : "script-failed").hidden = false;
}

/** The tag as it stands in this page, one attribute a line. */
function sourceOf(element) {
  const attributes = [...element.attributes]
    .filter(({ name }) => !["id", "data-failed"].includes(name))
    .map(({ name, value }) => {
      if (value === "") return name;
      return value.includes('"') ? `${name}='${value}'` : `${name}="${value}"`;
    });
  return `<div id="pay"></div>\n<script ${attributes.join("\n        ")}></script>`;
}

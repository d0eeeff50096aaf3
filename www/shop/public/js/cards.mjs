// The card of a product, in the catalogue and below a product.

import { h, page } from "./shell.mjs";

/** A list item with picture, name and price that leads to the product. */
export function productCard(product) {
  const href = `/product.html?sku=${encodeURIComponent(product.sku)}`;
  return h(
    "li",
    { class: "card" },
    h(
      "a",
      { href },
      h("img", { src: product.image, alt: "", width: 400, height: 400, loading: "lazy" }),
      h("span", { class: "card-name" }, product.name[page.locale]),
      h("span", { class: "price" }, page.money(product.prices[page.currency])),
    ),
  );
}

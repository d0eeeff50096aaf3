// One product.

import { announce, call, h, page, start } from "./shell.mjs";
import { add, QUANTITY_MAX } from "./cart-store.mjs";
import { productCard } from "./cards.mjs";

const products = call("/catalogue.json");
const sku = new URLSearchParams(location.search).get("sku");
const quantity = document.getElementById("quantity");

for (let number = 1; number <= QUANTITY_MAX; number += 1) {
  quantity.append(h("option", { value: number }, String(number)));
}

start(async () => {
  const list = await products;
  const product = list.find((one) => one.sku === sku);
  document.getElementById("unknown").hidden = Boolean(product);
  document.getElementById("product").hidden = !product;
  if (product) drawProduct(product);
  const index = Math.max(0, list.indexOf(product));
  const others = [...list.slice(index + 1), ...list.slice(0, index)].slice(0, 4);
  document.getElementById("more").replaceChildren(...others.map(productCard));
});

function drawProduct(product) {
  const name = product.name[page.locale];
  document.title = `${name} · ${page.t("shop.name")}`;
  const picture = document.getElementById("picture");
  picture.src = product.image;
  picture.alt = name;
  document.getElementById("name").textContent = name;
  document.getElementById("price").textContent = page.money(product.prices[page.currency]);
  document.getElementById("description").textContent = product.description[page.locale];
  document.getElementById("buy").onsubmit = (event) => {
    event.preventDefault();
    add(product.sku, Number(quantity.value));
    const text = page.t("product.added", { name });
    document
      .getElementById("added")
      .replaceChildren(text, " ", h("a", { href: "/cart.html" }, page.t("product.to_basket")));
    announce(text);
  };
}

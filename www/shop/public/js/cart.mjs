// The basket.

import { call, h, page, start, steps } from "./shell.mjs";
import { items, QUANTITY_MAX, setQuantity } from "./cart-store.mjs";
import { fromMinor, toMinor } from "./money.mjs";

const products = call("/catalogue.json");
const main = document.getElementById("cart");

start(draw);

async function draw() {
  const list = await products;
  const lines = items()
    .map((item) => ({ ...item, product: list.find(({ sku }) => sku === item.sku) }))
    .filter(({ product }) => product);
  document.getElementById("steps").replaceChildren(steps("basket"));
  main.replaceChildren(lines.length === 0 ? emptyCart() : filledCart(lines));
}

function emptyCart() {
  return h(
    "div",
    { class: "empty" },
    h("p", {}, page.t("cart.empty")),
    h("a", { class: "button", href: "/" }, page.t("cart.back")),
  );
}

function filledCart(lines) {
  const { currency } = page;
  const goodsMinor = lines.reduce(
    (sum, { product, quantity }) =>
      sum + toMinor(product.prices[currency], currency) * BigInt(quantity),
    0n,
  );
  return h(
    "div",
    { class: "columns" },
    h("ul", { class: "cart-lines" }, lines.map(cartLine)),
    h(
      "section",
      { class: "panel" },
      h(
        "dl",
        { class: "sums" },
        h(
          "div",
          { class: "total" },
          h("dt", {}, page.t("cart.goods")),
          h("dd", { id: "goods" }, page.money(fromMinor(goodsMinor, currency))),
        ),
      ),
      h("p", { class: "muted" }, page.t("cart.later")),
      h("a", { class: "button wide", href: "/delivery.html" }, page.t("cart.checkout")),
    ),
  );
}

function cartLine({ product, quantity }) {
  const { currency } = page;
  const name = product.name[page.locale];
  const amount = product.prices[currency];
  const sum = fromMinor(toMinor(amount, currency) * BigInt(quantity), currency);
  const id = `quantity-${product.sku}`;
  const select = h(
    "select",
    {
      id,
      "aria-label": page.t("cart.quantity_of", { name }),
      onchange: async () => {
        setQuantity(product.sku, Number(select.value));
        await draw();
        document.getElementById(id)?.focus();
      },
    },
    Array.from({ length: QUANTITY_MAX }, (_, index) =>
      h("option", { value: index + 1, selected: index + 1 === quantity }, String(index + 1)),
    ),
  );
  return h(
    "li",
    {},
    h("img", { src: product.image, alt: "", width: 112, height: 112 }),
    h(
      "div",
      { class: "cart-text" },
      h("a", { href: `/product.html?sku=${encodeURIComponent(product.sku)}` }, name),
      h("span", { class: "muted" }, page.t("cart.each", { amount: page.money(amount) })),
      h(
        "div",
        { class: "cart-acts" },
        select,
        h(
          "button",
          {
            type: "button",
            class: "link",
            "aria-label": page.t("cart.remove_of", { name }),
            onclick: async () => {
              setQuantity(product.sku, 0);
              await draw();
              document.getElementById("main").focus();
            },
          },
          page.t("cart.remove"),
        ),
      ),
    ),
    h("span", { class: "price" }, page.money(sum)),
  );
}

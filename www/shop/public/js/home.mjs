// The catalogue.

import { call, h, page, start } from "./shell.mjs";
import { productCard } from "./cards.mjs";

const products = call("/catalogue.json");
const delivery = call("/delivery.json");

start(async () => {
  const list = await products;
  const freeFrom = (await delivery).free_standard_from[page.currency];
  document
    .getElementById("notes")
    .replaceChildren(
      ...[
        ["home.note_shipping", { amount: page.money(freeFrom) }],
        ["home.note_pay"],
        ["home.note_return"],
      ].map(([key, values]) => h("li", {}, page.t(key, values))),
    );
  document.getElementById("products").replaceChildren(...list.map(productCard));
});

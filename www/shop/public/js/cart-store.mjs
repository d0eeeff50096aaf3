// The basket: what and how many, in this browser. No price is kept; the server knows the prices.

import { keep, keepJson, recallJson } from "./storage.mjs";

const NAME = "shop.cart";
export const QUANTITY_MAX = 20;
const listeners = new Set();

/** The basket as [{sku, quantity}]; anything odd in the storage is left out. */
export function items() {
  const kept = recallJson(NAME);
  if (!Array.isArray(kept)) return [];
  return kept.filter(
    ({ sku, quantity } = {}) =>
      typeof sku === "string" &&
      Number.isInteger(quantity) &&
      quantity >= 1 &&
      quantity <= QUANTITY_MAX,
  );
}

/** How many pieces are in the basket. */
export function count() {
  return items().reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Puts more of a product into the basket. */
export function add(sku, quantity) {
  const before = items().find((item) => item.sku === sku)?.quantity ?? 0;
  setQuantity(sku, Math.min(before + quantity, QUANTITY_MAX));
}

/** Sets how many; 0 takes the product out. */
export function setQuantity(sku, quantity) {
  const rest = items();
  const index = rest.findIndex((item) => item.sku === sku);
  if (quantity === 0) rest.splice(index, index < 0 ? 0 : 1);
  else if (index < 0) rest.push({ sku, quantity });
  else rest[index].quantity = quantity;
  keepJson(NAME, rest);
  tell();
}

export function empty() {
  keep(NAME, null);
  tell();
}

/** Calls back after each change, also one made in another tab. */
export function onCartChange(listener) {
  listeners.add(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

addEventListener("storage", (event) => event.key === NAME && tell());

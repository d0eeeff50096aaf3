// The order that this tab is paying: its token, and the cart id that makes creating it repeatable.

import { keepJson, recallJson } from "./storage.mjs";

const ORDER = "shop.order";
const CART_ID = "shop.cart_id";
const ADDRESS = "shop.address";

/**
 * The cart id for this very content. The same content keeps its id, so that a second press or a
 * repeated request finds the same order; changed content gets a new one.
 */
export function cartIdFor(content) {
  const fingerprint = JSON.stringify(content);
  const kept = recallJson(CART_ID, "sessionStorage");
  if (kept?.fingerprint === fingerprint) return kept.id;
  const id = newUuid();
  keepJson(CART_ID, { id, fingerprint }, "sessionStorage");
  return id;
}

/** Forgets the cart id, so that the same basket makes a new order. */
export function dropCartId() {
  keepJson(CART_ID, null, "sessionStorage");
}

export const currentOrder = () => recallJson(ORDER, "sessionStorage");
export const keepOrder = (order) => keepJson(ORDER, order, "sessionStorage");

export const draft = () => recallJson(ADDRESS, "sessionStorage");
export const keepDraft = (values) => keepJson(ADDRESS, values, "sessionStorage");

/** A random UUID (version 4). `crypto.randomUUID` is missing on plain http outside localhost. */
function newUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// What a basket costs. Prices come from catalogue.json and delivery.json, never from the page.
// The rates are samples, not tax advice.

import { readFileSync } from "node:fs";
import { fromMinor, shareOf, toMinor } from "../public/js/money.mjs";

const here = (name) => new URL(`../${name}`, import.meta.url);

/** Reads the shop's goods and its delivery and tax rates. */
export function loadGoods() {
  const list = JSON.parse(readFileSync(here("catalogue.json"), "utf8"));
  const delivery = JSON.parse(readFileSync(here("delivery.json"), "utf8"));
  return { list, delivery, bySku: new Map(list.map((product) => [product.sku, product])) };
}

/**
 * Prices a checked basket ({items, currency, locale, shipping, country}).
 * Everything is summed in integer minor units; tax is added on goods and shipping together.
 */
export function price(goods, basket) {
  const { currency, locale } = basket;
  const money = (minor) => ({ amount: fromMinor(minor, currency), currency });
  let goodsMinor = 0n;
  const items = basket.items.map(({ sku, quantity }) => {
    const product = goods.bySku.get(sku);
    const unitMinor = toMinor(product.prices[currency], currency);
    goodsMinor += unitMinor * BigInt(quantity);
    return {
      sku,
      name: product.name[locale],
      quantity,
      unit_price: money(unitMinor),
      image: product.image,
    };
  });
  const shippingMinor = shippingFor(goods.delivery, basket, goodsMinor);
  const rate = goods.delivery.countries[basket.country].tax_basis_points;
  const taxMinor = shareOf(goodsMinor + shippingMinor, rate);
  return {
    items,
    goods: money(goodsMinor),
    shipping: money(shippingMinor),
    tax: money(taxMinor),
    total: money(goodsMinor + shippingMinor + taxMinor),
  };
}

function shippingFor(delivery, { currency, shipping }, goodsMinor) {
  const freeFrom = toMinor(delivery.free_standard_from[currency], currency);
  if (shipping === "standard" && goodsMinor >= freeFrom) return 0n;
  return toMinor(delivery.shipping[shipping][currency], currency);
}

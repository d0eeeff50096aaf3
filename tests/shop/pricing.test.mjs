// The demo shop's arithmetic, by itself.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { describe, test } from "node:test";
import { loadGoods, price } from "../../www/shop/lib/pricing.mjs";
import { fromMinor, shareOf, toMinor } from "../../www/shop/public/js/money.mjs";
import { CURRENCIES, PUBLIC, basket } from "./setup.mjs";

describe("totals", () => {
  const goods = loadGoods();
  for (const currency of CURRENCIES) {
    for (const shipping of ["standard", "express"]) {
      test(`add up in ${currency}, ${shipping}`, () => {
        for (const country of Object.keys(goods.delivery.countries)) {
          const items = goods.list.map(({ sku }, index) => ({ sku, quantity: (index % 3) + 1 }));
          const sums = price(goods, { items, currency, locale: "en", shipping, country });
          const minor = (money) => toMinor(money.amount, currency);
          const lines = sums.items.reduce(
            (sum, { unit_price, quantity }) => sum + minor(unit_price) * BigInt(quantity),
            0n,
          );
          assert.equal(lines, minor(sums.goods));
          assert.equal(lines + minor(sums.shipping) + minor(sums.tax), minor(sums.total));
          assert.match(sums.total.amount, currency === "JPY" ? /^\d+$/ : /^\d+\.\d{2}$/);
        }
      });
    }
  }

  test("one order by hand: 2 × 18.00 + 24.50 + 6.50 delivery, 19 % tax", () => {
    const { items } = basket();
    const sums = price(goods, {
      items,
      currency: "USD",
      locale: "en",
      shipping: "standard",
      country: "DE",
    });
    assert.equal(sums.goods.amount, "60.50");
    assert.equal(sums.shipping.amount, "6.50");
    assert.equal(sums.tax.amount, "12.73");
    assert.equal(sums.total.amount, "79.73");
  });

  test("yen have no decimals: 2700 × 2 + 3700 + 700, 10 % tax", () => {
    const { items } = basket();
    const sums = price(goods, {
      items,
      currency: "JPY",
      locale: "en",
      shipping: "standard",
      country: "JP",
    });
    assert.equal(sums.total.amount, "10780");
  });

  test("standard delivery is free from its threshold, express never", () => {
    const items = [{ sku: "kettle-900", quantity: 1 }];
    const ask = (shipping) =>
      price(goods, { items, currency: "USD", locale: "en", shipping, country: "HK" }).shipping
        .amount;
    assert.equal(ask("standard"), "0.00");
    assert.equal(ask("express"), "18.00");
  });

  test("every product has a price in every currency, both names and a picture", async () => {
    const pictures = await readdir(`${PUBLIC}images`);
    for (const product of goods.list) {
      for (const currency of CURRENCIES)
        assert.ok(toMinor(product.prices[currency], currency) > 0n);
      for (const locale of ["en", "zh-CN"]) {
        assert.ok(product.name[locale] && product.description[locale]);
      }
      assert.ok(pictures.includes(product.image.replace("/images/", "")));
    }
  });
});

describe("money", () => {
  test("round trip, and what is refused", () => {
    assert.equal(toMinor("12.3", "USD"), 1230n);
    assert.equal(fromMinor(5n, "EUR"), "0.05");
    assert.equal(fromMinor(2700n, "JPY"), "2700");
    for (const [amount, currency] of [
      ["1.234", "USD"],
      ["1.0", "JPY"],
      ["-1", "USD"],
      ["", "USD"],
      ["1", "XXX"],
    ]) {
      assert.throws(() => toMinor(amount, currency), RangeError);
    }
  });

  test("a share is rounded half up", () => {
    assert.equal(shareOf(50n, 100), 1n);
    assert.equal(shareOf(49n, 100), 0n);
  });
});

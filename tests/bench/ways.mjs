// The ways to pay that are measured: what the shop's server sends for each, the same to every
// contender, and what the channel posts.

import { alipayNotice, wechatNotice } from "./notices.mjs";
import { noticeOf as stripeNotice } from "./stripe.mjs";

/** What the shop's server sends to create an order of a total of 30.00. */
function draft(currency, number) {
  const money = (amount) => ({ amount, currency });
  return JSON.stringify({
    items: [
      { name: "Longjing tea, 50 g", sku: "tea-longjing", quantity: 2, unit_price: money("10.00") },
      { name: "Cups", sku: "cups", quantity: 1, unit_price: money("5.00") },
    ],
    shipping: money("5.00"),
    total: money("30.00"),
    shopper: { email: "wei.chen@shop.example", name: "Chen Wei", country: "CN", locale: "en" },
    description: "Longjing tea",
    merchant_reference: `basket-${number}`,
    return_url: "https://shop.example/thanks",
    metadata: { basket: String(number) },
  });
}

/**
 * By name: the method that the shopper chooses, after which phase the shop is told, and the notice,
 * which is made from our reference and what the gateway remembers of it.
 */
export const WAYS = {
  stripe: {
    title: "Stripe, card",
    method: "card",
    told: "attempt",
    draft: (number) => draft("USD", number),
    notice: (reference, gateway) =>
      stripeNotice(gateway.intents.get(reference), gateway.keys.stripe.webhook_secret),
  },
  alipay: {
    title: "Alipay",
    method: "alipay",
    told: "notice",
    draft: (number) => draft("CNY", number),
    notice: (reference, gateway) => alipayNotice(reference, gateway.keys),
  },
  wechat_pay: {
    title: "WeChat Pay",
    method: "wechat_pay",
    told: "notice",
    draft: (number) => draft("CNY", number),
    notice: (reference, gateway) => wechatNotice(reference, gateway.keys),
  },
};

/** The name of an order's first attempt at a channel. */
export const referenceOf = (order) => `${order}01`;

/** An address in a network that no other shopper of the run has. */
export function shopperAddress(number) {
  return `2001:db8:${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`;
}

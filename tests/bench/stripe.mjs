// What Stripe answers and posts about a card that was charged at once: templates, so that filling
// one in costs next to nothing. The objects are those of the simulator.

import { createHmac } from "node:crypto";
import { balanceTransaction, newCharge, newIntent } from "../simulators/stripe/objects.mjs";

/** The total of the bench's orders in minor units. */
export const TOTAL = 3000;

const METHOD = {
  wire: {
    id: "pm_bench00000000000000000000",
    type: "card",
    billing_details: { address: {}, email: null, name: "CHEN WEI", phone: null, tax_id: null },
    card: { brand: "visa", checks: { cvc_check: "pass" }, country: "US", exp_month: 12,
      exp_year: 2039, fingerprint: "rGJUX7G6KYOYrCD7", funding: "credit", last4: "4242" },
  },
};

const intent = newIntent({
  id: "pi___number__",
  amount: TOTAL,
  amount_received: TOTAL,
  capture_method: "automatic",
  client_secret: "pi___number___secret_0123456789",
  created: "#__created__",
  description: "Longjing tea",
  metadata: { order: "__order__", attempt: "__attempt__", reference: "__reference__" },
  payment_method: METHOD.wire.id,
  status: "succeeded",
});

const charge = newCharge(intent, METHOD, { captured: true });

const numbered = { ...charge, id: "ch___number__", created: "#__created__" };

/** A payment intent with its charge. */
export const INTENT = template({ ...intent, latest_charge: numbered });

/** The same for those who ask what it has cost. */
export const BOOKED = template({
  ...intent,
  latest_charge: {
    ...numbered,
    balance_transaction: { ...balanceTransaction(charge), source: "ch___number__" },
  },
});

/** The event that tells of it. */
const EVENT = template({
  id: "evt___number__",
  object: "event",
  api_version: "2026-10-28.endive",
  created: "#__created__",
  data: { object: { ...intent, latest_charge: "ch___number__" } },
  livemode: false,
  pending_webhooks: 1,
  request: { id: "req_bench000000000", idempotency_key: "__attempt__" },
  type: "payment_intent.succeeded",
});

/** Stripe writes its JSON with two spaces. Odd parts are names of values. */
function template(value) {
  const text = JSON.stringify(value, null, 2).replace(/"#(__[a-z]+__)"/g, "$1");
  return text.split(/__([a-z]+)__/);
}

/** A template with its values. */
export function filled(parts, values) {
  let text = "";
  for (let i = 0; i < parts.length; i += 1) text += i % 2 ? values[parts[i]] : parts[i];
  return text;
}

/** The signed event about a charge: `{headers, body}`. */
export function noticeOf(values, secret) {
  const body = filled(EVENT, values);
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return {
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      "stripe-signature": `t=${timestamp},v1=${signature}`,
    },
    body,
  };
}

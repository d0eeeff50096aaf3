/** A client of the Stripe simulator, from Stripe's package, and what it is asked. */
import Stripe from 'stripe';
import { Receiver, TestMerchant, origins } from './harness.mjs';

export async function setUp({ webhook = true } = {}) {
  const merchant = await TestMerchant.create('stripe');
  const receiver = webhook ? await Receiver.start() : null;
  if (receiver) await merchant.call('POST', 'webhook', { url: receiver.url });
  return { merchant, receiver, stripe: client(merchant.credentials.secret_key) };
}

export function client(key) {
  const { hostname, port } = new URL(origins.stripe);
  return new Stripe(key, {
    host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false,
  });
}

export function card(number, extra = {}) {
  return { type: 'card', card: { number, exp_month: 12, exp_year: 2040, cvc: '123', ...extra } };
}

export function paying(number, extra = {}) {
  return {
    amount: 1234, currency: 'usd', confirm: true, payment_method_types: ['card'],
    payment_method_data: card(number), metadata: { reference: 'ORDER01' }, ...extra,
  };
}

/** The events that arrived, each checked by the SDK. */
export function events({ receiver, stripe, merchant }) {
  return receiver.received.map(({ body, headers }) => stripe.webhooks.constructEvent(
    body, headers['stripe-signature'], merchant.credentials.webhook_secret,
  ));
}

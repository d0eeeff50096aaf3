/** Stripe's webhook events: the envelope, and the signature made by the `stripe` package. */
import Stripe from 'stripe';
import { randomText, unixSeconds } from '../common.mjs';
import { newId } from './objects.mjs';

const stripe = new Stripe('sk_test_signing_only');

/** The API version that the package pins; events and answers carry it. */
export const API_VERSION = Stripe.API_VERSION ?? stripe.getApiField('version');

/**
 * Tells the merchant's webhook of an event, if it has one.
 * `object` is copied as it is now; `request` is what caused it, `null` for a person.
 */
export function emit(merchant, paymentId, type, object, request = null) {
  if (!merchant.data.webhook) return;
  merchant.notices.send(eventSpec(merchant, paymentId, type, object, request));
}

/** An event that only a forger sends. */
export function emitForgery(merchant, paymentId, type, object) {
  if (!merchant.data.webhook) return;
  merchant.notices.sendForgery(eventSpec(merchant, paymentId, type, object, null));
}

function eventSpec(merchant, paymentId, type, object, request) {
  const event = {
    id: newId('evt'),
    object: 'event',
    api_version: API_VERSION,
    created: unixSeconds(),
    data: { object: structuredClone(object) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: request?.id ?? null, idempotency_key: request?.idempotencyKey ?? null },
    type,
  };
  return {
    kind: type,
    paymentId,
    url: merchant.data.webhook.url,
    build: (options) => signed(event, merchant.data.credentials.webhook_secret, options),
    isAcknowledged: (status) => status >= 200 && status < 300,
  };
}

function signed(event, secret, { forged, wrongAmount, skewSeconds }) {
  const payload = JSON.stringify(wrongAmount ? withWrongAmount(event) : event, null, 2);
  const signature = stripe.webhooks.generateTestHeaderString({
    payload,
    secret: forged ? `whsec_${randomText(32)}` : secret,
    timestamp: unixSeconds() + skewSeconds,
  });
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'stripe-signature': signature,
    },
    body: payload,
  };
}

function withWrongAmount(event) {
  const copy = structuredClone(event);
  copy.data.object = overstated(copy.data.object);
  return copy;
}

/** A copy that states another amount: one major unit more, wherever it states one. */
export function overstated(object) {
  const copy = structuredClone(object);
  for (const key of ['amount', 'amount_received', 'amount_captured', 'amount_capturable']) {
    if (copy[key] > 0) copy[key] += 100;
  }
  return copy;
}

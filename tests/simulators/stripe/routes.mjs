/** The part of Stripe's API that the simulator has, with the operation each call counts as. */
import { methodFromData } from './cards.mjs';
import { noSuch } from './errors.mjs';
import { overstated } from './events.mjs';
import {
  cancelIntent, captureIntent, confirmIntent, createIntent,
} from './intents.mjs';
import { balanceTransaction, expanded, listObject } from './objects.mjs';
import { parseNestedForm } from './params.mjs';
import { createRefund } from './refunds.mjs';

const ROUTES = [
  ['POST', '/v1/payment_intents', 'create', (input) => {
    const params = parseNestedForm(input.context.text);
    const payment = createIntent(input.simulator, input.merchant, params, input.request);
    return shown(input, payment.intent, params);
  }],
  ['GET', '/v1/payment_intents', 'query', (input) => {
    const items = input.merchant.data.payments.map(({ intent }) => intent).reverse();
    const params = queryParams(input);
    // An empty list states no amount: the fault waits for one that does.
    const wrong = items.length > 0
      && input.merchant.faults.take('wrong_amount', 'query') !== undefined;
    const stated = wrong ? items.map(overstated) : items;
    return shown(input, listObject('/v1/payment_intents', stated, params), params);
  }],
  ['GET', '/v1/payment_intents/:id', 'query', (input) => {
    const { intent } = findPayment(input);
    const wrong = input.merchant.faults.take('wrong_amount', 'query') !== undefined;
    return shown(input, wrong ? overstated(intent) : intent, queryParams(input));
  }],
  ['POST', '/v1/payment_intents/:id/confirm', 'create', (input) => {
    const params = parseNestedForm(input.context.text);
    const payment = findPayment(input);
    confirmIntent(input.simulator, input.merchant, payment, params, input.request);
    return shown(input, payment.intent, params);
  }],
  ['POST', '/v1/payment_intents/:id/capture', 'capture', (input) => {
    const params = parseNestedForm(input.context.text);
    const payment = findPayment(input);
    captureIntent(input.merchant, payment, params, input.request);
    return shown(input, payment.intent, params);
  }],
  ['POST', '/v1/payment_intents/:id/cancel', 'close', (input) => {
    const params = parseNestedForm(input.context.text);
    const payment = findPayment(input);
    cancelIntent(input.merchant, payment, params, input.request);
    return shown(input, payment.intent, params);
  }],
  ['POST', '/v1/payment_methods', 'other', ({ merchant, context }) => {
    const method = methodFromData(parseNestedForm(context.text));
    merchant.data.methods.push(method);
    return method.wire;
  }],
  ['POST', '/v1/refunds', 'refund', (input) => {
    const params = parseNestedForm(input.context.text);
    const refund = createRefund(input.simulator, input.merchant, params, input.request);
    return shown(input, refund, params);
  }],
  ['GET', '/v1/refunds', 'refund_query', (input) => {
    const params = queryParams(input);
    const items = allRefunds(input.merchant).filter((refund) => (
      (params.payment_intent === undefined || refund.payment_intent === params.payment_intent)
      && (params.charge === undefined || refund.charge === params.charge))).reverse();
    return shown(input, listObject('/v1/refunds', items, params), params);
  }],
  ['GET', '/v1/refunds/:id', 'refund_query', (input) => {
    const refund = allRefunds(input.merchant).find(({ id }) => id === input.id);
    if (!refund) throw noSuch('refund', input.id, 'id');
    return shown(input, refund, queryParams(input));
  }],
  ['GET', '/v1/charges/:id', 'query', (input) => {
    const charge = lookup(input.merchant, 'charge', input.id);
    if (!charge) throw noSuch('charge', input.id, 'id');
    return shown(input, charge, queryParams(input));
  }],
  ['GET', '/v1/account', 'other', ({ merchant }) => ({
    id: merchant.id,
    object: 'account',
    business_profile: { name: 'Simulated merchant' },
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: null,
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Simulated merchant', timezone: 'Etc/UTC' } },
    type: 'standard',
  })],
  ['GET', '/v1/balance', 'other', ({ merchant }) => ({
    object: 'balance',
    available: [{ amount: received(merchant), currency: 'usd', source_types: {} }],
    livemode: false,
    pending: [{ amount: 0, currency: 'usd', source_types: {} }],
  })],
].map(([method, path, op, run]) => ({
  method, op, run, pattern: new RegExp(`^${path.replace(':id', '([^/]+)')}$`),
}));

/** The route of a call, with the `id` out of its path; `undefined` if there is none. */
export function findRoute(method, path) {
  for (const route of ROUTES) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match) return { ...route, id: match[1] };
  }
  return undefined;
}

/** Soon after a capture Stripe may not have booked it: the charge has no balance transaction then. */
function shown({ merchant, op }, value, { expand }) {
  const stated = expanded(value, expand, (kind, id) => lookup(merchant, kind, id));
  const charge = stated.latest_charge;
  const isBooked = Boolean(charge?.balance_transaction);
  if (isBooked && merchant.faults.take('no_fee', op) !== undefined) {
    charge.balance_transaction = null;
  }
  return stated;
}

function lookup(merchant, kind, id) {
  for (const { intent, charges, method } of merchant.data.payments) {
    if (kind === 'payment_intent' && intent.id === id) return structuredClone(intent);
    if (kind === 'payment_method' && method?.wire.id === id) return structuredClone(method.wire);
    const charge = charges.find((one) => one.id === id);
    if ((kind === 'charge' || kind === 'latest_charge') && charge) return structuredClone(charge);
    const booked = charges.find((one) => one.balance_transaction === id);
    if (kind === 'balance_transaction' && booked) return balanceTransaction(booked);
  }
  return undefined;
}

function findPayment({ merchant, id }) {
  const payment = merchant.data.payments.find((one) => one.id === id);
  if (!payment) throw noSuch('payment_intent', id, 'intent');
  return payment;
}

function allRefunds(merchant) {
  return merchant.data.payments.flatMap(({ refunds, releases }) => [
    ...releases, ...refunds.map(({ wire }) => wire),
  ]);
}

function queryParams({ context }) {
  return parseNestedForm(context.url.split('?')[1] ?? '');
}

function received(merchant) {
  return merchant.data.payments.filter(({ intent }) => intent.currency === 'usd')
    .reduce((sum, { intent }) => sum + intent.amount_received, 0);
}

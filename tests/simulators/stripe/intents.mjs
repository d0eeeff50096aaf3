/** Payment intents: create, confirm, capture, cancel, and what follows when a person decides. */
import { unixSeconds } from '../common.mjs';
import { amountText, checkAmount, currency } from './amounts.mjs';
import { METHOD_TYPES, findMethod, methodFromData } from './cards.mjs';
import { cardError, docUrl, invalidRequest, unexpectedState } from './errors.mjs';
import { emit } from './events.mjs';
import { nextAction, takesCurrency } from './methods.mjs';
import { newCharge, newId, newIntent, newRefund } from './objects.mjs';
import { boolean, metadata, oneOf, positiveInteger, refuseUnknown } from './params.mjs';

/** Parameters of create and confirm, from PaymentIntentCreateParams in the `stripe` package. */
const CONFIRM_PARAMS = [
  'amount_details', 'capture_method', 'confirmation_token', 'error_on_requires_action', 'expand',
  'mandate', 'mandate_data', 'off_session', 'payment_details', 'payment_method',
  'payment_method_data', 'payment_method_options', 'payment_method_types', 'radar_options',
  'receipt_email', 'return_url', 'setup_future_usage', 'shipping', 'use_stripe_sdk',
];
const CREATE_PARAMS = new Set([
  ...CONFIRM_PARAMS, 'amount', 'currency', 'application_fee_amount', 'automatic_payment_methods',
  'confirm', 'confirmation_method', 'customer', 'customer_account', 'description',
  'excluded_payment_method_types', 'metadata', 'on_behalf_of', 'payment_method_configuration',
  'statement_descriptor', 'statement_descriptor_suffix', 'transfer_data', 'transfer_group',
]);
const CAPTURE_METHODS = ['automatic', 'automatic_async', 'manual'];
const CANCELABLE = ['requires_payment_method', 'requires_capture', 'requires_confirmation',
  'requires_action', 'processing'];
const CANCEL_REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'];

/** POST /v1/payment_intents. Returns the payment. */
export function createIntent(simulator, merchant, params, request) {
  refuseUnknown(params, CREATE_PARAMS);
  const amount = positiveInteger(params, 'amount');
  const code = currency(params);
  checkAmount(amount, code);
  const automatic = automaticMethods(params);
  const intent = newIntent({
    amount,
    automatic_payment_methods: automatic,
    capture_method: oneOf(params, 'capture_method', CAPTURE_METHODS, 'automatic_async'),
    currency: code,
    description: params.description ?? null,
    metadata: metadata(params),
    payment_method_types: automatic ? METHOD_TYPES : methodTypes(params),
    receipt_email: params.receipt_email ?? null,
    shipping: params.shipping ?? null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
  });
  const confirming = boolean(params, 'confirm');
  const method = chosenMethod(merchant, params);
  if (params.return_url !== undefined && !confirming) {
    throw invalidRequest('You cannot provide `return_url` without `confirm=true`.', {
      param: 'return_url',
    });
  }
  if (confirming) checkConfirm(intent, method, params);
  const payment = simulator.addPayment(merchant, {
    id: intent.id,
    reference: intent.metadata.reference ?? intent.metadata.order ?? null,
    aliases: Object.values(intent.metadata),
    intent,
    charges: [],
    releases: [],
    method: null,
    action: null,
    return_url: null,
  });
  if (method) attach(payment, method);
  emit(merchant, payment.id, 'payment_intent.created', intent, request);
  if (confirming) startConfirm(simulator, merchant, payment, params, request);
  return payment;
}

/** POST /v1/payment_intents/{id}/confirm. */
export function confirmIntent(simulator, merchant, payment, params, request) {
  refuseUnknown(params, new Set(CONFIRM_PARAMS));
  const { intent } = payment;
  const allowed = ['requires_payment_method', 'requires_confirmation', 'requires_action'];
  if (!allowed.includes(intent.status)) throw unexpectedState(intent, 'confirmed', allowed);
  const method = chosenMethod(merchant, params);
  checkConfirm(intent, method ?? payment.method, params);
  if (method) attach(payment, method);
  startConfirm(simulator, merchant, payment, params, request);
}

/** POST /v1/payment_intents/{id}/capture. What is not captured is released. */
export function captureIntent(merchant, payment, params, request) {
  refuseUnknown(params, new Set(['amount_to_capture', 'expand', 'final_capture', 'metadata',
    'statement_descriptor', 'statement_descriptor_suffix', 'amount_details', 'payment_details']));
  const { intent } = payment;
  if (intent.status !== 'requires_capture') {
    throw unexpectedState(intent, 'captured', ['requires_capture']);
  }
  const amount = params.amount_to_capture === undefined ? intent.amount_capturable
    : positiveInteger(params, 'amount_to_capture');
  if (amount > intent.amount_capturable) {
    throw invalidRequest('The payment could not be captured because the requested capture amount '
      + 'is greater than the amount you can capture for this charge.', {
      code: 'amount_too_large', param: 'amount_to_capture',
    });
  }
  const charge = payment.charges.at(-1);
  const released = intent.amount - amount;
  charge.captured = true;
  charge.balance_transaction = newId('txn');
  charge.amount_captured = amount;
  if (released > 0) {
    // Seen in real answers: the remainder shows as amount_refunded, with a refund of its own.
    charge.amount_refunded = released;
    payment.releases.push(newRefund(charge, released, {
      status: 'succeeded', reason: null, metadata: {},
    }));
  }
  Object.assign(intent, { status: 'succeeded', amount_capturable: 0, amount_received: amount });
  emit(merchant, payment.id, 'payment_intent.succeeded', intent, request);
}

/** POST /v1/payment_intents/{id}/cancel. An authorisation is released whole. */
export function cancelIntent(merchant, payment, params, request) {
  refuseUnknown(params, new Set(['cancellation_reason', 'expand']));
  const reason = oneOf(params, 'cancellation_reason', CANCEL_REASONS);
  if (!CANCELABLE.includes(payment.intent.status)) {
    throw unexpectedState(payment.intent, 'canceled', CANCELABLE);
  }
  setCanceled(merchant, payment, reason, request);
}

/** Cancels for `reason`; also what Stripe does by itself when an authorisation lapses. */
export function setCanceled(merchant, payment, reason, request = null) {
  const { intent } = payment;
  if (intent.status === 'requires_capture') {
    const charge = payment.charges.at(-1);
    Object.assign(charge, { refunded: true, amount_refunded: charge.amount });
  }
  Object.assign(intent, {
    status: 'canceled', canceled_at: unixSeconds(), cancellation_reason: reason,
    amount_capturable: 0, next_action: null,
  });
  emit(merchant, payment.id, 'payment_intent.canceled', intent, request);
}

/** The person agreed (3-D Secure, wallet): the charge is made. Returns whether it succeeded. */
export function completeAction(merchant, payment) {
  const { behaviour } = payment.method;
  const outcome = behaviour.kind === 'challenge' ? behaviour.then : { kind: 'ok' };
  payment.intent.next_action = null;
  return charge(merchant, payment, outcome, null) === null;
}

/** The person refused, or failed to prove who they are. */
export function failAction(merchant, payment) {
  const authentication = payment.method.behaviour.kind === 'challenge';
  const code = authentication ? 'payment_intent_authentication_failure'
    : 'payment_intent_payment_attempt_failed';
  const message = authentication ? 'The provided PaymentMethod has failed authentication. You can '
    + 'provide payment_method_data or a new PaymentMethod to attempt to fulfill this '
    + 'PaymentIntent again.' : 'The payment failed.';
  fail(merchant, payment, { code, message, type: 'invalid_request_error' }, null);
}

function automaticMethods(params) {
  if (params.automatic_payment_methods === undefined) {
    // Without both parameters Stripe uses what the dashboard allows.
    return params.payment_method_types === undefined ? { allow_redirects: 'always', enabled: true }
      : null;
  }
  if (!boolean(params.automatic_payment_methods, 'enabled')) return null;
  return {
    allow_redirects: params.automatic_payment_methods.allow_redirects ?? 'always', enabled: true,
  };
}

function methodTypes(params) {
  const types = params.payment_method_types ?? ['card'];
  if (!Array.isArray(types)) {
    throw invalidRequest('Invalid array', { param: 'payment_method_types' });
  }
  for (const type of types) {
    if (!METHOD_TYPES.includes(type)) {
      throw invalidRequest(`The payment method type "${type}" is invalid.`, {
        code: 'payment_intent_invalid_parameter', param: 'payment_method_types',
      });
    }
  }
  return types;
}

function chosenMethod(merchant, params) {
  if (params.payment_method_data !== undefined) return methodFromData(params.payment_method_data);
  return params.payment_method === undefined ? null : findMethod(merchant, params.payment_method);
}

function attach(payment, method) {
  payment.method = method;
  payment.intent.payment_method = method.wire.id;
  payment.intent.last_payment_error = null;
  if (payment.intent.status === 'requires_payment_method') {
    payment.intent.status = 'requires_confirmation';
  }
}

function checkConfirm(intent, method, params) {
  if (!method) {
    throw invalidRequest("You cannot confirm this PaymentIntent because it's missing a payment "
      + 'method.', { code: 'payment_intent_unexpected_state' });
  }
  const { type } = method.wire;
  if (!intent.payment_method_types.includes(type)) {
    throw invalidRequest(`The PaymentMethod provided (${type}) is not allowed for this `
      + `PaymentIntent: ${intent.payment_method_types.join(', ')}.`, {
      code: 'payment_intent_incompatible_payment_method',
    });
  }
  if (!takesCurrency(type, intent.currency)) {
    throw invalidRequest(`The currency provided (${intent.currency}) is invalid for ${type}.`, {
      param: 'currency',
    });
  }
  const redirects = intent.automatic_payment_methods?.allow_redirects === 'always';
  if (params.return_url === undefined && (redirects || type === 'alipay')) {
    throw invalidRequest('A `return_url` must be specified because some of the payment methods of '
      + 'this PaymentIntent may require a full page redirect to succeed.', { param: 'return_url' });
  }
  if (params.return_url !== undefined && !URL.canParse(params.return_url)) {
    throw invalidRequest('Not a valid URL', { code: 'url_invalid', param: 'return_url' });
  }
  if (type === 'wechat_pay' && !params.payment_method_options?.wechat_pay?.client) {
    throw invalidRequest('Missing required param: payment_method_options[wechat_pay][client].', {
      code: 'parameter_missing', param: 'payment_method_options[wechat_pay][client]',
    });
  }
  if (intent.capture_method === 'manual' && type !== 'card') {
    throw invalidRequest(`${type} does not support capture_method=manual.`, {
      param: 'capture_method',
    });
  }
}

function startConfirm(simulator, merchant, payment, params, request) {
  const { intent, method } = payment;
  const { behaviour } = method;
  payment.action = null;
  payment.return_url = params.return_url ?? null;
  intent.payment_method_options = params.payment_method_options ?? intent.payment_method_options;
  intent.last_payment_error = null;
  const needsPerson = behaviour.kind === 'challenge' || behaviour.kind === 'redirect';
  if (!needsPerson) {
    const error = charge(merchant, payment, behaviour, request);
    if (error) throw declined(intent, error);
    return;
  }
  if (behaviour.kind === 'challenge'
    && (boolean(params, 'error_on_requires_action') || params.off_session === 'true')) {
    const error = fail(merchant, payment, {
      code: 'authentication_required', decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
      type: 'card_error',
    }, request);
    throw declined(intent, error);
  }
  const token = simulator.addPage(merchant, payment);
  payment.action = { token, kind: behaviour.kind === 'challenge' ? 'card' : method.wire.type };
  intent.status = 'requires_action';
  intent.next_action = nextAction(simulator.origin, payment);
  emit(merchant, payment.id, 'payment_intent.requires_action', intent, request);
}

/** Charges the method: `null`, or the error after which the intent can be paid otherwise. */
function charge(merchant, payment, outcome, request) {
  const { intent, method } = payment;
  if (outcome.kind === 'decline') {
    return fail(merchant, payment, { ...outcome.error, type: 'card_error' }, request);
  }
  const manual = intent.capture_method === 'manual';
  const made = newCharge(intent, method, { captured: !manual });
  payment.charges.push(made);
  Object.assign(intent, {
    latest_charge: made.id, next_action: null, canceled_at: null, cancellation_reason: null,
    ...(manual ? { status: 'requires_capture', amount_capturable: intent.amount }
      : { status: 'succeeded', amount_received: intent.amount }),
  });
  const type = manual ? 'amount_capturable_updated' : 'succeeded';
  emit(merchant, payment.id, `payment_intent.${type}`, intent, request);
  return null;
}

function fail(merchant, payment, error, request) {
  const { intent, method } = payment;
  const full = { ...error, doc_url: docUrl(error.code) };
  if (error.type === 'card_error') {
    // Only a card that was really tried leaves a charge behind.
    const made = newCharge(intent, method, { captured: false, error });
    payment.charges.push(made);
    intent.latest_charge = made.id;
    full.charge = made.id;
  }
  Object.assign(intent, {
    next_action: null, payment_method: null, status: 'requires_payment_method',
    last_payment_error: { ...full, payment_method: method.wire },
  });
  payment.action = null;
  emit(merchant, payment.id, 'payment_intent.payment_failed', intent, request);
  return full;
}

function declined(intent, { type, doc_url, ...error }) {
  return cardError({
    ...error,
    payment_intent: structuredClone(intent),
    payment_method: intent.last_payment_error.payment_method,
  });
}

/** `12.34 USD`, for pages. */
export function intentAmountText({ amount, currency: code }) {
  return amountText(amount, code);
}

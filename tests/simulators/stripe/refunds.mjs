/** Refunds of Stripe charges, whole or in parts, at once or pending. */
import { amountText } from './amounts.mjs';
import { invalidRequest, noSuch } from './errors.mjs';
import { emit } from './events.mjs';
import { newRefund } from './objects.mjs';
import { metadata, oneOf, positiveInteger, refuseUnknown } from './params.mjs';

const CREATE_PARAMS = new Set(['amount', 'charge', 'currency', 'customer', 'expand',
  'instructions_email', 'metadata', 'origin', 'payment_intent', 'reason',
  'refund_application_fee', 'reverse_transfer']);
const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'];

/** POST /v1/refunds. Returns Stripe's refund object. */
export function createRefund(simulator, merchant, params, request) {
  refuseUnknown(params, CREATE_PARAMS);
  const payment = refundedPayment(merchant, params);
  const reason = oneOf(params, 'reason', REASONS);
  const charge = payment.charges.findLast(({ status }) => status === 'succeeded');
  if (!charge) {
    throw invalidRequest(`This PaymentIntent (${payment.id}) does not have a successful charge `
      + 'to refund.');
  }
  if (!charge.captured) {
    throw invalidRequest(`Charge ${charge.id} is not captured: cancel its PaymentIntent instead.`, {
      code: 'charge_not_refundable',
    });
  }
  const left = charge.amount - charge.amount_refunded;
  const amount = params.amount === undefined ? left : positiveInteger(params, 'amount');
  if (left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  if (amount > left) {
    throw invalidRequest(`Refund amount (${amountText(amount, charge.currency)}) is greater than `
      + `unrefunded amount on charge (${amountText(left, charge.currency)})`, { param: 'amount' });
  }
  return enter(simulator, merchant, { payment, charge, amount, reason, params }, request);
}

function refundedPayment(merchant, params) {
  const name = params.payment_intent ?? params.charge;
  const payment = merchant.data.payments.find(({ id, charges }) => (params.payment_intent
    ? id === name : charges.some((charge) => charge.id === name)));
  if (payment) return payment;
  if (name === undefined) {
    throw invalidRequest('One of the following params should be provided for this request: '
      + 'payment_intent or charge.');
  }
  throw params.payment_intent ? noSuch('payment_intent', name, 'payment_intent')
    : noSuch('charge', name, 'charge');
}

function enter(simulator, merchant, { payment, charge, amount, reason, params }, request) {
  const held = merchant.faults.take('pending_refund', 'refund') !== undefined;
  const cardSays = payment.method.behaviour.refund;
  const status = held || cardSays === 'pending' ? 'pending' : 'succeeded';
  const meta = metadata(params);
  const wire = newRefund(charge, amount, { status, reason, metadata: meta });
  const refund = { id: wire.id, reference: meta.refund ?? meta.reference ?? null, wire };
  payment.refunds.push(refund);
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  emit(merchant, payment.id, 'refund.created', wire, request);
  emit(merchant, payment.id, 'charge.refunded', charge, request);
  if (!held && cardSays) {
    // Stripe's cards for asynchronous refunds change their mind after the answer.
    const answer = structuredClone(wire);
    setImmediate(() => {
      settle(merchant, payment, refund, cardSays === 'pending');
      simulator.changed();
    });
    return answer;
  }
  return wire;
}

/** Decides a refund; a succeeded one can still fail, as at Stripe. Returns why not, or nothing. */
export function settle(merchant, payment, refund, succeeds) {
  const { wire } = refund;
  if (wire.status === 'failed' || (succeeds && wire.status === 'succeeded')) {
    return `The refund is ${wire.status} already.`;
  }
  delete wire.pending_reason;
  wire.status = succeeds ? 'succeeded' : 'failed';
  if (!succeeds) {
    wire.failure_reason = 'expired_or_canceled_card';
    const charge = payment.charges.find(({ id }) => id === wire.charge);
    charge.amount_refunded -= wire.amount;
    charge.refunded = false;
  }
  emit(merchant, payment.id, 'refund.updated', wire);
  if (!succeeds) emit(merchant, payment.id, 'refund.failed', wire);
  return undefined;
}

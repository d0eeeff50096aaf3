/** Stripe's objects as the API shows them. Field lists follow the types in the `stripe` package. */
import { randomText, unixSeconds } from '../common.mjs';
import { invalidRequest } from './errors.mjs';

/** A new id such as `pi_…`. */
export function newId(prefix) {
  return `${prefix}_${randomText(24)}`;
}

/** A payment intent as it is right after its creation. */
export function newIntent(fields) {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: 0,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomText(25)}`,
    confirmation_method: 'automatic',
    created: unixSeconds(),
    currency: 'usd',
    customer: null,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
    ...fields,
  };
}

/** The charge of an intent with a payment method: succeeded, or failed with `error`. */
export function newCharge(intent, method, { captured, error }) {
  const { type } = method.wire;
  return {
    id: newId(type === 'card' ? 'ch' : 'py'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: captured ? newId('txn') : null,
    billing_details: method.wire.billing_details,
    calculated_statement_descriptor: 'CAUSEWAY SIMULATOR',
    captured,
    created: unixSeconds(),
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: error?.code ?? null,
    failure_message: error?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcome(error),
    paid: !error,
    payment_intent: intent.id,
    payment_method: method.wire.id,
    payment_method_details: { [type]: methodDetails(method.wire), type },
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: error ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: null,
  };
}

function outcome(error) {
  return error
    ? { network_status: 'declined_by_network', reason: error.decline_code ?? error.code,
      risk_level: 'normal', seller_message: 'The bank did not return any further details.',
      type: 'issuer_declined' }
    : { network_status: 'approved_by_network', reason: null, risk_level: 'normal',
      seller_message: 'Payment complete.', type: 'authorized' };
}

function methodDetails({ type, card }) {
  if (type !== 'card') return {};
  const { brand, checks, country, exp_month, exp_year, fingerprint, funding, last4 } = card;
  return { brand, checks, country, exp_month, exp_year, fingerprint, funding, last4,
    network: brand, three_d_secure: null, wallet: null };
}

/** What Stripe keeps of a charge: 2.9 % and 30 of the smallest unit. */
function feeOf(amount) {
  return Math.round(amount * 0.029) + 30;
}

/** What a dollar account is paid for one euro, pound or yuan; of other currencies it has balances. */
const RATES = { cny: 0.14, eur: 1.16, gbp: 1.32 };

/** What a captured charge brings to the balance, in the currency that is settled in. */
export function balanceTransaction(charge) {
  const rate = RATES[charge.currency] ?? null;
  const amount = Math.round(charge.amount_captured * (rate ?? 1));
  const currency = rate === null ? charge.currency : 'usd';
  const fee = feeOf(amount);
  return {
    id: charge.balance_transaction,
    object: 'balance_transaction',
    amount,
    available_on: charge.created + 2 * 86_400,
    balance_type: 'payments',
    created: charge.created,
    currency,
    description: charge.description,
    exchange_rate: rate,
    fee,
    fee_details: [{ amount: fee, application: null, currency,
      description: 'Stripe processing fees', type: 'stripe_fee' }],
    net: amount - fee,
    reporting_category: 'charge',
    source: charge.id,
    status: 'pending',
    type: charge.id.startsWith('py_') ? 'payment' : 'charge',
  };
}

/** A refund of `amount` minor units of a charge. */
export function newRefund(charge, amount, { status, reason, metadata }) {
  return {
    id: newId(charge.id.startsWith('py_') ? 'pyr' : 're'),
    object: 'refund',
    amount,
    balance_transaction: status === 'succeeded' ? newId('txn') : null,
    charge: charge.id,
    created: unixSeconds(),
    currency: charge.currency,
    customer: null,
    customer_account: null,
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    ...(status === 'pending' && { pending_reason: 'processing' }),
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  };
}

/** A page of a list: newest first, as Stripe sorts. */
export function listObject(url, items, query) {
  const limit = /^([1-9]\d?|100)$/.test(query.limit ?? '') ? Number(query.limit) : 10;
  const from = query.starting_after === undefined ? 0
    : items.findIndex(({ id }) => id === query.starting_after) + 1;
  const data = items.slice(from, from + limit);
  return { object: 'list', url, has_more: items.length > from + limit, data };
}

/** What can be expanded, from the object itself or each of a list (`data.`). */
const EXPANDABLE = new RegExp(['^(data\\.)?(latest_charge(\\.balance_transaction)?',
  'balance_transaction', 'payment_method', 'charge', 'payment_intent)$'].join('|'));

/**
 * A copy of `value` with the ids named by `expand` replaced by the objects, from the outside in.
 * `lookup(kind, id)` finds copies of them.
 */
export function expanded(value, expand, lookup) {
  const copy = structuredClone(value);
  for (const path of [expand ?? []].flat()) {
    if (!EXPANDABLE.test(path)) {
      throw invalidRequest(`This property cannot be expanded (${path}).`, { param: 'expand' });
    }
    const keys = path.replace('data.', '').split('.');
    for (let target of path.startsWith('data.') ? copy.data : [copy]) {
      for (const key of keys) {
        if (typeof target?.[key] === 'string') {
          target[key] = lookup(key, target[key]) ?? target[key];
        }
        target = target?.[key];
      }
    }
  }
  return copy;
}

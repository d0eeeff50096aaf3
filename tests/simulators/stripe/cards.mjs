/**
 * Stripe's published test cards (stripe.com/docs/testing) and what each of them does.
 *
 * A card's behaviour is `{kind}`: `ok`, `decline` (with the error), `challenge` (3-D Secure first;
 * `then` says what follows it), and for `ok` an optional `refund`: `pending` or `fails`.
 */
import { randomText, unixSeconds } from '../common.mjs';
import { cardError, invalidRequest, noSuch } from './errors.mjs';
import { oneOf } from './params.mjs';

const DECLINED = 'Your card was declined.';

function decline(code, message, declineCode) {
  return {
    kind: 'decline',
    error: { code, ...(declineCode && { decline_code: declineCode }), message },
  };
}

const OK = { kind: 'ok' };
const GENERIC_DECLINE = decline('card_declined', DECLINED, 'generic_decline');
const CHALLENGE = { kind: 'challenge', then: OK };

/** `number: [brand, behaviour]`. */
const CARDS = {
  4242424242424242: ['visa', OK],
  4000056655665556: ['visa', OK],
  5555555555554444: ['mastercard', OK],
  2223003122003222: ['mastercard', OK],
  5200828282828210: ['mastercard', OK],
  5105105105105100: ['mastercard', OK],
  378282246310005: ['amex', OK],
  371449635398431: ['amex', OK],
  6011111111111117: ['discover', OK],
  3056930009020004: ['diners', OK],
  36227206271667: ['diners', OK],
  3566002020360505: ['jcb', OK],
  6200000000000005: ['unionpay', OK],
  '6205500000000000004': ['unionpay', OK],
  4000000000000002: ['visa', GENERIC_DECLINE],
  4000000000009995: ['visa', decline('card_declined', 'Your card has insufficient funds.',
    'insufficient_funds')],
  4000000000009987: ['visa', decline('card_declined', DECLINED, 'lost_card')],
  4000000000009979: ['visa', decline('card_declined', DECLINED, 'stolen_card')],
  4000000000006975: ['visa', decline('card_declined', DECLINED, 'card_velocity_exceeded')],
  4100000000000019: ['visa', decline('card_declined', DECLINED, 'fraudulent')],
  4000000000000069: ['visa', decline('expired_card', 'Your card has expired.')],
  4000000000000127: ['visa', decline('incorrect_cvc', "Your card's security code is incorrect.")],
  4000000000000119: ['visa', decline('processing_error',
    'An error occurred while processing your card. Try again in a little bit.')],
  4000002500003155: ['visa', CHALLENGE],
  4000000000003220: ['visa', CHALLENGE],
  4000000000003063: ['visa', CHALLENGE],
  4000002760003184: ['visa', CHALLENGE],
  4000008400001629: ['visa', { kind: 'challenge', then: GENERIC_DECLINE }],
  4000000000007726: ['visa', { kind: 'ok', refund: 'pending' }],
  4000000000005126: ['visa', { kind: 'ok', refund: 'fails' }],
};

/** Stripe's ready-made payment methods, by the card they stand for. */
const TEST_METHODS = {
  pm_card_visa: '4242424242424242',
  pm_card_mastercard: '5555555555554444',
  pm_card_amex: '378282246310005',
  pm_card_unionpay: '6200000000000005',
  pm_card_chargeDeclined: '4000000000000002',
  pm_card_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_chargeDeclinedExpiredCard: '4000000000000069',
  pm_card_chargeDeclinedIncorrectCvc: '4000000000000127',
  pm_card_chargeDeclinedProcessingError: '4000000000000119',
  pm_card_threeDSecure2Required: '4000000000003220',
  pm_card_authenticationRequired: '4000002760003184',
  pm_card_pendingRefund: '4000000000007726',
  pm_card_refundFail: '4000000000005126',
};

/** What an amount can be paid with here. */
export const METHOD_TYPES = ['card', 'alipay', 'wechat_pay'];

/**
 * A payment method from `payment_method_data`: `{wire, behaviour}`. The number is not kept.
 * Data that no card can have is a 402, as at Stripe.
 */
export function methodFromData(data) {
  const type = oneOf(data, 'type', METHOD_TYPES);
  if (type === null) {
    throw invalidRequest('Missing required param: payment_method_data[type].', {
      code: 'parameter_missing', param: 'payment_method_data[type]',
    });
  }
  const wire = methodWire(type, data.billing_details);
  if (type !== 'card') return { wire: { ...wire, [type]: {} }, behaviour: { kind: 'redirect' } };
  const card = data.card ?? {};
  const number = digitsOf(card.number);
  checkCard(card, number);
  const [brand, behaviour] = CARDS[number] ?? ['visa', decline('card_declined',
    'Your card was declined. Your request was in test mode, but used a non test card.',
    'test_mode_live_card')];
  return { wire: { ...wire, card: cardWire(brand, number, card) }, behaviour };
}

/** One of Stripe's ready-made payment methods, `null` if the id is none. */
export function testMethod(id) {
  const number = TEST_METHODS[id] ?? TEST_METHODS[id.replace('pm_card_visa_', 'pm_card_')];
  if (number === undefined) return null;
  return methodFromData({
    type: 'card', card: { number, exp_month: '12', exp_year: String(thisYear() + 5), cvc: '123' },
  });
}

/** The merchant's payment method `id`, or a ready-made one. */
export function findMethod(merchant, id) {
  const method = testMethod(id) ?? merchant.data.methods.find(({ wire }) => wire.id === id);
  if (!method) throw noSuch('PaymentMethod', id, 'payment_method');
  return method;
}

function checkCard(card, number) {
  if (!/^\d{12,19}$/.test(number) || !luhn(number)) {
    throw cardError({ code: 'incorrect_number', message: 'Your card number is incorrect.',
      param: 'number' });
  }
  const month = Number(card.exp_month);
  if (!Number.isInteger(month) || month < 1 || month > 12) {
    throw cardError({ code: 'invalid_expiry_month',
      message: "Your card's expiration month is invalid.", param: 'exp_month' });
  }
  const year = fullYear(card.exp_year);
  const now = new Date();
  const past = year < thisYear() || (year === thisYear() && month < now.getUTCMonth() + 1);
  if (!Number.isInteger(year) || past) {
    throw cardError({ code: 'invalid_expiry_year',
      message: "Your card's expiration year is invalid.", param: 'exp_year' });
  }
  if (card.cvc !== undefined && !/^\d{3,4}$/.test(card.cvc)) {
    throw cardError({ code: 'invalid_cvc', message: "Your card's security code is invalid.",
      param: 'cvc' });
  }
}

function methodWire(type, billing = {}) {
  const { address = {} } = billing;
  return {
    id: `pm_${randomText(24)}`,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: {
        city: address.city ?? null, country: address.country ?? null, line1: address.line1 ?? null,
        line2: address.line2 ?? null, postal_code: address.postal_code ?? null,
        state: address.state ?? null,
      },
      email: billing.email ?? null,
      name: billing.name ?? null,
      phone: billing.phone ?? null,
      tax_id: null,
    },
    created: unixSeconds(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type,
  };
}

function cardWire(brand, number, card) {
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null,
      cvc_check: card.cvc === undefined ? null : 'pass' },
    country: brand === 'unionpay' ? 'CN' : 'US',
    display_brand: brand,
    exp_month: Number(card.exp_month),
    exp_year: fullYear(card.exp_year),
    fingerprint: randomText(16),
    funding: 'credit',
    generated_from: null,
    last4: number.slice(-4),
    networks: { available: [brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function digitsOf(number) {
  return typeof number === 'string' ? number.replace(/[ -]/g, '') : '';
}

/** Two-digit years are of this century. */
function fullYear(text) {
  const year = /^\d{2}$|^\d{4}$/.test(text ?? '') ? Number(text) : Number.NaN;
  return year < 100 ? 2000 + year : year;
}

function thisYear() {
  return new Date().getUTCFullYear();
}

function luhn(number) {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

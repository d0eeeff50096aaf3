/**
 * Alipay trades: creating, querying, closing, and what the buyer does.
 *
 * A trade begins to exist only when the buyer opens the cashier or scans the code. Until then the
 * gateway knows of no trade, and the code stays payable whatever the merchant closes.
 */
import { beijingTime, decimal2, parseBeijingTime, parseDecimal2,
  randomDigits } from '../common.mjs';
import { businessFailure, success } from './answers.mjs';
import { WRONG_BY, notify } from './notice.mjs';

const MAX_AMOUNT = 10_000_000_000;
const MINUTE_MS = 60_000;
/** How long a code or a cashier is valid when the request says nothing. */
const DEFAULT_LIFE_MS = { precreate: 120 * MINUTE_MS, page: 15 * 1440 * MINUTE_MS,
  wap: 15 * 1440 * MINUTE_MS };
/** The products, each with the codes that requests for it may name. */
export const PRODUCT_CODES = {
  page: ['FAST_INSTANT_TRADE_PAY'],
  wap: ['QUICK_WAP_WAY', 'QUICK_WAP_PAY'],
  precreate: ['FACE_TO_FACE_PAYMENT', 'QR_CODE_OFFLINE', undefined],
};

/** Creates a payment, or finds the one that an earlier request with the same content made. */
export function createTrade(simulator, merchant, product, params, biz) {
  // A state that was saved before merchants had products knows of none.
  const { products = Object.keys(PRODUCT_CODES) } = merchant.data;
  if (!products.includes(product)) throw businessFailure('ACQ.ACCESS_FORBIDDEN');
  const wanted = checkedTrade(product, params, biz);
  const known = merchant.data.payments.find(({ reference }) => reference === wanted.reference);
  if (known) {
    expireIfDue(merchant, known);
    if (['amount_minor', 'subject', 'body'].some((key) => known[key] !== wanted[key])) {
      throw businessFailure('ACQ.CONTEXT_INCONSISTENT');
    }
    if (known.paid_ms !== null) throw businessFailure('ACQ.TRADE_HAS_SUCCESS');
    if (known.status === 'TRADE_CLOSED') throw businessFailure('ACQ.TRADE_HAS_CLOSE');
    return known;
  }
  const payment = simulator.addPayment(merchant, {
    id: `${beijingTime().replace(/\D/g, '').slice(0, 8)}22001${randomDigits(15)}`,
    ...wanted,
    status: 'DRAFT',
    opened_ms: null,
    paid_ms: null,
    closed_ms: null,
  });
  simulator.addPage(merchant, payment);
  return payment;
}

function checkedTrade(product, params, biz) {
  const reject = (detail) => businessFailure('ACQ.INVALID_PARAMETER', detail);
  if (!/^[\w-]{1,64}$/.test(biz.out_trade_no ?? '')) throw reject('out_trade_no');
  const amount = parseDecimal2(biz.total_amount);
  if (amount === null) throw reject('total_amount');
  if (amount < 1 || amount > MAX_AMOUNT) throw businessFailure('ACQ.TOTAL_FEE_EXCEED');
  if (typeof biz.subject !== 'string' || biz.subject === '' || biz.subject.length > 256) {
    throw reject('subject');
  }
  // "Do not use special characters such as /, = and &" (AlipayTradePagePayModel.java).
  if (/[/=&]/.test(biz.subject)) throw reject('subject');
  if (!PRODUCT_CODES[product].includes(biz.product_code)) throw reject('product_code');
  for (const name of ['notify_url', 'return_url']) {
    if (params[name] && !/^https?:\/\//.test(params[name])) throw reject(name);
  }
  return {
    reference: biz.out_trade_no,
    amount_minor: amount,
    currency: 'CNY',
    subject: biz.subject,
    body: biz.body ?? null,
    product,
    notify_url: params.notify_url ?? null,
    return_url: params.return_url ?? null,
    quit_url: biz.quit_url ?? null,
    passback_params: biz.passback_params ?? null,
    expires_ms: expiry(product, biz, reject),
  };
}

function expiry(product, biz, reject) {
  if (biz.time_expire !== undefined) {
    const ms = parseBeijingTime(biz.time_expire);
    if (ms === null || ms <= Date.now()) throw reject('time_expire');
    return ms;
  }
  if (biz.timeout_express !== undefined) {
    const match = /^(\d{1,5})([mhd])$/.exec(biz.timeout_express);
    if (!match) throw reject('timeout_express');
    return Date.now() + Number(match[1]) * { m: 1, h: 60, d: 1440 }[match[2]] * MINUTE_MS;
  }
  return Date.now() + DEFAULT_LIFE_MS[product];
}

/** The trade that a request names, if the buyer has opened it. */
export function existingTrade(merchant, biz) {
  const payment = biz.trade_no
    ? merchant.data.payments.find(({ id }) => id === biz.trade_no)
    : merchant.data.payments.find(({ reference }) => reference === biz.out_trade_no);
  if (!biz.trade_no && !biz.out_trade_no) throw businessFailure('ACQ.INVALID_PARAMETER');
  if (!payment || payment.opened_ms === null) throw businessFailure('ACQ.TRADE_NOT_EXIST');
  expireIfDue(merchant, payment);
  return payment;
}

/** alipay.trade.query */
export function queryTrade(merchant, biz) {
  const payment = existingTrade(merchant, biz);
  const wrong = merchant.faults.take('wrong_amount', 'query') !== undefined;
  const paid = payment.paid_ms !== null;
  const total = decimal2(payment.amount_minor + (wrong ? WRONG_BY : 0));
  const received = paid ? total : '0.00';
  const hides = paid && merchant.faults.take('no_fee', 'query') !== undefined;
  return success({
    ...(paid && { fund_bill_list: [{ amount: total, fund_channel: 'ALIPAYACCOUNT' }] }),
    buyer_logon_id: 'sim***@causeway.example',
    buyer_pay_amount: received,
    buyer_user_id: merchant.data.buyer_id,
    ...(paid && !hides && { charge_amount: decimal2(chargeOf(payment)) }),
    invoice_amount: received,
    out_trade_no: payment.reference,
    point_amount: '0.00',
    receipt_amount: received,
    ...(paid && { send_pay_date: beijingTime(payment.paid_ms) }),
    total_amount: total,
    trade_no: payment.id,
    trade_status: payment.status,
  });
}

/**
 * What the payee is charged: 0.6 %. The real gateway tells it to merchants who came through an
 * institution or have agreed on it, which this one's have.
 */
function chargeOf({ amount_minor: amount }) {
  return Math.round(amount * 0.006);
}

/** alipay.trade.close: only what is not paid, and only what the buyer has opened. */
export function closeTrade(merchant, biz) {
  const payment = existingTrade(merchant, biz);
  if (payment.status !== 'WAIT_BUYER_PAY') throw businessFailure('ACQ.TRADE_STATUS_ERROR');
  setClosed(merchant, payment);
  return success({ out_trade_no: payment.reference, trade_no: payment.id });
}

/** The buyer opened the cashier or scanned the code: from now on there is a trade. */
export function openTrade(merchant, payment) {
  expireIfDue(merchant, payment);
  if (payment.status !== 'DRAFT') return;
  payment.status = 'WAIT_BUYER_PAY';
  payment.opened_ms = Date.now();
}

/** The buyer pays. Returns why it cannot be, or nothing. */
export function payTrade(merchant, payment) {
  openTrade(merchant, payment);
  const late = payment.status === 'TRADE_CLOSED' && payment.paid_ms === null
    && merchant.faults.take('late_payment', 'pay') !== undefined;
  if (payment.status !== 'WAIT_BUYER_PAY' && !late) return `The trade is ${payment.status}.`;
  payment.opened_ms ??= Date.now();
  Object.assign(payment, { status: 'TRADE_SUCCESS', paid_ms: Date.now(), closed_ms: null });
  notify(merchant, payment);
  return undefined;
}

/** Nobody paid in time, or the buyer closed the trade. Returns why it cannot be, or nothing. */
export function expireTrade(merchant, payment) {
  if (payment.paid_ms !== null) return 'The trade is paid.';
  if (payment.status === 'TRADE_CLOSED') return 'The trade is closed already.';
  setClosed(merchant, payment);
  return undefined;
}

/** No refund is possible any more. Returns why it cannot be, or nothing. */
export function finishTrade(merchant, payment) {
  if (payment.status !== 'TRADE_SUCCESS') return `The trade is ${payment.status}.`;
  payment.status = 'TRADE_FINISHED';
  notify(merchant, payment);
  return undefined;
}

/** Closes a trade whose time to pay is over. */
export function expireIfDue(merchant, payment) {
  const waiting = payment.status === 'DRAFT' || payment.status === 'WAIT_BUYER_PAY';
  if (waiting && payment.expires_ms <= Date.now()) setClosed(merchant, payment);
}

/** Closes a trade, opened or not. */
export function setClosed(merchant, payment) {
  payment.status = 'TRADE_CLOSED';
  payment.closed_ms = Date.now();
  // Closing is pushed for wap only; page and precreate have to be asked (Alipay's notify table).
  if (payment.product === 'wap' && payment.opened_ms !== null) notify(merchant, payment);
}

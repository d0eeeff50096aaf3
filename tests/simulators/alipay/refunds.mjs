/** Alipay refunds: idempotent by `out_request_no`, cumulative in their answers. */
import { beijingTime, decimal2, parseDecimal2 } from '../common.mjs';
import { businessFailure, success } from './answers.mjs';
import { notify } from './notice.mjs';
import { existingTrade } from './trades.mjs';

/** How many partial refunds a trade can have. */
const MAX_REFUNDS = 50;

/** alipay.trade.refund */
export function refundTrade(merchant, biz) {
  const payment = existingTrade(merchant, biz);
  if (payment.paid_ms === null) throw businessFailure('ACQ.TRADE_STATUS_ERROR');
  const amount = parseDecimal2(biz.refund_amount);
  if (amount === null || amount === 0) throw businessFailure('ACQ.REASON_TRADE_REFUND_FEE_ERR');
  const requestNo = biz.out_request_no ?? wholeRefundNumber(payment, amount);
  const earlier = payment.refunds.find(({ id }) => id === requestNo);
  if (earlier && earlier.amount_minor !== amount) {
    throw businessFailure('ACQ.DISCORDANT_REPEAT_REQUEST');
  }
  if (earlier && earlier.status !== 'failed') return answer(merchant, payment, earlier, 'N');
  checkRoom(payment, amount);
  const refund = earlier ?? {
    id: requestNo, reference: requestNo, amount_minor: amount, reason: biz.refund_reason ?? null,
  };
  if (!earlier) payment.refunds.push(refund);
  if (merchant.faults.take('pending_refund', 'refund')) {
    Object.assign(refund, { status: 'pending', settled_ms: null });
    return answer(merchant, payment, refund, 'N');
  }
  settle(merchant, payment, refund);
  return answer(merchant, payment, refund, 'Y');
}

/** alipay.trade.fastpay.refund.query: without `refund_status` nothing is known to have happened. */
export function queryRefund(merchant, biz) {
  const payment = existingTrade(merchant, biz);
  if (!biz.out_request_no) throw businessFailure('ACQ.INVALID_PARAMETER', 'out_request_no');
  const refund = payment.refunds.find(({ id }) => id === biz.out_request_no);
  if (refund?.status !== 'success') return success({});
  return success({
    out_request_no: refund.id,
    out_trade_no: payment.reference,
    refund_amount: decimal2(refund.amount_minor),
    refund_status: 'REFUND_SUCCESS',
    total_amount: decimal2(payment.amount_minor),
    trade_no: payment.id,
  });
}

/** Pays back whatever is left; what `alipay.trade.cancel` does to a paid trade. */
export function refundAll(merchant, payment) {
  const refund = {
    id: `cancel_${payment.id}`, reference: null, reason: null,
    amount_minor: payment.amount_minor - total(payment, ['success', 'pending']),
  };
  payment.refunds.push(refund);
  settle(merchant, payment, refund);
}

/** Decides a pending refund. Returns why it cannot be, or nothing. */
export function decide(merchant, payment, refund, succeeds) {
  if (refund.status !== 'pending') return `The refund is ${refund.status} already.`;
  if (succeeds) settle(merchant, payment, refund);
  else Object.assign(refund, { status: 'failed', settled_ms: Date.now() });
  return undefined;
}

/** Sum of the refunds with one of these statuses, in fen. */
export function total(payment, statuses) {
  return payment.refunds.filter(({ status }) => statuses.includes(status))
    .reduce((sum, { amount_minor: amount }) => sum + amount, 0);
}

function settle(merchant, payment, refund) {
  Object.assign(refund, { status: 'success', settled_ms: Date.now() });
  if (total(payment, ['success']) === payment.amount_minor) {
    payment.status = 'TRADE_CLOSED';
    payment.closed_ms = refund.settled_ms;
  }
  notify(merchant, payment, refund);
}

function wholeRefundNumber(payment, amount) {
  // Without a number of its own only the whole can be paid back.
  if (amount !== payment.amount_minor) {
    throw businessFailure('ACQ.INVALID_PARAMETER', 'out_request_no');
  }
  return payment.reference;
}

function checkRoom(payment, amount) {
  if (payment.status === 'TRADE_FINISHED') throw businessFailure('ACQ.TRADE_HAS_FINISHED');
  if (payment.status !== 'TRADE_SUCCESS') throw businessFailure('ACQ.TRADE_STATUS_ERROR');
  if (total(payment, ['success', 'pending']) + amount > payment.amount_minor
    || payment.refunds.length >= MAX_REFUNDS) {
    throw businessFailure('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
  }
}

function answer(merchant, payment, refund, fundChange) {
  const done = refund.status === 'success';
  return success({
    buyer_logon_id: 'sim***@causeway.example',
    buyer_user_id: merchant.data.buyer_id,
    fund_change: fundChange,
    ...(done && { gmt_refund_pay: beijingTime(refund.settled_ms) }),
    out_trade_no: payment.reference,
    refund_fee: decimal2(total(payment, ['success'])),
    send_back_fee: done ? decimal2(refund.amount_minor) : '0.00',
    trade_no: payment.id,
  });
}

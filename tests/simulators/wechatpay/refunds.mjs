/** WeChat Pay refunds: accepted as PROCESSING, decided afterwards, told by a notice. */
import { beijingRfc3339, beijingTime, randomDigits } from '../common.mjs';
import { failure, paramError } from './errors.mjs';
import { notifyRefund } from './notice.mjs';
import { checkNotifyUrl } from './orders.mjs';

/** How many partial refunds an order can have. */
const MAX_REFUNDS = 50;

/** POST /v3/refund/domestic/refunds. The same `out_refund_no` is the same refund. */
export function createRefund(simulator, merchant, body) {
  checkRefund(body);
  const payment = merchant.data.payments.find(({ id, reference, paid_ms: paid }) => (
    body.transaction_id ? id === body.transaction_id && paid !== null
      : reference === body.out_trade_no));
  if (!payment) throw failure('RESOURCE_NOT_EXISTS', '订单不存在');
  if (payment.paid_ms === null) throw failure('INVALID_REQUEST', '订单未支付，无法退款');
  const { refund: amount, total } = body.amount;
  const known = allRefunds(merchant).find(({ reference }) => reference === body.out_refund_no);
  const sameOrder = known === undefined || payment.refunds.includes(known);
  if (total !== payment.amount_minor || !sameOrder || (known && known.amount_minor !== amount)) {
    throw failure('INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试');
  }
  if (known) return refundShape(payment, known);
  const reserved = payment.refunds.filter(({ status }) => status !== 'CLOSED')
    .reduce((sum, { amount_minor: minor }) => sum + minor, 0);
  if (reserved + amount > payment.amount_minor) {
    throw failure('INVALID_REQUEST', '申请退款金额超过订单可退金额');
  }
  if (payment.refunds.length >= MAX_REFUNDS) throw failure('RULE_LIMIT', '退款次数超过限制');
  return accept(simulator, merchant, payment, body);
}

function accept(simulator, merchant, payment, body) {
  const refund = {
    id: `5030${randomDigits(6)}${beijingTime().replace(/\D/g, '').slice(0, 8)}${randomDigits(10)}`,
    reference: body.out_refund_no,
    amount_minor: body.amount.refund,
    reason: body.reason ?? null,
    notify_url: body.notify_url ?? null,
    status: 'PROCESSING',
    created_ms: Date.now(),
    settled_ms: null,
  };
  payment.refunds.push(refund);
  payment.trade_state = 'REFUND';
  const answer = refundShape(payment, refund);
  if (!merchant.faults.take('pending_refund', 'refund')) {
    // Decided right after the answer: accepted is not done.
    setImmediate(() => {
      decide(merchant, payment, refund, true);
      simulator.changed();
    });
  }
  return answer;
}

/** GET /v3/refund/domestic/refunds/{out_refund_no} */
export function queryRefund(merchant, reference) {
  for (const payment of merchant.data.payments) {
    const refund = payment.refunds.find((one) => one.reference === reference);
    if (refund) return refundShape(payment, refund);
  }
  throw failure('RESOURCE_NOT_EXISTS', '退款单不存在');
}

/** Decides a refund: SUCCESS, or ABNORMAL. Returns why it cannot be, or nothing. */
export function decide(merchant, payment, refund, succeeds) {
  if (refund.status !== 'PROCESSING') return `The refund is ${refund.status} already.`;
  refund.status = succeeds ? 'SUCCESS' : 'ABNORMAL';
  refund.settled_ms = Date.now();
  notifyRefund(merchant, payment, refund,
    (wrong) => refundNotice(merchant, payment, refund, wrong));
  return undefined;
}

function checkRefund(body) {
  if (!body.transaction_id === !body.out_trade_no) {
    throw paramError('/out_trade_no', '与transaction_id二选一');
  }
  if (!/^[0-9A-Za-z_\-|*@]{1,64}$/.test(body.out_refund_no ?? '')) {
    throw paramError('/out_refund_no', '格式不正确', body.out_refund_no);
  }
  if (body.reason !== undefined && !(typeof body.reason === 'string' && body.reason.length <= 80)) {
    throw paramError('/reason', '长度不能超过80');
  }
  if (body.notify_url !== undefined) checkNotifyUrl(body.notify_url);
  const { refund, total, currency } = body.amount ?? {};
  if (!Number.isSafeInteger(refund) || refund < 1) {
    throw paramError('/amount/refund', '必须是不小于1的整数', refund);
  }
  if (!Number.isSafeInteger(total) || total < 1) {
    throw paramError('/amount/total', '必须是不小于1的整数', total);
  }
  if (currency !== 'CNY') {
    throw paramError('/amount/currency', 'Currency code is invalid', currency);
  }
}

function allRefunds(merchant) {
  return merchant.data.payments.flatMap(({ refunds }) => refunds);
}

function refundShape(payment, refund) {
  const { amount_minor: amount } = refund;
  return {
    amount: {
      currency: 'CNY', discount_refund: 0, from: [], payer_refund: amount,
      payer_total: payment.amount_minor, refund: amount, settlement_refund: amount,
      settlement_total: payment.amount_minor, total: payment.amount_minor,
    },
    channel: 'ORIGINAL',
    create_time: beijingRfc3339(refund.created_ms),
    funds_account: 'AVAILABLE',
    out_refund_no: refund.reference,
    out_trade_no: payment.reference,
    promotion_detail: [],
    refund_id: refund.id,
    status: refund.status,
    ...(refund.status === 'SUCCESS' && { success_time: beijingRfc3339(refund.settled_ms) }),
    transaction_id: payment.id,
    user_received_account: '支付用户零钱',
  };
}

/** A refund notice is not shaped like the query: `refund_status`, and a smaller amount. */
function refundNotice(merchant, payment, refund, wrongAmount) {
  const amount = refund.amount_minor + (wrongAmount ? 100 : 0);
  return {
    mchid: merchant.id,
    out_trade_no: payment.reference,
    transaction_id: payment.id,
    out_refund_no: refund.reference,
    refund_id: refund.id,
    refund_status: refund.status,
    ...(refund.status === 'SUCCESS' && { success_time: beijingRfc3339(refund.settled_ms) }),
    user_received_account: '支付用户零钱',
    amount: {
      total: payment.amount_minor, refund: amount, payer_total: payment.amount_minor,
      payer_refund: amount,
    },
  };
}

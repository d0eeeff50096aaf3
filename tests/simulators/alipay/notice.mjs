/** Alipay's asynchronous notices and the signed return address. */
import { beijingTime, decimal2, randomDigits, withQuery } from '../common.mjs';
import { sign, sortedText } from './crypto.mjs';

/** One yuan, by which a wrong amount is off; in fen. */
export const WRONG_BY = 100;

/**
 * Tells the merchant the state of a trade, if the trade has a `notify_url`.
 * `refund` is the refund that is the reason, if one is.
 */
export function notify(merchant, payment, refund) {
  if (payment.notify_url) merchant.notices.send(noticeSpec(merchant, payment, refund));
}

/** A notice of payment that only a forger sends. */
export function notifyForgery(merchant, payment) {
  const paid = { ...payment, status: 'TRADE_SUCCESS', opened_ms: Date.now(), paid_ms: Date.now() };
  if (payment.notify_url) merchant.notices.sendForgery(noticeSpec(merchant, paid));
}

function noticeSpec(merchant, payment, refund) {
  const now = Date.now();
  const state = structuredClone(payment);
  // The id stays the same over retries, by which a merchant knows them.
  const notifyId = `${beijingTime(now).replace(/\D/g, '').slice(0, 8)}00222${randomDigits(21)}`;
  const refunded = state.refunds.filter(({ status }) => status === 'success')
    .reduce((sum, { amount_minor: amount }) => sum + amount, 0);
  return {
    kind: state.status,
    paymentId: payment.id,
    url: payment.notify_url,
    build: ({ forged, wrongAmount, skewSeconds }) => {
      const total = decimal2(state.amount_minor + (wrongAmount ? WRONG_BY : 0));
      const fields = compact({
        gmt_create: stamp(state.opened_ms),
        charset: 'utf-8',
        seller_email: merchant.data.seller_email,
        subject: state.subject,
        body: state.body,
        buyer_id: merchant.data.buyer_id,
        invoice_amount: total,
        notify_id: notifyId,
        fund_bill_list: JSON.stringify([{ amount: total, fundChannel: 'ALIPAYACCOUNT' }]),
        notify_type: 'trade_status_sync',
        trade_status: state.status,
        receipt_amount: total,
        buyer_pay_amount: total,
        app_id: merchant.id,
        seller_id: merchant.data.credentials.seller_id,
        gmt_payment: stamp(state.paid_ms),
        gmt_close: stamp(state.closed_ms),
        notify_time: beijingTime(Date.now() + skewSeconds * 1000),
        version: '1.0',
        out_trade_no: state.reference,
        total_amount: total,
        trade_no: state.id,
        auth_app_id: merchant.id,
        buyer_logon_id: 'sim***@causeway.example',
        point_amount: '0.00',
        passback_params: state.passback_params,
        refund_fee: refund ? decimal2(refunded) : undefined,
        gmt_refund: refund ? `${beijingTime(refund.settled_ms)}.000` : undefined,
        out_biz_no: refund?.id,
      });
      if (state.paid_ms === null) {
        for (const key of ['fund_bill_list', 'receipt_amount', 'buyer_pay_amount', 'invoice_amount',
          'point_amount']) delete fields[key];
      }
      // Trade notices are signed without sign_type, unlike requests.
      const signature = sign(merchant, sortedText(fields), { forged });
      return {
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: new URLSearchParams({ ...fields, sign_type: 'RSA2', sign: signature }).toString(),
      };
    },
    isAcknowledged: (status, body) => status === 200 && body === 'success',
  };
}

/** `return_url` with the signed parameters of a paid trade: no `trade_status`, and no proof. */
export function returnAddress(merchant, payment) {
  if (!payment.return_url) return null;
  const fields = {
    charset: 'utf-8',
    out_trade_no: payment.reference,
    method: `alipay.trade.${payment.product}.pay.return`,
    total_amount: decimal2(payment.amount_minor),
    trade_no: payment.id,
    auth_app_id: merchant.id,
    version: '1.0',
    app_id: merchant.id,
    seller_id: merchant.data.credentials.seller_id,
    timestamp: beijingTime(),
  };
  return withQuery(payment.return_url, {
    ...fields, sign: sign(merchant, sortedText(fields)), sign_type: 'RSA2',
  });
}

function stamp(ms) {
  return ms === null ? undefined : beijingTime(ms);
}

function compact(fields) {
  return Object.fromEntries(Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null && value !== ''));
}

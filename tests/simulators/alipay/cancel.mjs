/** alipay.trade.cancel: the one call that also spoils a code which nobody has scanned yet. */
import { businessFailure, success } from './answers.mjs';
import { refundAll } from './refunds.mjs';
import { setClosed } from './trades.mjs';

/** Closes what is not paid, and pays back what is. */
export function cancelTrade(merchant, biz) {
  const payment = merchant.findPayment(biz.trade_no ?? biz.out_trade_no);
  if (!payment) throw businessFailure('ACQ.TRADE_NOT_EXIST');
  const answer = { out_trade_no: payment.reference, retry_flag: 'N' };
  if (payment.status === 'TRADE_SUCCESS') {
    refundAll(merchant, payment);
    return success({ ...answer, trade_no: payment.id, action: 'refund' });
  }
  if (payment.status === 'TRADE_FINISHED') throw businessFailure('ACQ.TRADE_HAS_FINISHED');
  if (payment.status !== 'TRADE_CLOSED') setClosed(merchant, payment);
  return success({
    ...answer, action: 'close', ...(payment.opened_ms !== null && { trade_no: payment.id }),
  });
}

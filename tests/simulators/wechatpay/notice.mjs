/** WeChat Pay's notices: an encrypted resource in a signed envelope. */
import { randomUUID } from 'node:crypto';
import { beijingRfc3339 } from '../common.mjs';
import { encrypted, signatureHeaders } from './crypto.mjs';

const SUMMARIES = {
  'TRANSACTION.SUCCESS': '支付成功',
  'REFUND.SUCCESS': '退款成功',
  'REFUND.ABNORMAL': '退款异常',
};

/** Tells the merchant of a payment. `resource(wrongAmount)` is the transaction. */
export function notifyPaid(merchant, payment, resource) {
  merchant.notices.send(spec(merchant, payment, {
    event: 'TRANSACTION.SUCCESS', url: payment.notify_url, type: 'transaction', resource,
  }));
}

/** A notice of payment that only a forger sends. */
export function notifyForgery(merchant, payment, resource) {
  merchant.notices.sendForgery(spec(merchant, payment, {
    event: 'TRANSACTION.SUCCESS', url: payment.notify_url, type: 'transaction', resource,
  }));
}

/** Tells the merchant of a decided refund, if the refund request named a `notify_url`. */
export function notifyRefund(merchant, payment, refund, resource) {
  if (refund.notify_url === null) return;
  merchant.notices.send(spec(merchant, payment, {
    event: `REFUND.${refund.status}`, url: refund.notify_url, type: 'refund', resource,
  }));
}

function spec(merchant, payment, { event, url, type, resource }) {
  // The id stays the same over retries; the resource tells how things were when it happened.
  const id = randomUUID();
  const created = Date.now();
  const plain = [false, true].map((wrong) => JSON.stringify(resource(wrong)));
  return {
    kind: event,
    paymentId: payment.id,
    url,
    build: ({ forged, wrongAmount, skewSeconds, probe }) => {
      const body = JSON.stringify({
        id,
        create_time: beijingRfc3339(created),
        resource_type: 'encrypt-resource',
        event_type: event,
        summary: SUMMARIES[event],
        resource: {
          original_type: type, ...encrypted(merchant, plain[wrongAmount ? 1 : 0], type),
        },
      });
      return {
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Mozilla/4.0',
          ...signatureHeaders(merchant, body, { forged, skewSeconds, probe }),
        },
        body,
      };
    },
    isAcknowledged: (status) => status === 200 || status === 204,
  };
}

/** What goes wrong at the WeChat Pay simulator when a test asks for it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import wechatpay from 'wechatpay-axios-plugin';
import { isSigned, notices, paid, publicKeyMode, refusal } from './wechatpay-client.mjs';

describe('wechat pay faults', () => {
  test('error_500, drop_answer, delay and refuse', async () => {
    const context = await publicKeyMode();
    const { merchant } = context;
    await merchant.faults({ fault: 'error_500', on: 'create' });
    const broken = await refusal(context.create('native'));
    assert.deepEqual([broken.status, broken.code], [500, 'SYSTEM_ERROR']);
    assert.equal((await merchant.books()).payments.length, 0);
    await merchant.faults({ fault: 'drop_answer', on: 'create' });
    await assert.rejects(context.create('native'), /socket hang up|ECONNRESET/);
    assert.equal((await merchant.books()).payments.length, 1);
    await merchant.faults({ fault: 'refuse', on: 'refund', code: 'NOT_ENOUGH' });
    const refused = await refusal(context.refund());
    assert.deepEqual([refused.status, refused.code], [403, 'NOT_ENOUGH']);
    await merchant.faults({ fault: 'delay', on: 'query', ms: 50 });
    const started = Date.now();
    await context.query();
    assert.ok(Date.now() - started >= 45);
  });

  test('probes and skewed clocks spoil the signature of an answer', async () => {
    const context = await publicKeyMode();
    await context.create('native');
    await context.merchant.faults({ fault: 'signature_probe', on: 'query' },
      { fault: 'clock_skew', on: 'close', seconds: 400 });
    await assert.rejects(context.query(), { code: 'EV3_RES_HEADER_SIGNATURE_DIGEST' });
    await context.query();
    await assert.rejects(context.close(), { code: 'EV3_RES_HEADER_TIMESTAMP_OFFSET' });
  });

  test('a probing notice is followed by a true one', async () => {
    const context = await publicKeyMode();
    const { receiver, merchant } = context;
    receiver.answers = [{ status: 401 }, { status: 200 }];
    await merchant.faults({ fault: 'signature_probe', on: 'notice' });
    await paid(context);
    const [probe, honest] = receiver.received;
    assert.match(probe.headers['wechatpay-signature'], /^WECHATPAY\/SIGNTEST\//);
    assert.equal(isSigned(probe, merchant), false);
    assert.equal(isSigned(honest, merchant), true);
    assert.equal(JSON.parse(probe.body).id, JSON.parse(honest.body).id);
  });

  test('a forged notice and a wrong amount', async () => {
    const context = await publicKeyMode();
    const { receiver, merchant } = context;
    await merchant.faults({ fault: 'forged_notice' }, { fault: 'wrong_amount' },
      { fault: 'wrong_amount', on: 'query' });
    await context.create('native');
    await merchant.press('ORDER01', 'forge');
    await merchant.flush();
    assert.equal(isSigned(receiver.received[0], merchant), false);
    assert.equal((await merchant.books()).charges, 0);
    receiver.received.length = 0;
    await merchant.press('ORDER01', 'pay');
    await merchant.flush();
    assert.equal(isSigned(receiver.received.shift(), merchant), false);
    assert.equal(notices(context)[0].plain.amount.total, 8988);
    assert.equal((await context.query()).data.amount.total, 8988);
    assert.equal((await context.query()).data.amount.total, 8888);
  });

  test('withheld, duplicate, reordered and repeated notices', async () => {
    const context = await publicKeyMode();
    const { receiver, merchant } = context;
    await merchant.faults({ fault: 'no_notice' });
    await paid(context);
    assert.equal(receiver.received.length, 0);
    await merchant.faults({ fault: 'duplicate_notice' });
    await context.refund();
    await merchant.flush();
    assert.deepEqual(notices(context).map(({ event }) => event), Array(3).fill('REFUND.SUCCESS'));
    receiver.received.length = 0;
    await merchant.call('POST', 'redeliver');
    assert.deepEqual(notices(context).map(({ event }) => event),
      ['TRANSACTION.SUCCESS', 'REFUND.SUCCESS']);
    receiver.received.length = 0;
    receiver.answers = [{ status: 500 }, { status: 503 }, { status: 500 }, { status: 204 }];
    const small = { refund: 1, total: 8888, currency: 'CNY' };
    await context.refund({ out_refund_no: 'R2', amount: small });
    await merchant.flush();
    assert.equal(receiver.received.length, 3);
    assert.equal((await merchant.books()).notices.at(-1).acknowledged, false);
  });

  test('a held notice leaves after a later one', async () => {
    const context = await publicKeyMode();
    await context.merchant.faults({ fault: 'reorder_notices' });
    await paid({ ...context, merchant: { press: (...press) => context.merchant.press(...press),
      flush: () => {} } });
    await context.refund();
    await context.merchant.flush();
    assert.deepEqual(notices(context).map(({ event }) => event),
      ['REFUND.SUCCESS', 'TRANSACTION.SUCCESS']);
  });

  test('late payment after close, and an order that expires', async () => {
    const context = await publicKeyMode();
    await context.create('native');
    await context.close();
    await assert.rejects(context.merchant.press('ORDER01', 'pay'), { status: 409 });
    await context.merchant.faults({ fault: 'late_payment' });
    await context.merchant.press('ORDER01', 'pay');
    assert.equal((await context.query()).data.trade_state, 'SUCCESS');
    await context.create('native', { out_trade_no: 'ORDER02' });
    await context.merchant.press('ORDER02', 'expire');
    assert.equal((await context.merchant.books()).payments[1].status, 'closed');
  });

  test('a pending refund ends abnormal', async () => {
    const context = await publicKeyMode();
    await paid(context);
    context.receiver.received.length = 0;
    await context.merchant.faults({ fault: 'pending_refund' });
    await context.refund();
    assert.equal((await context.queryRefund('R1')).data.status, 'PROCESSING');
    await context.merchant.call('POST', 'refunds/R1/fail');
    await context.merchant.flush();
    assert.equal(notices(context)[0].event, 'REFUND.ABNORMAL');
    assert.equal((await context.merchant.payment()).refunded_minor, 0);
  });
});

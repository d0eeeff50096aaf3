/** What goes wrong at the Alipay simulator when a test asks for it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { beijingTime, parseForm } from '../common.mjs';
import { notices, paid, precreate, setUp } from './alipay-client.mjs';

describe('alipay faults', () => {
  const query = (context) => context.exec('alipay.trade.query', { outTradeNo: 'ORDER01' });

  test('error_500, drop_answer, delay and refuse', async () => {
    const context = await setUp();
    const { merchant } = context;
    await merchant.faults({ fault: 'error_500', on: 'create' });
    await assert.rejects(precreate(context), /status: 500/);
    assert.equal((await merchant.books()).payments.length, 0);
    // Twice, because the SDK's HTTP client repeats a request when the connection breaks.
    await merchant.faults({ fault: 'drop_answer', on: 'create', times: 2 });
    await assert.rejects(precreate(context), /HttpClient Request error/);
    assert.equal((await merchant.books()).payments.length, 1);
    await merchant.faults({ fault: 'refuse', on: 'query', code: 'ACQ.SYSTEM_ERROR' });
    assert.equal((await query(context)).subCode, 'ACQ.SYSTEM_ERROR');
    await merchant.faults({ fault: 'delay', on: 'query', ms: 50 });
    const started = Date.now();
    await query(context);
    assert.ok(Date.now() - started >= 45);
  });

  test('a notice and a query state a wrong amount', async () => {
    const context = await setUp();
    await context.merchant.faults({ fault: 'wrong_amount', on: 'notice' },
      { fault: 'wrong_amount', on: 'query' });
    await paid(context);
    assert.equal(notices(context)[0].total_amount, '89.88');
    assert.equal((await query(context)).totalAmount, '89.88');
    assert.equal((await query(context)).totalAmount, '88.88');
  });

  test('a query of a paid trade tells what it has cost, or leaves that out', async () => {
    const context = await setUp();
    await precreate(context);
    assert.equal((await query(context)).chargeAmount, undefined);
    await context.merchant.faults({ fault: 'no_fee' });
    await paid(context);
    assert.equal((await query(context)).chargeAmount, undefined);
    assert.equal((await query(context)).chargeAmount, '0.53');
  });

  test('a forged notice is not believed, nor is a tampered one', async () => {
    const context = await setUp();
    const { receiver, sdk, merchant } = context;
    await merchant.faults({ fault: 'forged_notice' });
    await paid(context);
    const [forged, honest] = receiver.received.map(({ body }) => parseForm(body));
    assert.equal(sdk.checkNotifySignV2(forged), false);
    assert.equal(sdk.checkNotifySignV2(honest), true);
    assert.equal(sdk.checkNotifySignV2({ ...honest, total_amount: '0.01' }), false);
    await merchant.press('ORDER01', 'forge');
    await merchant.flush();
    assert.equal(sdk.checkNotifySignV2(parseForm(receiver.received.at(-1).body)), false);
  });

  test('only the word success acknowledges; the id stays over the tries', async () => {
    const context = await setUp();
    context.receiver.answers = [
      { status: 200, body: '"success"' }, { status: 500, body: 'success' },
      { status: 200, body: 'success' },
    ];
    await paid(context);
    assert.equal(context.receiver.received.length, 3);
    assert.equal(new Set(notices(context).map(({ notify_id: id }) => id)).size, 1);
  });

  test('withheld, duplicate, skewed and reordered notices', async () => {
    const context = await setUp();
    const { merchant, exec, receiver } = context;
    await merchant.faults({ fault: 'no_notice' });
    await paid(context);
    assert.equal(receiver.received.length, 0);
    assert.equal((await merchant.books()).notices[0].withheld, true);
    const refund = (outRequestNo) => exec('alipay.trade.refund', {
      outTradeNo: 'ORDER01', refundAmount: '1.00', outRequestNo,
    });
    await merchant.faults({ fault: 'duplicate_notice' },
      { fault: 'clock_skew', on: 'notice', seconds: -7200 });
    await refund('R1');
    await merchant.flush();
    assert.equal(receiver.received.length, 3);
    assert.ok(notices(context)[0].notify_time < beijingTime(Date.now() - 7_100_000));
    receiver.received.length = 0;
    await merchant.faults({ fault: 'reorder_notices' });
    await refund('R2');
    await refund('R3');
    await merchant.flush();
    assert.deepEqual(notices(context).map(({ out_biz_no: id }) => id), ['R3', 'R2']);
  });

  test('a held notice leaves on flush', async () => {
    const context = await setUp();
    await context.merchant.faults({ fault: 'reorder_notices' });
    await precreate(context);
    await context.merchant.press('ORDER01', 'pay');
    assert.equal((await context.merchant.books()).notices[0].held, true);
    await context.merchant.flush();
    assert.equal(notices(context).length, 1);
  });

  test('a closed trade is paid late', async () => {
    const context = await setUp();
    await precreate(context);
    await context.merchant.press('ORDER01', 'open');
    await context.exec('alipay.trade.close', { outTradeNo: 'ORDER01' });
    await context.merchant.faults({ fault: 'late_payment' });
    await context.merchant.press('ORDER01', 'pay');
    assert.equal((await query(context)).tradeStatus, 'TRADE_SUCCESS');
    await context.merchant.flush();
    assert.equal(notices(context)[0].trade_status, 'TRADE_SUCCESS');
  });

  test('a pending refund proves nothing until it is decided', async () => {
    const context = await setUp();
    const { merchant, exec } = context;
    await paid(context);
    await merchant.faults({ fault: 'pending_refund' });
    const biz = { outTradeNo: 'ORDER01', refundAmount: '5.00', outRequestNo: 'R1' };
    const answer = await exec('alipay.trade.refund', biz);
    assert.deepEqual([answer.code, answer.fundChange], ['10000', 'N']);
    const ask = () => exec('alipay.trade.fastpay.refund.query', biz);
    assert.equal((await ask()).refundStatus, undefined);
    await merchant.call('POST', 'refunds/R1/succeed');
    assert.equal((await ask()).refundStatus, 'REFUND_SUCCESS');
  });
});

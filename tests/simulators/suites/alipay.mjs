/** The Alipay simulator, driven and checked by the `alipay-sdk` package. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseForm } from '../common.mjs';
import { TestMerchant, once, origins, pressButton, visit } from './harness.mjs';
import {
  RETURN_URL, client, formTarget, notices, openPage, order, paid, precreate, setUp,
} from './alipay-client.mjs';

for (const mode of ['key', 'cert']) {
  describe(`alipay in ${mode} mode`, () => {
    test('a page payment: cashier, notice, return address, query', async () => {
      const context = await setUp(mode);
      const { merchant, sdk, exec } = context;
      const cashier = await openPage(context);
      const early = await exec('alipay.trade.query', { outTradeNo: 'ORDER01' });
      assert.deepEqual([early.code, early.subCode], ['40004', 'ACQ.TRADE_NOT_EXIST']);
      const page = await (await visit(cashier)).text();
      assert.match(page, /¥88\.88/);
      assert.match(page, /Tea 茶 &#34;cups&#34; 50%\+/);
      const open = await exec('alipay.trade.query', { outTradeNo: 'ORDER01' });
      assert.deepEqual([open.tradeStatus, open.totalAmount], ['WAIT_BUYER_PAY', '88.88']);
      assert.equal(open.sendPayDate, undefined);
      const left = await pressButton(cashier, 'pay');
      const back = parseForm(new URL(left.headers.get('location')).search);
      const { step, ...signed } = back;
      assert.equal(step, '3');
      assert.equal(sdk.checkNotifySignV2(signed), true);
      assert.equal(signed.method, 'alipay.trade.page.pay.return');
      assert.equal(signed.trade_status, undefined);
      await merchant.flush();
      const [notice] = notices(context);
      assert.equal(notice.trade_status, 'TRADE_SUCCESS');
      assert.equal(notice.total_amount, '88.88');
      assert.deepEqual([notice.subject, notice.body], [order().subject, order().body]);
      assert.equal(notice.app_id, merchant.id);
      assert.equal(notice.seller_id, merchant.credentials.seller_id);
      const done = await exec('alipay.trade.query', { tradeNo: notice.trade_no });
      assert.equal(done.tradeStatus, 'TRADE_SUCCESS');
      assert.equal((await merchant.books()).charges, 1);
    });

    test('a QR payment through the phone page', async () => {
      const context = await setUp(mode);
      const { exec } = context;
      const { code, qrCode } = await precreate(context);
      assert.equal(code, '10000');
      assert.equal((await precreate(context)).qrCode, qrCode);
      const closed = await exec('alipay.trade.close', { outTradeNo: 'ORDER01' });
      assert.equal(closed.subCode, 'ACQ.TRADE_NOT_EXIST');
      const left = await pressButton(qrCode, 'decline');
      const again = new URL(left.headers.get('location'), qrCode);
      assert.match(await (await visit(again)).text(), /余额不足，/);
      await pressButton(qrCode, 'pay');
      const query = await exec('alipay.trade.query', { outTradeNo: 'ORDER01' });
      assert.equal(query.tradeStatus, 'TRADE_SUCCESS');
    });

    test('refunds in parts, told by notices, until the trade is closed', async () => {
      const context = await setUp(mode);
      const { exec, receiver, merchant } = context;
      await paid(context);
      receiver.received.length = 0;
      const refund = (refundAmount, outRequestNo) => exec('alipay.trade.refund', {
        outTradeNo: 'ORDER01', refundAmount, outRequestNo,
      });
      const first = await refund('30.00', 'R1');
      assert.deepEqual([first.code, first.fundChange, first.refundFee], ['10000', 'Y', '30.00']);
      const repeated = await refund('30.00', 'R1');
      assert.deepEqual([repeated.fundChange, repeated.refundFee], ['N', '30.00']);
      assert.equal((await refund('31.00', 'R1')).subCode, 'ACQ.DISCORDANT_REPEAT_REQUEST');
      assert.equal((await refund('58.89', 'R2')).subCode, 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
      const second = await refund('58.88', 'R2');
      assert.deepEqual([second.fundChange, second.refundFee], ['Y', '88.88']);
      const known = await exec('alipay.trade.fastpay.refund.query', {
        outTradeNo: 'ORDER01', outRequestNo: 'R2',
      });
      assert.deepEqual([known.refundStatus, known.refundAmount], ['REFUND_SUCCESS', '58.88']);
      const unknown = await exec('alipay.trade.fastpay.refund.query', {
        outTradeNo: 'ORDER01', outRequestNo: 'R3',
      });
      assert.deepEqual([unknown.code, unknown.refundStatus], ['10000', undefined]);
      const query = await exec('alipay.trade.query', { outTradeNo: 'ORDER01' });
      assert.equal(query.tradeStatus, 'TRADE_CLOSED');
      assert.ok(query.sendPayDate);
      await merchant.flush();
      assert.deepEqual(notices(context).map((notice) => (
        [notice.trade_status, notice.refund_fee, notice.out_biz_no])), [
        ['TRADE_SUCCESS', '30.00', 'R1'], ['TRADE_CLOSED', '88.88', 'R2'],
      ]);
      assert.equal((await merchant.payment()).refunded_minor, 8888);
    });
  });
}

describe('alipay pages', () => {
  test('wap: closing tells the merchant and leads to quit_url', async () => {
    const context = await setUp();
    const cashier = await openPage(context, {
      productCode: 'QUICK_WAP_WAY', quitUrl: 'https://shop.example/cart',
    }, 'alipay.trade.wap.pay');
    const left = await pressButton(cashier, 'close');
    assert.equal(left.headers.get('location'), 'https://shop.example/cart');
    await context.merchant.flush();
    assert.equal(notices(context)[0].trade_status, 'TRADE_CLOSED');
    assert.equal((await context.merchant.payment()).status, 'closed');
  });

  test('a posted form opens the same cashier', async () => {
    const context = await setUp();
    const { sdk, receiver } = context;
    const first = await openPage(context);
    const form = formTarget(sdk.pageExec('alipay.trade.page.pay', 'POST', {
      bizContent: order(), notifyUrl: receiver.url, returnUrl: RETURN_URL,
    }));
    const response = await visit(form.url, { method: 'POST', body: form.body });
    assert.equal(response.headers.get('location'), first);
  });

  test('a refused page payment shows why', async () => {
    const context = await setUp();
    await paid(context);
    const url = context.sdk.pageExec('alipay.trade.page.pay', 'GET', { bizContent: order() });
    const text = await (await visit(url)).text();
    assert.match(text, /ACQ\.TRADE_HAS_SUCCESS/);
  });

  test('the front page lists what waits to be paid', async () => {
    const context = await setUp();
    const outTradeNo = `WAITS_${context.merchant.id}`;
    const { qrCode } = await precreate(context, { outTradeNo });
    assert.match(await (await visit(origins.alipay)).text(), new RegExp(outTradeNo));
    await pressButton(qrCode, 'pay');
    assert.doesNotMatch(await (await visit(origins.alipay)).text(), new RegExp(outTradeNo));
  });
});

describe('alipay refuses', () => {
  // Nothing is entered into the books here, so that one merchant serves all.
  const shared = once(setUp);

  for (const [name, change, subCode] of [
    ["a stranger's signature", async () => {
      const other = await TestMerchant.create('alipay');
      return { privateKey: other.credentials.private_key };
    }, 'isv.invalid-signature'],
    ['an unknown app', () => ({ appId: '2021000000000000' }), 'isv.invalid-app-id'],
    ['RSA with SHA-1', () => ({ signType: 'RSA' }), 'isv.invalid-signature-type'],
    ['another charset', () => ({ charset: 'gbk' }), 'isv.invalid-charset'],
  ]) {
    test(name, async () => {
      const { merchant } = await shared();
      const sdk = client(merchant.credentials, await change());
      const answer = await sdk.exec('alipay.trade.query', { bizContent: { outTradeNo: 'X' } });
      assert.equal(answer.subCode, subCode);
    });
  }

  test('a signature that leaves out sign_type', async () => {
    const { merchant, sdk } = await shared();
    const text = sdk.sdkExec('alipay.trade.query', { bizContent: { out_trade_no: 'X' } });
    const good = await visit(`${origins.alipay}/gateway.do?${text}`);
    assert.match(await good.text(), /ACQ\.TRADE_NOT_EXIST/);
    assert.equal(good.headers.get('content-type'), 'text/html;charset=utf-8');
    const { sign, sign_type: signType, ...fields } = parseForm(text);
    const { signatureV3 } = await import(new URL('util.js', import.meta.resolve('alipay-sdk')));
    const content = Object.keys(fields).sort().map((key) => `${key}=${fields[key]}`).join('&');
    const label = 'PRIVATE KEY-----';
    const key = `-----BEGIN ${label}\n${merchant.credentials.private_key}\n-----END ${label}`;
    const query = new URLSearchParams({
      ...fields, sign_type: signType, sign: signatureV3(content, key),
    });
    const bad = await visit(`${origins.alipay}/gateway.do?${query}`);
    assert.match(await bad.text(), /isv\.invalid-signature/);
    assert.ok(sign);
  });

  test('a timestamp in UTC', async () => {
    const { exec } = await shared();
    const timestamp = new Date().toISOString().slice(0, 19).replace('T', ' ');
    const answer = await exec('alipay.trade.query', { outTradeNo: 'X' }, { timestamp });
    assert.equal(answer.subCode, 'isv.invalid-timestamp');
  });

  test('missing and foreign certificate serial numbers', async () => {
    const { merchant } = await setUp('cert');
    const other = await setUp('cert');
    const without = client({ ...merchant.credentials, app_cert: undefined });
    const biz = { bizContent: { outTradeNo: 'X' } };
    assert.equal((await without.exec('alipay.trade.query', biz)).subCode,
      'isv.missing-app-cert-sn');
    const foreign = client({
      ...merchant.credentials, app_cert: other.merchant.credentials.app_cert,
    });
    assert.equal((await foreign.exec('alipay.trade.query', biz)).subCode, 'isv.app-cert-not-exist');
    const uprooted = client({
      ...merchant.credentials, alipay_root_cert: merchant.credentials.app_cert,
    });
    assert.equal((await uprooted.exec('alipay.trade.query', biz)).subCode,
      'isv.invalid-alipay-root-cert-sn');
  });

  for (const [name, extra, subCode] of [
    ['no subject', { subject: '' }, 'ACQ.INVALID_PARAMETER'],
    ['a forbidden character', { subject: 'Tea & cups' }, 'ACQ.INVALID_PARAMETER'],
    ['three decimals', { totalAmount: '1.005' }, 'ACQ.INVALID_PARAMETER'],
    ['an amount of nothing', { totalAmount: '0.00' }, 'ACQ.TOTAL_FEE_EXCEED'],
    ['a reference with a space', { outTradeNo: 'OR DER' }, 'ACQ.INVALID_PARAMETER'],
    ['a past time_expire', { timeExpire: '2020-01-01 00:00:00' }, 'ACQ.INVALID_PARAMETER'],
  ]) {
    test(name, async () => {
      const context = await shared();
      assert.equal((await precreate(context, extra)).subCode, subCode);
      assert.equal((await context.merchant.books()).payments.length, 0);
    });
  }

  test('a product that the merchant has no contract for', async () => {
    const context = await setUp('key', ['page', 'wap']);
    assert.equal((await precreate(context)).subCode, 'ACQ.ACCESS_FORBIDDEN');
    assert.match(await openPage(context), /^http/);
    const codes = await setUp('key', ['precreate']);
    assert.equal((await precreate(codes)).code, '10000');
    const url = codes.sdk.pageExec('alipay.trade.page.pay', 'GET', { bizContent: order() });
    assert.match(await (await visit(url)).text(), /ACQ\.ACCESS_FORBIDDEN/);
  });

  test('the same reference with other content, or once it is over', async () => {
    const context = await setUp();
    await precreate(context);
    const other = await precreate(context, { totalAmount: '88.89' });
    assert.equal(other.subCode, 'ACQ.CONTEXT_INCONSISTENT');
    await context.merchant.press('ORDER01', 'pay');
    assert.equal((await precreate(context)).subCode, 'ACQ.TRADE_HAS_SUCCESS');
    await precreate(context, { outTradeNo: 'ORDER02' });
    await context.merchant.press('ORDER02', 'expire');
    const closed = await precreate(context, { outTradeNo: 'ORDER02' });
    assert.equal(closed.subCode, 'ACQ.TRADE_HAS_CLOSE');
  });

  test('closing and refunding at the wrong time', async () => {
    const context = await setUp();
    const { exec, merchant } = context;
    await precreate(context);
    await merchant.press('ORDER01', 'open');
    const early = await exec('alipay.trade.refund', {
      outTradeNo: 'ORDER01', refundAmount: '1.00',
    });
    assert.equal(early.subCode, 'ACQ.TRADE_STATUS_ERROR');
    assert.equal((await exec('alipay.trade.close', { outTradeNo: 'ORDER01' })).code, '10000');
    await assert.rejects(merchant.press('ORDER01', 'pay'), { status: 409 });
    await precreate(context, { outTradeNo: 'ORDER02' });
    await merchant.press('ORDER02', 'pay');
    const late = await exec('alipay.trade.close', { outTradeNo: 'ORDER02' });
    assert.equal(late.subCode, 'ACQ.TRADE_STATUS_ERROR');
    await merchant.press('ORDER02', 'finish');
    const finished = await exec('alipay.trade.refund', {
      outTradeNo: 'ORDER02', refundAmount: '1.00', outRequestNo: 'R',
    });
    assert.equal(finished.subCode, 'ACQ.TRADE_HAS_FINISHED');
  });

  test("another merchant's trade", async () => {
    const context = await setUp();
    const other = await setUp();
    await paid(context);
    const answer = await other.exec('alipay.trade.query', { outTradeNo: 'ORDER01' });
    assert.equal(answer.subCode, 'ACQ.TRADE_NOT_EXIST');
  });
});

describe('alipay answers', () => {
  for (const mode of ['key', 'cert']) {
    test(`escape slashes and sign the raw text in ${mode} mode`, async () => {
      const { merchant, sdk, receiver } = await setUp(mode);
      const query = sdk.sdkExec('alipay.trade.precreate', {
        bizContent: { out_trade_no: 'ORDER01', total_amount: '1', subject: 'Tea' },
        notify_url: receiver.url,
      });
      const raw = await (await visit(`${origins.alipay}/gateway.do?${query}`)).text();
      const code = (await merchant.payment()).page;
      assert.ok(raw.includes(`"qr_code":"${code.replaceAll('/', '\\/')}"`), raw);
      assert.equal(raw.includes('"alipay_cert_sn":"'), mode === 'cert');
      const text = sdk.getSignStr(raw, 'alipay_trade_precreate_response');
      assert.equal(sdk.rsaCheck(text, JSON.parse(raw).sign), true);
      assert.equal(sdk.rsaCheck(text.replaceAll('\\/', '/'), JSON.parse(raw).sign), false);
    });
  }
});

describe('alipay cancel', () => {
  test('spoils an unopened code, and pays back a paid trade', async () => {
    const context = await setUp();
    const { exec, merchant } = context;
    await precreate(context);
    const spoilt = await exec('alipay.trade.cancel', { outTradeNo: 'ORDER01' });
    assert.deepEqual([spoilt.code, spoilt.action, spoilt.tradeNo], ['10000', 'close', undefined]);
    await assert.rejects(merchant.press('ORDER01', 'pay'), { status: 409 });
    await precreate(context, { outTradeNo: 'ORDER02' });
    await merchant.press('ORDER02', 'pay');
    const back = await exec('alipay.trade.cancel', { outTradeNo: 'ORDER02' });
    assert.equal(back.action, 'refund');
    assert.equal((await merchant.books()).payments[1].refunded_minor, 8888);
  });
});

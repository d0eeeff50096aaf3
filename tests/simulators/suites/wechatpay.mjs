/**
 * The WeChat Pay simulator, driven and checked by two public clients of API v3:
 * `wechatpay-axios-plugin` in public-key mode, `wechatpay-node-v3` in certificate mode.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import wechatpay from 'wechatpay-axios-plugin';
import { beijingRfc3339, unixSeconds } from '../common.mjs';
import { TestMerchant, once, origins, pressButton, visit } from './harness.mjs';
import {
  certificateMode, notices, order, paid, publicKeyMode, refundOrder, refusal,
} from './wechatpay-client.mjs';

const { Formatter, Rsa } = wechatpay;

describe('wechat pay in public-key mode', () => {
  test('a native payment: code, phone page, notice, query', async () => {
    const context = await publicKeyMode();
    const { data } = await context.create('native');
    const token = /^weixin:\/\/wxpay\/bizpayurl\?pr=(\w+)$/.exec(data.code_url)[1];
    const before = await context.query();
    assert.deepEqual([before.data.trade_state, before.data.transaction_id], ['NOTPAY', undefined]);
    const phone = `${origins.wechatpay}/phone?pr=${token}`;
    assert.equal((await context.merchant.payment()).page, phone);
    assert.match(await (await visit(phone)).text(), /¥88\.88/);
    const declined = await pressButton(phone, 'decline');
    assert.match(await (await visit(new URL(declined.headers.get('location'), phone))).text(),
      /余额不足，/);
    await pressButton(phone, 'pay');
    await context.merchant.flush();
    const [{ event, plain }] = notices(context);
    assert.equal(event, 'TRANSACTION.SUCCESS');
    assert.equal(plain.out_trade_no, 'ORDER01');
    assert.deepEqual(plain.amount,
      { currency: 'CNY', payer_currency: 'CNY', payer_total: 8888, total: 8888 });
    const after = await context.query();
    assert.deepEqual(after.data, plain);
    const byId = await context.client.v3.pay.transactions.id['{id}'].get({
      params: { mchid: context.merchant.id }, id: plain.transaction_id,
    });
    assert.deepEqual(byId.data, plain);
  });

  test('an H5 payment goes back to redirect_url', async () => {
    const context = await publicKeyMode();
    const { data } = await context.create('h5', {
      scene_info: { payer_client_ip: '203.0.113.7', h5_info: { type: 'Wap' } },
    });
    const back = 'https://pay.shop.example/return/a/b?x=1';
    const page = `${data.h5_url}&redirect_url=${encodeURIComponent(back)}`;
    const from = (referer, agent = 'test') => ({ headers: { referer, 'user-agent': agent } });
    const shown = async (options) => (await visit(page, options)).text();
    assert.match(await shown(), /商家参数格式有误/);
    assert.match(await shown(from('https://shop.example/')), /商家存在未配置的参数/);
    const ours = new URL('/', context.receiver.url).href;
    assert.match(await shown(from(ours, 'Mobile MicroMessenger/8.0')), /请在微信外打开订单/);
    const left = await pressButton(page, 'pay', from(ours));
    assert.equal(left.headers.get('location'), back);
    assert.equal((await context.query()).data.trade_type, 'MWEB');
  });

  test('a JSAPI payment with the parameters for the bridge', async () => {
    const context = await publicKeyMode();
    const { credentials } = context.merchant;
    const { data } = await context.create('jsapi', { payer: { openid: 'oPayer' } });
    const parameters = {
      appId: credentials.appid, timeStamp: String(unixSeconds()), nonceStr: Formatter.nonce(),
      package: `prepay_id=${data.prepay_id}`, signType: 'RSA',
    };
    const text = Formatter.joinedByLineFeed(parameters.appId, parameters.timeStamp,
      parameters.nonceStr, parameters.package);
    const invoke = async (paySign, press) => (await (await visit(`${origins.wechatpay}/bridge`, {
      method: 'POST', body: JSON.stringify({ parameters: { ...parameters, paySign }, press }),
    })).json()).err_msg;
    const paySign = Rsa.sign(text, credentials.merchant_private_key);
    assert.equal(await invoke(Rsa.sign(`${text}x`, credentials.merchant_private_key)),
      'get_brand_wcpay_request:fail');
    assert.equal(await invoke(paySign, 'close'), 'get_brand_wcpay_request:cancel');
    assert.equal(await invoke(paySign), 'get_brand_wcpay_request:ok');
    assert.equal((await context.query()).data.payer.openid, 'oPayer');
  });

  test('close answers a signed 204, and spoils the code', async () => {
    const context = await publicKeyMode();
    const { data } = await context.create('native');
    const closed = await context.close();
    assert.equal(closed.status, 204);
    assert.ok(closed.headers['wechatpay-signature']);
    assert.equal((await context.query()).data.trade_state, 'CLOSED');
    assert.equal((await refusal(context.close())).code, 'ORDER_CLOSED');
    assert.equal((await refusal(context.create('native'))).code, 'ORDER_CLOSED');
    const phone = `${origins.wechatpay}/phone?pr=${data.code_url.split('=')[1]}`;
    assert.match(await (await visit(phone)).text(), /closed/);
  });

  test('refunds are accepted first and done later', async () => {
    const context = await publicKeyMode();
    await paid(context);
    context.receiver.received.length = 0;
    const accepted = await context.refund();
    assert.equal(accepted.data.status, 'PROCESSING');
    await context.merchant.flush();
    assert.equal((await context.queryRefund('R1')).data.status, 'SUCCESS');
    const [{ event, plain }] = notices(context);
    assert.equal(event, 'REFUND.SUCCESS');
    assert.deepEqual([plain.refund_status, plain.status], ['SUCCESS', undefined]);
    assert.deepEqual(plain.amount,
      { total: 8888, refund: 3000, payer_total: 8888, payer_refund: 3000 });
    assert.equal((await context.query()).data.trade_state, 'REFUND');
    assert.equal((await context.refund()).data.status, 'SUCCESS');
    const more = await refusal(context.refund({
      out_refund_no: 'R2', amount: { refund: 5889, total: 8888, currency: 'CNY' },
    }));
    assert.match(more.message, /超过/);
    assert.equal((await context.merchant.payment()).refunded_minor, 3000);
  });

  test('there are no platform certificates', async () => {
    const { client } = await publicKeyMode();
    const { status, code } = await refusal(client.v3.certificates.get());
    assert.deepEqual([status, code], [404, 'RESOURCE_NOT_EXISTS']);
  });
});

describe('wechat pay in certificate mode', () => {
  test('pays and refunds with the downloaded certificate', async () => {
    const context = await certificateMode();
    const { pay, answers, merchant, receiver } = context;
    const { credentials } = merchant;
    const [certificate] = await pay.get_certificates(credentials.api_v3_key);
    assert.equal(certificate.serial_no, answers[0].headers['wechatpay-serial']);
    const { appid, mchid, ...body } = order(context);
    const { data } = await pay.transactions_native(body);
    assert.match(data.code_url, /^weixin:/);
    await merchant.press('ORDER01', 'pay');
    const query = await pay.query({ out_trade_no: 'ORDER01' });
    assert.equal(query.data.trade_state, 'SUCCESS');
    const refund = await pay.refunds(refundOrder(context));
    assert.equal(refund.data.status, 'PROCESSING');
    await merchant.flush();
    for (const { headers, body: text } of [...answers, ...receiver.received]) {
      assert.equal(await pay.verifySign({
        timestamp: headers['wechatpay-timestamp'], nonce: headers['wechatpay-nonce'], body: text,
        serial: headers['wechatpay-serial'], signature: headers['wechatpay-signature'],
        apiSecret: credentials.api_v3_key,
      }), true);
    }
    const events = receiver.received.map(({ body: text }) => {
      const { resource, event_type: event } = JSON.parse(text);
      return [event, pay.decipher_gcm(resource.ciphertext, resource.associated_data,
        resource.nonce, credentials.api_v3_key).out_trade_no];
    });
    assert.deepEqual(events, [['TRANSACTION.SUCCESS', 'ORDER01'], ['REFUND.SUCCESS', 'ORDER01']]);
    assert.equal(appid, credentials.appid);
    assert.equal(mchid, credentials.mchid);
  });

  test('closes an order', async () => {
    const context = await certificateMode();
    const { appid, mchid, ...body } = order(context);
    await context.pay.transactions_native(body);
    assert.equal((await context.pay.close('ORDER01')).status, 204);
    assert.ok(appid && mchid);
  });
});

describe('wechat pay refuses', () => {
  // Nothing is entered into the books here, so that one merchant serves all.
  const shared = once(publicKeyMode);

  /** A raw request, signed by the package unless `change` spoils it. */
  async function raw(merchant, path, { method = 'GET', body = '', headers = {}, ...change } = {}) {
    const { credentials } = merchant;
    const timestamp = change.timestamp ?? unixSeconds();
    const nonce = Formatter.nonce();
    const key = change.key ?? credentials.merchant_private_key;
    const text = Formatter.request(method, path, timestamp, nonce, change.signedBody ?? body);
    const authorization = Formatter.authorization(credentials.mchid, nonce, Rsa.sign(text, key),
      timestamp, change.serial ?? credentials.merchant_serial);
    const response = await visit(origins.wechatpay + path, {
      method,
      headers: {
        accept: 'application/json', 'user-agent': 'test', 'content-type': 'application/json',
        authorization: change.authorization ?? authorization, ...headers,
      },
      ...(body && { body }),
    });
    const { code, detail } = await response.json();
    const signed = response.headers.has('wechatpay-signature');
    return { status: response.status, code, detail, signed };
  }

  for (const [name, change] of [
    ["a stranger's key", async () => ({
      key: (await TestMerchant.create('wechatpay')).credentials.merchant_private_key,
    })],
    ['an old timestamp', () => ({ timestamp: unixSeconds() - 301 })],
    ['a future timestamp', () => ({ timestamp: unixSeconds() + 302 })],
    ['another serial number', () => ({ serial: 'AB'.repeat(20) })],
    ['another body than the signed one', () => ({
      method: 'POST', body: '{"a":1}', signedBody: '{"a": 1}',
    })],
    ['a malformed Authorization', () => ({ authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1"' })],
    ['another scheme', () => ({ authorization: 'Bearer x' })],
  ]) {
    test(name, async () => {
      const { merchant } = await shared();
      const answer = await raw(merchant, '/v3/certificates', await change());
      assert.deepEqual([answer.status, answer.code, answer.signed], [401, 'SIGN_ERROR', false]);
    });
  }

  test('a request without User-Agent', async () => {
    const { merchant } = await shared();
    const answer = await raw(merchant, '/v3/certificates', { headers: { 'user-agent': '' } });
    assert.deepEqual([answer.status, answer.code], [400, 'PARAM_ERROR']);
  });

  test("a Wechatpay-Serial that is not the platform's", async () => {
    const { merchant } = await shared();
    const path = `/v3/pay/transactions/out-trade-no/X?mchid=${merchant.id}`;
    const ours = { 'wechatpay-serial': merchant.credentials.public_key_id };
    assert.equal((await raw(merchant, path, { headers: ours })).code, 'ORDER_NOT_EXIST');
    const other = { 'wechatpay-serial': 'PUB_KEY_ID_1' };
    assert.equal((await raw(merchant, path, { headers: other })).code, 'PARAM_ERROR');
  });

  for (const [name, extra, field] of [
    ['a notify_url with a query', { notify_url: 'https://pay.shop.example/n?a=1' }, '/notify_url'],
    ['a notify_url with a bare ?', { notify_url: 'https://pay.shop.example/n?' }, '/notify_url'],
    ['a notify_url without https', { notify_url: 'http://pay.shop.example/n' }, '/notify_url'],
    ['no amount', { amount: undefined }, '/amount/total'],
    ['an amount of nothing', { amount: { total: 0 } }, '/amount/total'],
    ['an amount as text', { amount: { total: '100' } }, '/amount/total'],
    ['another currency', { amount: { total: 1, currency: 'USD' } }, '/amount/currency'],
    ['a short reference', { out_trade_no: 'A1' }, '/out_trade_no'],
    ['no description', { description: '' }, '/description'],
    ['a description over 127 bytes', { description: '茶'.repeat(43) }, '/description'],
    ['a past time_expire', { time_expire: beijingRfc3339(Date.now() - 1000) }, '/time_expire'],
    ["another merchant's id", { mchid: '1000000000' }, '/mchid'],
  ]) {
    test(name, async () => {
      const context = await shared();
      const answer = await refusal(context.create('native', extra));
      assert.deepEqual([answer.status, answer.code, answer.detail.field],
        [400, 'PARAM_ERROR', field]);
      assert.equal((await context.merchant.books()).payments.length, 0);
    });
  }

  test('what H5 and JSAPI need besides', async () => {
    const context = await shared();
    assert.equal((await refusal(context.create('h5'))).detail.field, '/scene_info/payer_client_ip');
    assert.equal((await refusal(context.create('jsapi'))).detail.field, '/payer/openid');
    assert.equal((await refusal(context.create('native', { appid: 'wx0' }))).code,
      'APPID_MCHID_NOT_MATCH');
  });

  test('a used reference, a paid order, an unknown order', async () => {
    const context = await publicKeyMode();
    const unknown = await refusal(context.query());
    assert.deepEqual([unknown.status, unknown.code], [404, 'ORDER_NOT_EXIST']);
    const first = await context.create('native');
    const again = await context.create('native');
    assert.notEqual(again.data.code_url, first.data.code_url);
    const used = await refusal(context.create('native', { amount: { total: 8889 } }));
    assert.deepEqual([used.status, used.code], [403, 'OUT_TRADE_NO_USED']);
    assert.match((await refusal(context.refund())).message, /未支付/);
    const phone = `${origins.wechatpay}/phone?pr=${first.data.code_url.split('=')[1]}`;
    await pressButton(phone, 'pay');
    assert.equal((await refusal(context.create('native'))).code, 'ORDER_PAID');
    assert.equal((await refusal(context.close())).code, 'ORDER_PAID');
    assert.equal((await context.merchant.books()).charges, 1);
  });

  test('refunds that do not fit', async () => {
    const context = await publicKeyMode();
    await paid(context);
    const wrongTotal = { amount: { refund: 1, total: 8887, currency: 'CNY' } };
    assert.match((await refusal(context.refund(wrongTotal))).message, /不一致/);
    await context.refund();
    const other = { amount: { refund: 1, total: 8888, currency: 'CNY' } };
    assert.match((await refusal(context.refund(other))).message, /不一致/);
    assert.equal((await refusal(context.refund({ out_trade_no: 'ORDER09' }))).code,
      'RESOURCE_NOT_EXISTS');
    assert.equal((await refusal(context.refund({ transaction_id: '4200' }))).code, 'PARAM_ERROR');
    assert.equal((await refusal(context.queryRefund('R9'))).code, 'RESOURCE_NOT_EXISTS');
  });

  test("another merchant's order", async () => {
    const context = await publicKeyMode();
    const other = await publicKeyMode();
    await paid(context);
    assert.equal((await refusal(other.query())).code, 'ORDER_NOT_EXIST');
  });
});

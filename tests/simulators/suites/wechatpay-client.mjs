/** Clients of the WeChat Pay simulator, from public packages, and what they are asked. */
import assert from 'node:assert/strict';
import Pay from 'wechatpay-node-v3';
import wechatpay from 'wechatpay-axios-plugin';
import { Receiver, TestMerchant, origins } from './harness.mjs';

const { Aes, Formatter, Rsa, Wechatpay } = wechatpay;

export async function setUp(mode) {
  const merchant = await TestMerchant.create('wechatpay', mode);
  const receiver = await Receiver.start();
  receiver.answers = [{ status: 204 }];
  return { merchant, receiver };
}

/** The axios client. It verifies each answer of 2xx, and throws when one is not rightly signed. */
function axiosClient({ credentials }, extra = {}) {
  return new Wechatpay({
    mchid: credentials.mchid,
    serial: credentials.merchant_serial,
    privateKey: credentials.merchant_private_key,
    certs: { [credentials.public_key_id]: credentials.public_key },
    baseURL: origins.wechatpay,
    proxy: false,
    ...extra,
  });
}

export async function publicKeyMode() {
  const context = await setUp('public_key');
  const client = axiosClient(context.merchant);
  const api = client.v3;
  return {
    ...context,
    client,
    create: (kind, extra) => api.pay.transactions[kind].post(order(context, extra)),
    query: () => api.pay.transactions.outTradeNo['{out_trade_no}'].get({
      params: { mchid: context.merchant.id }, out_trade_no: 'ORDER01',
    }),
    close: () => api.pay.transactions.outTradeNo['{out_trade_no}'].close.post(
      { mchid: context.merchant.id }, { out_trade_no: 'ORDER01' },
    ),
    refund: (extra) => api.refund.domestic.refunds.post(refundOrder(context, extra)),
    queryRefund: (no) => api.refund.domestic.refunds['{no}'].get({ no }),
  };
}

/** The other client; its fixed host is replaced, and its platform certificate is downloaded. */
export async function certificateMode() {
  const context = await setUp('certificate');
  const { credentials } = context.merchant;
  const pay = new Pay({
    appid: credentials.appid,
    mchid: credentials.mchid,
    serial_no: credentials.merchant_serial,
    publicKey: Buffer.from('not used when the serial number is given'),
    privateKey: credentials.merchant_private_key,
    key: credentials.api_v3_key,
  });
  const answers = [];
  const send = (method) => async (url, ...rest) => {
    const [body, headers] = method === 'POST' ? rest : [undefined, ...rest];
    const response = await fetch(url.replace('https://api.mch.weixin.qq.com', origins.wechatpay), {
      method, headers, body: body && JSON.stringify(body),
    });
    const text = await response.text();
    answers.push({ headers: Object.fromEntries(response.headers), body: text });
    return { status: response.status, data: text ? JSON.parse(text) : {}, error: text };
  };
  pay.createHttp({ post: send('POST'), postV2: send('POST'), get: send('GET') });
  return { ...context, pay, answers };
}

export function order({ merchant, receiver }, extra = {}) {
  return {
    appid: merchant.credentials.appid, mchid: merchant.id, description: '茶叶 Tea',
    out_trade_no: 'ORDER01', notify_url: receiver.url,
    amount: { total: 8888, currency: 'CNY' }, ...extra,
  };
}

export function refundOrder({ receiver }, extra = {}) {
  return {
    out_trade_no: 'ORDER01', out_refund_no: 'R1', reason: '测试', notify_url: receiver.url,
    amount: { refund: 3000, total: 8888, currency: 'CNY' }, ...extra,
  };
}

/** Whether a notice is signed, by the axios package. */
export function isSigned({ headers, body }, { credentials }) {
  const text = Formatter.response(headers['wechatpay-timestamp'], headers['wechatpay-nonce'], body);
  assert.equal(headers['wechatpay-serial'], credentials.public_key_id);
  return Rsa.verify(text, headers['wechatpay-signature'], credentials.public_key);
}

/** Verified and decrypted notices: `{event, plain}`. */
export function notices({ receiver, merchant }) {
  return receiver.received.map((notice) => {
    assert.equal(isSigned(notice, merchant), true);
    const { event_type: event, resource } = JSON.parse(notice.body);
    const text = Aes.AesGcm.decrypt(resource.ciphertext, merchant.credentials.api_v3_key,
      resource.nonce, resource.associated_data);
    return { event, plain: JSON.parse(text) };
  });
}

export async function paid(context) {
  await context.create('native');
  await context.merchant.press('ORDER01', 'pay');
  await context.merchant.flush();
}

/** A call that must be refused: its status and body. */
export async function refusal(promise) {
  const error = await promise.then(() => assert.fail('It was not refused.'), (caught) => caught);
  assert.ok(error.response, error.message);
  return { status: error.response.status, ...error.response.data };
}

/** A client of the Alipay simulator, from Alipay's package, and what it is asked. */
import assert from 'node:assert/strict';
import { AlipaySdk } from 'alipay-sdk';
import { parseForm } from '../common.mjs';
import { Receiver, TestMerchant, origins, visit } from './harness.mjs';

// The SDK writes the timestamp in the local time zone, and the gateway wants Beijing's.
process.env.TZ = 'Asia/Shanghai';

export const RETURN_URL = 'https://pay.shop.example/return/acc/ref?step=3';

export function client(credentials, extra = {}) {
  const cert = credentials.app_cert ? {
    appCertContent: credentials.app_cert,
    alipayPublicCertContent: credentials.alipay_cert,
    alipayRootCertContent: credentials.alipay_root_cert,
  } : { alipayPublicKey: credentials.alipay_public_key };
  return new AlipaySdk({
    appId: credentials.app_id,
    privateKey: credentials.private_key,
    keyType: 'PKCS8',
    gateway: `${origins.alipay}/gateway.do`,
    ...cert,
    ...extra,
  });
}

export async function setUp(mode, products) {
  const merchant = await TestMerchant.create('alipay', mode, products);
  const receiver = await Receiver.start();
  const sdk = client(merchant.credentials);
  // Answers are verified by the SDK whenever this is used.
  const exec = (method, bizContent, extra = {}) => sdk.exec(method, { bizContent, ...extra },
    { validateSign: true });
  return { merchant, receiver, sdk, exec };
}

export function order(extra = {}) {
  return {
    outTradeNo: 'ORDER01', totalAmount: '88.88', subject: 'Tea 茶 "cups" 50%+',
    body: 'Tea & cups/a=b', productCode: 'FAST_INSTANT_TRADE_PAY', ...extra,
  };
}

/** Opens a page payment as a browser would, and returns the address of the cashier. */
export async function openPage({ sdk, receiver }, extra = {}, method = 'alipay.trade.page.pay') {
  const url = sdk.pageExec(method, 'GET', {
    bizContent: order(extra), notifyUrl: receiver.url, returnUrl: RETURN_URL,
  });
  const response = await visit(url.startsWith('http') ? url : formTarget(url).url,
    url.startsWith('http') ? {} : { method: 'POST', body: formTarget(url).body });
  assert.equal(response.status, 303, await response.text());
  return response.headers.get('location');
}

/** Reads the SDK's self-submitting form as a browser would. */
export function formTarget(text) {
  const unescape = (value) => value.replaceAll('&quot;', '"');
  const body = new URLSearchParams([...text.matchAll(/name="(\w+)" value="([^"]*)" \/>/g)]
    .map(([, name, value]) => [name, unescape(value)]));
  return { url: /action="([^"]+)"/.exec(text)[1], body };
}

export async function precreate({ exec, receiver }, extra = {}) {
  const { productCode, ...biz } = order(extra);
  return exec('alipay.trade.precreate', biz, { notifyUrl: receiver.url });
}

export async function paid(context) {
  await precreate(context);
  await context.merchant.press('ORDER01', 'pay');
  await context.merchant.flush();
}

/** The notices that arrived, decoded once; the SDK must believe each of them. */
export function notices({ receiver, sdk }) {
  return receiver.received.map(({ body }) => {
    const fields = parseForm(body);
    assert.equal(sdk.checkNotifySignV2(fields), true);
    return fields;
  });
}

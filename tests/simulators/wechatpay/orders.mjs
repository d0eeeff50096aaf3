/** WeChat Pay orders: native, H5 and JSAPI; querying and closing them, and what a payer does. */
import { beijingRfc3339, beijingTime, randomDigits, randomHex, randomText } from '../common.mjs';
import { failure, paramError } from './errors.mjs';
import { notifyPaid } from './notice.mjs';

const DAY_MS = 24 * 3600 * 1000;
/** How long an order waits when the request says nothing. */
const DEFAULT_LIFE_MS = 7 * DAY_MS;
/** How long an H5 address can be opened. */
const H5_LIFE_MS = 5 * 60_000;
const DESCRIPTIONS = {
  SUCCESS: '支付成功', REFUND: '转入退款', NOTPAY: '订单未支付', CLOSED: '订单已关闭',
};
const TRADE_TYPES = { native: 'NATIVE', h5: 'MWEB', jsapi: 'JSAPI' };

/** POST /v3/pay/transactions/{kind} */
export function createOrder(simulator, merchant, kind, body) {
  checkOrder(merchant, kind, body);
  const content = canonical(body);
  const known = merchant.data.payments.find(({ reference }) => reference === body.out_trade_no);
  if (known) expireIfDue(known);
  if (known?.paid_ms) throw failure('ORDER_PAID');
  if (known && (known.content !== content || known.kind !== kind)) {
    throw failure('OUT_TRADE_NO_USED');
  }
  if (known?.trade_state === 'CLOSED') throw failure('ORDER_CLOSED');
  const payment = known ?? simulator.addPayment(merchant, {
    id: `4200${randomDigits(6)}${beijingTime().replace(/\D/g, '').slice(0, 8)}${randomDigits(10)}`,
    reference: body.out_trade_no,
    amount_minor: body.amount.total,
    currency: 'CNY',
    kind,
    content,
    description: body.description,
    attach: body.attach ?? null,
    notify_url: body.notify_url,
    openid: body.payer?.openid ?? `o${randomText(27)}`,
    expires_ms: body.time_expire ? Date.parse(body.time_expire) : Date.now() + DEFAULT_LIFE_MS,
    trade_state: 'NOTPAY',
    paid_ms: null,
  });
  return prepaid(simulator, merchant, payment);
}

/** Every create answers with a fresh code or prepay id; all of them stand for the one order. */
function prepaid(simulator, merchant, payment) {
  if (payment.kind === 'native') {
    const token = simulator.addPage(merchant, payment, randomText(9));
    payment.code_url = `weixin://wxpay/bizpayurl?pr=${token}`;
    return { code_url: payment.code_url };
  }
  const prepayId = `wx${beijingTime().replace(/\D/g, '')}${randomHex(10)}`;
  simulator.addPage(merchant, payment, prepayId);
  payment.prepay_id = prepayId;
  if (payment.kind === 'jsapi') return { prepay_id: prepayId };
  payment.h5_until_ms = Date.now() + H5_LIFE_MS;
  payment.h5_url = `${simulator.origin}/h5?prepay_id=${prepayId}&package=${randomDigits(9)}`;
  return { h5_url: payment.h5_url };
}

function checkOrder(merchant, kind, body) {
  const { mchid, appid } = merchant.data.credentials;
  for (const name of ['appid', 'mchid', 'description', 'out_trade_no', 'notify_url']) {
    if (typeof body[name] !== 'string' || body[name] === '') {
      throw paramError(`/${name}`, '此字段为必填项', body[name]);
    }
  }
  if (body.mchid !== mchid) throw paramError('/mchid', '与签名的商户号不一致', body.mchid);
  if (body.appid !== appid) throw failure('APPID_MCHID_NOT_MATCH');
  // Counted in bytes, whatever the documentation says of characters.
  if (Buffer.byteLength(body.description) > 127) {
    throw paramError('/description', '长度不能超过127');
  }
  if (!/^[0-9A-Za-z_\-|*]{6,32}$/.test(body.out_trade_no)) {
    throw paramError('/out_trade_no', '格式不正确', body.out_trade_no);
  }
  const { attach = '' } = body;
  if (typeof attach !== 'string' || attach.length > 128) {
    throw paramError('/attach', '长度不能超过128');
  }
  checkNotifyUrl(body.notify_url);
  const { total, currency = 'CNY' } = body.amount ?? {};
  if (!Number.isSafeInteger(total) || total < 1) {
    throw paramError('/amount/total', '必须是不小于1的整数', total);
  }
  if (currency !== 'CNY') {
    throw paramError('/amount/currency', 'Currency code is invalid', currency);
  }
  if (body.time_expire !== undefined) checkTimeExpire(body.time_expire);
  if (kind === 'jsapi' && !body.payer?.openid) throw paramError('/payer/openid', '此字段为必填项');
  if (kind === 'h5') checkScene(body.scene_info);
}

/**
 * No query string; https, or http on a private address, which for a simulator is the loopback.
 * @throws PARAM_ERROR
 */
export function checkNotifyUrl(url) {
  if (!URL.canParse(url) || url.length > 255) throw paramError('/notify_url', '格式不正确', url);
  const { protocol, hostname, search } = new URL(url);
  if (search !== '' || url.includes('?')) throw paramError('/notify_url', '不能携带参数', url);
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback)) {
    throw paramError('/notify_url', '必须为https', url);
  }
}

function checkTimeExpire(text) {
  const formed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!formed || Number.isNaN(Date.parse(text))) {
    throw paramError('/time_expire', '不符合rfc3339格式', text);
  }
  if (Date.parse(text) <= Date.now()) throw paramError('/time_expire', '已过期', text);
}

function checkScene(scene) {
  if (!scene?.payer_client_ip) throw paramError('/scene_info/payer_client_ip', '此字段为必填项');
  if (!['iOS', 'Android', 'Wap'].includes(scene.h5_info?.type)) {
    throw paramError('/scene_info/h5_info/type', '此字段为必填项', scene.h5_info?.type);
  }
}

/** GET by out_trade_no or by transaction id. */
export function queryOrder(merchant, payment, query) {
  if (query.mchid !== merchant.id) {
    throw failure('PARAM_ERROR', '参数错误：mchid', {
      field: 'mchid', issue: '与签名的商户号不一致', location: 'query', value: query.mchid,
    });
  }
  if (!payment) throw failure('ORDER_NOT_EXIST');
  expireIfDue(payment);
  const wrong = merchant.faults.take('wrong_amount', 'query') !== undefined;
  return transaction(merchant, payment, wrong);
}

/** What a query answers, and what a notice of payment decrypts to. */
export function transaction(merchant, payment, wrongAmount = false) {
  const total = payment.amount_minor + (wrongAmount ? 100 : 0);
  const paid = payment.paid_ms !== null;
  return {
    amount: {
      currency: 'CNY', payer_currency: 'CNY', ...(paid && { payer_total: total }), total,
    },
    appid: merchant.data.credentials.appid,
    ...(payment.attach !== null && { attach: payment.attach }),
    ...(paid && { bank_type: 'OTHERS' }),
    mchid: merchant.id,
    out_trade_no: payment.reference,
    ...(paid && { payer: { openid: payment.openid } }),
    promotion_detail: [],
    ...(paid && { success_time: beijingRfc3339(payment.paid_ms) }),
    trade_state: payment.trade_state,
    trade_state_desc: DESCRIPTIONS[payment.trade_state],
    ...(paid && { trade_type: TRADE_TYPES[payment.kind], transaction_id: payment.id }),
  };
}

/** POST …/close. Only what is not paid can be closed, and only once. */
export function closeOrder(merchant, payment, body) {
  if (body.mchid !== merchant.id) throw paramError('/mchid', '与签名的商户号不一致', body.mchid);
  if (!payment) throw failure('ORDER_NOT_EXIST');
  expireIfDue(payment);
  if (payment.paid_ms !== null) throw failure('ORDER_PAID');
  if (payment.trade_state === 'CLOSED') throw failure('ORDER_CLOSED');
  payment.trade_state = 'CLOSED';
}

/** The payer pays. Returns why it cannot be, or nothing. */
export function payOrder(merchant, payment) {
  expireIfDue(payment);
  const late = payment.trade_state === 'CLOSED' && payment.paid_ms === null
    && merchant.faults.take('late_payment', 'pay') !== undefined;
  if (payment.trade_state !== 'NOTPAY' && !late) return `The order is ${payment.trade_state}.`;
  Object.assign(payment, { trade_state: 'SUCCESS', paid_ms: Date.now() });
  notifyPaid(merchant, payment, (wrong) => transaction(merchant, payment, wrong));
  return undefined;
}

/** Closes an order whose time to pay is over; WeChat Pay sends no notice of that. */
export function expireIfDue(payment) {
  if (payment.trade_state === 'NOTPAY' && payment.expires_ms <= Date.now()) {
    payment.trade_state = 'CLOSED';
  }
}

/** JSON with sorted keys: equal for equal content. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

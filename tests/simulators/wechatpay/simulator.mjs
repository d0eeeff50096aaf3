/**
 * The WeChat Pay simulator: API v3 for direct merchants, with platform certificates or with a
 * WeChat Pay public key.
 *
 * In scope: native, H5 and JSAPI orders, query, close, refunds, notices, certificates, phone and H5
 * pages. Not in scope: app and barcode payments, partners, the global API, bills.
 */
import { decimal2, parseJsonObject, randomDigits, randomHex, randomText,
  unixSeconds } from '../common.mjs';
import { serialNumber } from '../keys.mjs';
import { Simulator } from '../simulator.mjs';
import { certificateList, isSignedByMerchant, makeKeys, parseAuthorization, requestText,
  signatureHeaders } from './crypto.mjs';
import { Failure, failure, signError } from './errors.mjs';
import { notifyForgery } from './notice.mjs';
import { closeOrder, createOrder, expireIfDue, payOrder, queryOrder,
  transaction } from './orders.mjs';
import { handlePage, pageAddress } from './pages.mjs';
import { createRefund, decide, queryRefund } from './refunds.mjs';

/** How far a request's timestamp may be off, in seconds. */
const MAX_CLOCK_ERROR_S = 300;

const ROUTES = [
  ['POST', /^\/v3\/pay\/transactions\/(native|h5|jsapi)$/, 'create',
    ({ simulator, merchant, body, name }) => createOrder(simulator, merchant, name, body)],
  ['GET', /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/, 'query',
    ({ merchant, query, name }) => queryOrder(merchant, byReference(merchant, name), query)],
  ['GET', /^\/v3\/pay\/transactions\/id\/([^/]+)$/, 'query',
    ({ merchant, query, name }) => queryOrder(merchant, byTransaction(merchant, name), query)],
  ['POST', /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, 'close',
    ({ merchant, body, name }) => closeOrder(merchant, byReference(merchant, name), body)],
  ['POST', /^\/v3\/refund\/domestic\/refunds$/, 'refund',
    ({ simulator, merchant, body }) => createRefund(simulator, merchant, body)],
  ['GET', /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/, 'refund_query',
    ({ merchant, name }) => queryRefund(merchant, name)],
  ['GET', /^\/v3\/certificates$/, 'other', ({ merchant }) => certificates(merchant)],
];

/** How a trade state reads in the books. */
const BOOK_STATUS = {
  NOTPAY: 'requires_action', SUCCESS: 'paid', REFUND: 'paid', CLOSED: 'closed',
};

/** Simulates WeChat Pay. */
export class WechatPaySimulator extends Simulator {
  channel = 'wechatpay';

  title = 'WeChat Pay (simulator) 微信支付模拟';

  accent = '#07823f';

  /** A merchant with a certificate of its own; mode `public_key` (the default) or `certificate`. */
  async createMerchant(mode = 'public_key') {
    if (mode !== 'public_key' && mode !== 'certificate') return null;
    const mchid = `1${randomDigits(9)}`;
    const publicKeyId = `PUB_KEY_ID_0${mchid}${randomDigits(21)}`;
    const { merchant, platform, keys, identity } = await makeKeys(mode, publicKeyId);
    return {
      id: mchid,
      mode,
      credentials: {
        mchid,
        appid: `wx${randomHex(8)}`,
        merchant_serial: serialNumber().toUpperCase(),
        merchant_private_key: merchant.privateKey,
        api_v3_key: randomText(32),
        ...(mode === 'public_key' && {
          public_key_id: publicKeyId, public_key: platform.publicKey,
        }),
      },
      keys,
      platform: identity,
    };
  }

  /** Answers the API and the pages. */
  async handle(context) {
    if (!context.path.startsWith('/v3/')) return handlePage(this, context);
    const fields = parseAuthorization(context.headers.authorization);
    const merchant = this.merchants.get(fields?.mchid);
    const route = findRoute(context);
    const op = route?.op ?? 'other';
    const entry = merchant ? this.logRequest(merchant, context, op) : {};
    let answer;
    try {
      authenticate(merchant, context, fields);
      answer = await this.#api(merchant, route, context);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      answer = error.answer;
    }
    entry.status = answer.status;
    return finished(answer, merchant, op);
  }

  async #api(merchant, route, context) {
    if (!route) throw failure('RESOURCE_NOT_EXISTS', '请求的资源不存在');
    const asked = context.headers['wechatpay-serial'];
    if (asked !== undefined && asked !== merchant.data.platform.id) {
      throw failure('PARAM_ERROR', '平台证书序列号Wechatpay-Serial错误');
    }
    const body = context.method === 'POST' ? parseJsonObject(context.text) : {};
    if (!body) throw failure('PARAM_ERROR', '请求内容不是合法的JSON');
    const input = { simulator: this, merchant, body, query: context.query, name: route.name };
    return this.perform(merchant, route.op, {
      act: async () => acted(route, input),
      broken: () => ({ ...failure('SYSTEM_ERROR').answer, unsigned: true }),
      refused: (code) => failure(code).answer,
    });
  }

  /** What a person presses; see `admin.mjs`. */
  async press(merchant, payment, action) {
    const actions = {
      pay: () => payOrder(merchant, payment),
      // The payer cannot pay this way, or leaves: WeChat Pay tells the merchant nothing of it.
      decline: () => waiting(payment),
      close: () => waiting(payment),
      expire: () => expireNow(payment),
      forge: () => notifyForgery(merchant, payment, () => transaction(merchant, {
        ...payment, trade_state: 'SUCCESS', paid_ms: Date.now(),
      })),
    };
    if (!Object.hasOwn(actions, action)) return null;
    if (['pay', 'decline', 'close'].includes(action)) payment.presses.push(action);
    const refused = actions[action]();
    this.changed();
    return refused ? { refused } : {};
  }

  /** Every fault can happen here, but for captures, which do not exist. */
  strikes({ fault, on }) {
    return on !== 'capture' && fault !== 'no_fee';
  }

  settleRefund(merchant, payment, refund, succeeds) {
    return decide(merchant, payment, refund, succeeds);
  }

  /** What the books say of a payment. */
  book(payment) {
    const paid = payment.paid_ms !== null;
    return {
      id: payment.id,
      reference: payment.reference,
      amount_minor: payment.amount_minor,
      currency: 'CNY',
      status: BOOK_STATUS[payment.trade_state],
      channel_status: payment.trade_state,
      captured_minor: paid ? payment.amount_minor : 0,
      refunded_minor: payment.refunds.filter(({ status }) => status === 'SUCCESS')
        .reduce((sum, { amount_minor: amount }) => sum + amount, 0),
      refunds: payment.refunds.map(({ id, reference, amount_minor: amount, status }) => ({
        id, reference, amount_minor: amount, status,
      })),
      charges: paid ? 1 : 0,
      kind: payment.kind,
      page: pageAddress(this.origin, payment),
      code_url: payment.code_url ?? null,
      h5_url: payment.h5_url ?? null,
      prepay_id: payment.prepay_id ?? null,
      presses: payment.presses,
    };
  }

  personPage(payment) {
    expireIfDue(payment);
    return payment.trade_state === 'NOTPAY' ? pageAddress(this.origin, payment) : null;
  }

  amountText(payment) {
    return `¥${decimal2(payment.amount_minor)}`;
  }
}

/** Refuses a request that the merchant did not sign, just now, with its certificate's key. */
function authenticate(merchant, context, fields) {
  if (!context.headers['user-agent'] || !context.headers.accept) {
    const { answer } = failure('PARAM_ERROR', 'Http头缺少Accept或User-Agent');
    throw new Failure({ ...answer, unsigned: true });
  }
  if (!fields) throw signError('Http头Authorization值格式错误', context);
  if (!merchant) throw signError('商户号不存在', context);
  if (fields.serial_no !== merchant.data.credentials.merchant_serial) {
    throw signError('商户证书序列号有误。请使用签名私钥匹配的证书序列号', context);
  }
  if (!/^\d{10}$/.test(fields.timestamp)
    || Math.abs(Number(fields.timestamp) - unixSeconds()) > MAX_CLOCK_ERROR_S) {
    throw signError('Http头Authorization中的timestamp与发起请求的时间不得超过5分钟', context);
  }
  const text = requestText(context, fields);
  if (!isSignedByMerchant(merchant, text, fields.signature)) {
    throw signError(undefined, context, text);
  }
}

/** Acts; a failure is an answer too, so that faults which strike after acting find it. */
function acted(route, input) {
  try {
    const value = route.run(input);
    return value === undefined ? { status: 204, value: null } : { status: 200, value };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.answer;
  }
}

/** Signs an answer, a 204 over the empty body; what nobody could sign goes out unsigned. */
function finished({ status, value, unsigned, drop }, merchant, op) {
  const body = value === null ? '' : JSON.stringify(value);
  const headers = {
    'request-id': randomHex(16).toUpperCase(),
    ...(status !== 204 && { 'content-type': 'application/json; charset=utf-8' }),
  };
  if (!unsigned && merchant) {
    Object.assign(headers, signatureHeaders(merchant, body, {
      skewSeconds: merchant.faults.take('clock_skew', op)?.seconds ?? 0,
      probe: merchant.faults.take('signature_probe', op) !== undefined,
    }));
  }
  return { status, headers, body, drop };
}

function findRoute({ method, path }) {
  for (const [verb, pattern, op, run] of ROUTES) {
    const match = verb === method ? pattern.exec(path) : null;
    if (match) return { op, run, name: match[1] && decodeURIComponent(match[1]) };
  }
  return undefined;
}

function certificates(merchant) {
  if (merchant.data.platform.certificate === null) {
    throw failure('RESOURCE_NOT_EXISTS', '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。');
  }
  return certificateList(merchant);
}

function byReference(merchant, name) {
  return merchant.data.payments.find(({ reference }) => reference === name);
}

/** A transaction id exists once the order is paid. */
function byTransaction(merchant, name) {
  return merchant.data.payments.find(({ id, paid_ms: paid }) => id === name && paid !== null);
}

function waiting(payment) {
  expireIfDue(payment);
  return payment.trade_state === 'NOTPAY' ? undefined : `The order is ${payment.trade_state}.`;
}

function expireNow(payment) {
  const refused = waiting(payment);
  if (!refused) payment.trade_state = 'CLOSED';
  return refused;
}

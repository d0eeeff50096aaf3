/**
 * The Alipay simulator: the mainland gateway (`gateway.do`) in key and certificate mode.
 *
 * In scope: page, wap and QR payments, query, close, cancel, refunds, notices, cashier and phone
 * pages. Not in scope: barcode and app payments, OpenAPI v3, content encryption, Antom.
 */
import { decimal2, parseBeijingTime, parseForm, parseJsonObject, randomDigits,
  redirect } from '../common.mjs';
import { Simulator } from '../simulator.mjs';
import { Failure, brokenAnswer, businessFailure, failurePage, gatewayAnswer, invalidArgument,
  missingArgument, notAllowed, signedBody, success, unsignedBody } from './answers.mjs';
import { cancelTrade } from './cancel.mjs';
import { isSignedRequest, makeCertCredentials, makeKeyCredentials } from './crypto.mjs';
import { notifyForgery, returnAddress } from './notice.mjs';
import { handlePage, pageAddress } from './pages.mjs';
import { decide, queryRefund, refundTrade, total } from './refunds.mjs';
import { PRODUCT_CODES, closeTrade, createTrade, expireTrade, finishTrade, openTrade,
  payTrade, queryTrade } from './trades.mjs';

/** The methods of the gateway; `page` ones are opened by a browser and answer with a page. */
const METHODS = {
  'alipay.trade.page.pay': { op: 'create', page: 'page' },
  'alipay.trade.wap.pay': { op: 'create', page: 'wap' },
  'alipay.trade.precreate': {
    op: 'create',
    run: (simulator, merchant, params, biz) => {
      const payment = createTrade(simulator, merchant, 'precreate', params, biz);
      return success({
        out_trade_no: payment.reference, qr_code: pageAddress(simulator.origin, payment),
      });
    },
  },
  'alipay.trade.query': { op: 'query', run: (_, merchant, __, biz) => queryTrade(merchant, biz) },
  'alipay.trade.close': { op: 'close', run: (_, merchant, __, biz) => closeTrade(merchant, biz) },
  'alipay.trade.cancel': { op: 'close', run: (_, merchant, __, biz) => cancelTrade(merchant, biz) },
  'alipay.trade.refund': {
    op: 'refund', run: (_, merchant, __, biz) => refundTrade(merchant, biz),
  },
  'alipay.trade.fastpay.refund.query': {
    op: 'refund_query', run: (_, merchant, __, biz) => queryRefund(merchant, biz),
  },
};

/** How far a request's timestamp may be off; a clock in another time zone is further off. */
const MAX_CLOCK_ERROR_MS = 3_600_000;

/** How a trade's status reads in the books. */
const BOOK_STATUS = {
  DRAFT: 'created',
  WAIT_BUYER_PAY: 'requires_action',
  TRADE_SUCCESS: 'paid',
  TRADE_FINISHED: 'paid',
  TRADE_CLOSED: 'closed',
};

/** Simulates Alipay. */
export class AlipaySimulator extends Simulator {
  channel = 'alipay';

  title = 'Alipay (simulator) 支付宝模拟';

  accent = '#1061c9';

  /**
   * A merchant is an app; mode `key` (the default) or `cert`. `products` are those that it has
   * contracts for: `page`, `wap`, `precreate`; all of them when left out.
   */
  async createMerchant(mode = 'key', products = Object.keys(PRODUCT_CODES)) {
    if (mode !== 'key' && mode !== 'cert') return null;
    if (!products.every((product) => Object.hasOwn(PRODUCT_CODES, product))) return null;
    const appId = `2021${randomDigits(12)}`;
    const sellerId = `2088${randomDigits(12)}`;
    const { keys, serials, credentials } = mode === 'key' ? await makeKeyCredentials()
      : await makeCertCredentials(sellerId, appId);
    return {
      id: appId,
      mode,
      products,
      credentials: { app_id: appId, seller_id: sellerId, ...credentials },
      keys,
      serials: serials ?? null,
      seller_email: `merchant-${sellerId.slice(-4)}@causeway.example`,
      buyer_id: `2088${randomDigits(12)}`,
    };
  }

  /** Answers the gateway and the pages. */
  async handle(context) {
    return context.path === '/gateway.do' ? this.#gateway(context) : handlePage(this, context);
  }

  async #gateway(context) {
    if (context.method !== 'GET' && context.method !== 'POST') throw notAllowed();
    // The SDK puts public parameters into the query and biz_content into the body.
    const params = { ...context.query, ...parseForm(context.text) };
    const merchant = this.merchants.get(params.app_id);
    const method = Object.hasOwn(METHODS, params.method ?? '') ? METHODS[params.method] : null;
    if (!merchant) {
      const failure = params.app_id ? invalidArgument('isv.invalid-app-id', '无效的AppID参数')
        : missingArgument('isv.missing-app-id', '缺少AppID参数');
      return method?.page ? failurePage(this, failure.response)
        : gatewayAnswer(unsignedBody(params.method, failure.response));
    }
    const entry = this.logRequest(merchant, context, method?.op ?? 'other');
    const answered = (response) => (method?.page ? failurePage(this, response)
      : gatewayAnswer(signedBody(merchant, params.method ?? 'error', response)));
    let answer;
    try {
      checkRequest(merchant, method, params);
      const biz = parseJsonObject(params.biz_content ?? '{}');
      if (!biz) throw invalidArgument('isv.invalid-parameter', 'biz_content 不是合法的JSON');
      answer = await this.perform(merchant, method.op, {
        act: async () => this.#run(merchant, method, params, biz, answered),
        broken: brokenAnswer,
        refused: (code) => answered(businessFailure(code).response),
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      answer = answered(error.response);
    }
    entry.status = answer.status;
    return answer;
  }

  /** Acts; a failure is an answer too, so that faults which strike after acting find it. */
  #run(merchant, method, params, biz, answered) {
    try {
      if (!method.page) return answered(method.run(this, merchant, params, biz));
      const payment = createTrade(this, merchant, method.page, params, biz);
      return redirect(pageAddress(this.origin, payment));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return answered(error.response);
    }
  }

  /** What a person presses; see `admin.mjs`. */
  async press(merchant, payment, action) {
    const actions = {
      pay: () => payTrade(merchant, payment),
      decline: () => this.#decline(merchant, payment),
      close: () => expireTrade(merchant, payment),
      expire: () => expireTrade(merchant, payment),
      open: () => openTrade(merchant, payment),
      finish: () => finishTrade(merchant, payment),
      forge: () => notifyForgery(merchant, payment),
    };
    if (!Object.hasOwn(actions, action)) return null;
    if (['pay', 'decline', 'close'].includes(action)) payment.presses.push(action);
    const refused = actions[action]();
    this.changed();
    if (refused) return { refused };
    if (action === 'pay') return { location: returnAddress(merchant, payment) };
    return { location: action === 'close' ? payment.quit_url : null };
  }

  #decline(merchant, payment) {
    // The buyer cannot pay this way and may try another: the trade goes on waiting.
    openTrade(merchant, payment);
    return payment.status === 'WAIT_BUYER_PAY' ? undefined : `The trade is ${payment.status}.`;
  }

  /** There are no captures, and what a payment costs is told by queries. */
  strikes(fault) {
    const isNoFee = fault.fault === 'no_fee' && fault.on === 'create';
    return fault.on !== 'capture' && !isNoFee && super.strikes(fault);
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
      status: paid ? 'paid' : BOOK_STATUS[payment.status],
      channel_status: payment.opened_ms === null ? 'TRADE_NOT_EXIST' : payment.status,
      captured_minor: paid ? payment.amount_minor : 0,
      refunded_minor: total(payment, ['success']),
      refunds: payment.refunds.map(({ id, reference, amount_minor: amount, status }) => ({
        id, reference, amount_minor: amount, status,
      })),
      charges: paid ? 1 : 0,
      product: payment.product,
      subject: payment.subject,
      page: pageAddress(this.origin, payment),
      presses: payment.presses,
    };
  }

  personPage(payment) {
    const waiting = payment.status === 'DRAFT' || payment.status === 'WAIT_BUYER_PAY';
    return waiting && payment.expires_ms > Date.now() ? pageAddress(this.origin, payment) : null;
  }

  amountText(payment) {
    return `¥${decimal2(payment.amount_minor)}`;
  }
}

/** The gateway's own checks, in its order: method, signature, certificates, then the rest. */
function checkRequest(merchant, method, params) {
  if (!params.method) throw missingArgument('isv.missing-method', '缺少方法名参数');
  if (!method) throw invalidArgument('isv.invalid-method', '不存在的方法名');
  if (!params.sign_type) throw missingArgument('isv.missing-signature-type', '缺少签名类型参数');
  if (params.sign_type !== 'RSA2') {
    throw invalidArgument('isv.invalid-signature-type', '无效的签名类型');
  }
  if (!params.sign) throw missingArgument('isv.missing-signature', '缺少签名参数');
  if (!isSignedRequest(merchant, params)) {
    throw invalidArgument('isv.invalid-signature',
      '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配');
  }
  if (merchant.data.serials) checkCertificates(merchant.data.serials, params);
  if (!params.timestamp) throw missingArgument('isv.missing-timestamp', '缺少时间戳参数');
  const time = parseBeijingTime(params.timestamp);
  if (time === null || Math.abs(time - Date.now()) > MAX_CLOCK_ERROR_MS) {
    throw invalidArgument('isv.invalid-timestamp', '非法的时间戳参数');
  }
  if (!params.version) throw missingArgument('isv.missing-version', '缺少版本参数');
  if (params.charset && params.charset.toLowerCase() !== 'utf-8') {
    throw invalidArgument('isv.invalid-charset', '字符集错误');
  }
  if (params.format && params.format.toUpperCase() !== 'JSON') {
    throw invalidArgument('isv.invalid-format', '无效的数据格式');
  }
  if (params.encrypt_type) throw invalidArgument('isv.invalid-encrypt-type', '无效的加密类型');
}

function checkCertificates(serials, params) {
  if (!params.app_cert_sn) {
    throw invalidArgument('isv.missing-app-cert-sn', '缺少应用公钥证书序列号');
  }
  if (params.app_cert_sn !== serials.app) {
    throw invalidArgument('isv.app-cert-not-exist', '应用公钥证书不存在');
  }
  if (!params.alipay_root_cert_sn) {
    throw invalidArgument('isv.missing-alipay-root-cert-sn', '缺少支付宝根证书序列号');
  }
  if (params.alipay_root_cert_sn !== serials.root) {
    throw invalidArgument('isv.invalid-alipay-root-cert-sn', '支付宝根证书序列号无效');
  }
}

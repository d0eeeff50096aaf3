/** Alipay's answers: business results and errors, signed over the raw text of the response. */
import { Refusal } from '../common.mjs';
import { messagePage } from '../pages.mjs';
import { sign } from './crypto.mjs';

/** Business errors with Alipay's own words (its API documentation). */
const BUSINESS_ERRORS = {
  'ACQ.ACCESS_FORBIDDEN': '无权限使用接口',
  'ACQ.CONTEXT_INCONSISTENT': '交易信息被篡改',
  'ACQ.DISCORDANT_REPEAT_REQUEST': '不一致的请求',
  'ACQ.INVALID_PARAMETER': '参数无效',
  'ACQ.REASON_TRADE_REFUND_FEE_ERR': '退款金额无效',
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL': '退款金额超限',
  'ACQ.SELLER_BALANCE_NOT_ENOUGH': '卖家余额不足',
  'ACQ.SYSTEM_ERROR': '系统错误',
  'ACQ.TOTAL_FEE_EXCEED': '订单总金额不在允许范围内',
  'ACQ.TRADE_HAS_CLOSE': '交易已经关闭',
  'ACQ.TRADE_HAS_FINISHED': '交易已完结',
  'ACQ.TRADE_HAS_SUCCESS': '交易已被支付',
  'ACQ.TRADE_NOT_EXIST': '交易不存在',
  'ACQ.TRADE_STATUS_ERROR': '交易状态不合法',
};

/** A result of the gateway that is not success; thrown by the methods, caught by the gateway. */
export class Failure extends Error {
  constructor(response) {
    super(response.sub_code);
    this.response = response;
  }
}

/** 40004 with a business error. `detail` is added to Alipay's words. */
export function businessFailure(subCode, detail) {
  const words = BUSINESS_ERRORS[subCode] ?? '业务处理失败';
  return new Failure({
    code: '40004', msg: 'Business Failed', sub_code: subCode,
    sub_msg: detail ? `${words}：${detail}` : words,
  });
}

/** 40001: a public parameter is missing. */
export function missingArgument(subCode, subMsg) {
  return new Failure({
    code: '40001', msg: 'Missing Required Arguments', sub_code: subCode, sub_msg: subMsg,
  });
}

/** 40002: a public parameter is wrong. */
export function invalidArgument(subCode, subMsg) {
  return new Failure({
    code: '40002', msg: 'Invalid Arguments', sub_code: subCode, sub_msg: subMsg,
  });
}

/** What a successful method answers. */
export function success(fields) {
  return { code: '10000', msg: 'Success', ...fields };
}

/**
 * The body of an answer. Slashes are escaped as Alipay escapes them, so that a client that signs
 * anything but the raw text fails; in certificate mode the serial number precedes the signature.
 */
export function signedBody(merchant, method, response) {
  const text = JSON.stringify(response).replaceAll('/', '\\/');
  const serial = merchant.data.serials
    ? `"alipay_cert_sn":"${merchant.data.serials.alipay}",` : '';
  return `{"${responseKey(method)}":${text},${serial}"sign":"${sign(merchant, text)}"}`;
}

/** The answer when no merchant is known whose keys could sign it. */
export function unsignedBody(method, response) {
  const key = method === undefined ? 'error_response' : responseKey(method);
  return JSON.stringify({ [key]: response });
}

/** A gateway answer: always 200, and always said to be HTML. */
export function gatewayAnswer(body) {
  return { status: 200, headers: { 'content-type': 'text/html;charset=utf-8' }, body };
}

/** What a person sees when a page method fails. */
export function failurePage(simulator, { sub_code: subCode, sub_msg: subMsg }) {
  return messagePage(200, simulator.title, `Alipay refused this payment: ${subCode}`, subMsg, {
    accent: simulator.accent,
  });
}

/** The 500 of a broken gateway, in front of which nothing was done. */
export function brokenAnswer() {
  return {
    status: 500,
    headers: { 'content-type': 'text/html;charset=utf-8' },
    body: '<html><body><h1>500 Internal Server Error</h1></body></html>',
  };
}

/** A plain HTTP refusal, for calls that are not the gateway's business at all. */
export function notAllowed() {
  return new Refusal({ status: 405, headers: { allow: 'GET, POST' }, body: '' });
}

function responseKey(method) {
  return `${method.replaceAll('.', '_')}_response`;
}

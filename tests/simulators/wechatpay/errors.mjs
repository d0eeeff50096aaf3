/** WeChat Pay's error bodies: `{code, message, detail}` (its API documentation, "错误码"). */

/** HTTP status and words of the codes that the simulator knows. */
const CODES = {
  ACCOUNT_ERROR: [403, '账号异常'],
  APPID_MCHID_NOT_MATCH: [400, 'appid和mch_id不匹配'],
  BANK_ERROR: [500, '银行系统异常'],
  FREQUENCY_LIMITED: [429, '频率超限'],
  INVALID_REQUEST: [400, '无效请求'],
  MCH_NOT_EXISTS: [400, '商户号不存在'],
  NOT_ENOUGH: [403, '余额不足'],
  NO_AUTH: [403, '商户无权限'],
  ORDER_CLOSED: [400, '该订单已关闭'],
  ORDER_NOT_EXIST: [404, '订单不存在'],
  ORDER_PAID: [400, '该订单已支付'],
  OUT_TRADE_NO_USED: [403, '商户订单号重复'],
  PARAM_ERROR: [400, '参数错误'],
  RATELIMIT_EXCEEDED: [429, '频率超限'],
  RESOURCE_NOT_EXISTS: [404, '查询的资源不存在'],
  RULE_LIMIT: [403, '业务规则限制'],
  SIGN_ERROR: [401, '错误的签名，验签失败'],
  SYSTEM_ERROR: [500, '系统异常，请稍后重试'],
  TRADE_ERROR: [403, '交易错误'],
};

/** An answer of WeChat Pay that is an error; thrown anywhere, caught by the router. */
export class Failure extends Error {
  constructor(answer) {
    super(answer.value.code);
    this.answer = answer;
  }
}

/** A failure with one of the known codes; `message` and `detail` replace the usual words. */
export function failure(code, message, detail) {
  const [status, words] = CODES[code] ?? [400, code];
  return new Failure({
    status, value: { code, ...(detail && { detail }), message: message ?? words },
  });
}

/** PARAM_ERROR at a field of the body, such as `/amount/total`. */
export function paramError(field, issue, value) {
  return failure('PARAM_ERROR', `参数错误：“${field}”${issue}`, {
    field, issue, location: 'body', ...(value !== undefined && { value }),
  });
}

/** 401 SIGN_ERROR. Nothing signs this answer. */
export function signError(message, context, text) {
  const detail = {
    detail: { issue: 'sign not match' },
    field: 'signature',
    location: 'authorization',
    sign_information: {
      method: context.method,
      sign_message_length: text?.length ?? 0,
      truncated_sign_message: (text ?? '').slice(0, 100),
      url: context.path,
    },
  };
  const { answer } = failure('SIGN_ERROR', message, detail);
  return new Failure({ ...answer, unsigned: true });
}

/**
 * The pages of WeChat Pay: the phone page that stands for the app behind a scanned code, and the
 * page that an H5 address opens.
 *
 * A code holds `weixin://wxpay/bizpayurl?pr=…`, which only the app can open. Here a person opens
 * `/phone?pr=…` instead (or `/phone?prepay_id=…` for JSAPI); the books and the front page link it.
 */
import { decimal2, json, parseJsonObject, redirect } from '../common.mjs';
import { messagePage, paymentPage } from '../pages.mjs';
import { isSignedForBridge } from './crypto.mjs';
import { expireIfDue } from './orders.mjs';

const PATH = /^\/(phone|h5)(?:\/(pay|decline|close))?$/;

/** The address on which a person can pay. */
export function pageAddress(origin, payment) {
  if (payment.kind === 'h5') return payment.h5_url;
  const name = payment.kind === 'native' ? 'pr' : 'prepay_id';
  return `${origin}/phone?${name}=${payment.tokens.at(-1)}`;
}

/** Shows the page of a payment, or takes what was pressed on it. */
export async function handlePage(simulator, context) {
  if (context.path === '/bridge' && context.method === 'POST') return bridge(simulator, context);
  const [, place, press] = PATH.exec(context.path) ?? [];
  const found = simulator.page(context.query.pr ?? context.query.prepay_id);
  if (!place || !found || (place === 'h5') !== (found.payment.kind === 'h5')) return undefined;
  const { merchant, payment } = found;
  const back = backAddress(context.query.redirect_url);
  if (context.method === 'GET' && press === undefined) {
    expireIfDue(payment);
    const barred = place === 'h5' ? barredFromH5(simulator, payment, context) : null;
    if (barred) {
      return messagePage(200, simulator.title, barred[0], barred[1], { accent: simulator.accent });
    }
    if (place === 'h5' && payment.trade_state === 'NOTPAY' && payment.h5_until_ms <= Date.now()) {
      return messagePage(200, simulator.title, 'This address is no longer valid.', '支付链接已失效。',
        { accent: simulator.accent, link: back });
    }
    return payment.trade_state === 'NOTPAY' ? decisionPage(simulator, payment, context)
      : overPage(simulator, payment, back);
  }
  if (context.method !== 'POST' || press === undefined) return undefined;
  const outcome = await simulator.press(merchant, payment, press);
  const page = `/${place}${queryOf(context)}`;
  if (outcome.refused) return redirect(page);
  if (press === 'decline') return redirect(`${page}&declined=1`);
  if (back) return redirect(back);
  return press === 'close' ? messagePage(200, simulator.title, 'You left without paying.',
    '您已取消支付。', { accent: simulator.accent }) : redirect(page);
}

/**
 * `WeixinJSBridge.invoke('getBrandWCPayRequest', parameters)`, for tests that stand in for the
 * app: `{parameters, press?}`. Checks `paySign`, presses, and answers with the bridge's `err_msg`.
 */
async function bridge(simulator, context) {
  const { parameters = {}, press = 'pay' } = parseJsonObject(context.text) ?? {};
  const result = (word, why) => json(200, {
    err_msg: `get_brand_wcpay_request:${word}`, ...(why && { err_desc: why }),
  });
  const prepayId = /^prepay_id=(\w+)$/.exec(parameters.package)?.[1];
  const found = simulator.page(prepayId);
  if (!found) return result('fail', 'prepay_id is unknown');
  const { merchant, payment } = found;
  if (parameters.appId !== merchant.data.credentials.appid
    || !isSignedForBridge(merchant, parameters)) {
    return result('fail', '支付验证签名失败');
  }
  const outcome = await simulator.press(merchant, payment, press);
  if (!outcome) return result('fail', 'unknown press');
  if (outcome.refused) return result('fail', outcome.refused);
  return result({ pay: 'ok', close: 'cancel' }[press] ?? 'fail');
}

/**
 * Why WeChat Pay does not open an H5 address for this browser, in two languages; `null` if it does.
 * The merchant has registered one domain for H5 payments: here it is that of its notify_url.
 * https://pay.weixin.qq.com/wiki/doc/api/H5.php?chapter=15_4, common questions
 */
function barredFromH5({ origin }, payment, { headers }) {
  if (/MicroMessenger/.test(headers['user-agent'] ?? '')) {
    return ['Open this order outside WeChat to pay.', '请在微信外打开订单，进行支付'];
  }
  const { referer = '' } = headers;
  if (!URL.canParse(referer)) {
    return ['There is no Referer.', '商家参数格式有误，请联系商家解决'];
  }
  const known = [new URL(payment.notify_url).hostname, new URL(origin).hostname];
  return known.includes(new URL(referer).hostname) ? null
    : ['This domain is not registered.', '商家存在未配置的参数，请联系商家解决'];
}

function decisionPage(simulator, payment, context) {
  const action = (press) => `${context.path}/${press}${queryOf(context)}`;
  return paymentPage({
    title: 'WeChat Pay 微信支付',
    accent: simulator.accent,
    amount: `¥${decimal2(payment.amount_minor)}`,
    facts: [
      ['Merchant 商家', 'Simulated merchant'],
      ['Item 商品', payment.description],
      ['Order 订单号', payment.reference],
    ],
    note: context.query.declined === '1' ? 'The balance is not sufficient. 余额不足，请换一种方式支付。'
      : null,
    buttons: [
      { id: 'pay', label: 'Pay 立即支付', action: action('pay'), main: true },
      { id: 'decline', label: 'Not enough balance 余额不足', action: action('decline') },
      { id: 'close', label: 'Cancel 取消', action: action('close') },
    ],
  });
}

function overPage(simulator, payment, back) {
  const paid = payment.paid_ms !== null;
  return messagePage(200, simulator.title, paid ? 'Paid.' : 'This order is closed.',
    paid ? '支付成功。' : '订单已关闭。', { accent: simulator.accent, link: back });
}

/** The query to carry on, without the note that is shown once. */
function queryOf({ query: { declined, ...query } }) {
  return `?${new URLSearchParams(query)}`;
}

function backAddress(url) {
  return url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url) ? url : null;
}

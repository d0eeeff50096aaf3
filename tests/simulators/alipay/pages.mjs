/** Alipay's cashier, and the phone page behind a scanned code. */
import { beijingTime, decimal2, redirect } from '../common.mjs';
import { messagePage, paymentPage } from '../pages.mjs';
import { expireIfDue, openTrade } from './trades.mjs';

const PATH = /^\/(cashier|qr)\/([A-Za-z0-9]+)(?:\/(pay|decline|close))?$/;

/** The address of a payment's page: the cashier, or the page behind the code. */
export function pageAddress(origin, { product, tokens }) {
  return `${origin}/${product === 'precreate' ? 'qr' : 'cashier'}/${tokens[0]}`;
}

/** Shows the page of a payment, or takes what was pressed on it. */
export async function handlePage(simulator, context) {
  const [, , token, press] = PATH.exec(context.path) ?? [];
  const found = simulator.page(token);
  if (!found) return undefined;
  const { merchant, payment } = found;
  if (context.method === 'GET' && press === undefined) {
    openTrade(merchant, payment);
    simulator.changed();
    const declined = context.query.declined === '1';
    return payment.status === 'WAIT_BUYER_PAY'
      ? cashier(simulator, payment, context.path, declined) : overPage(simulator, payment);
  }
  if (context.method !== 'POST' || press === undefined) return undefined;
  expireIfDue(merchant, payment);
  const outcome = await simulator.press(merchant, payment, press);
  if (outcome.refused) return overPage(simulator, payment);
  const page = pageAddress('', payment);
  if (press === 'decline') return redirect(`${page}?declined=1`);
  return redirect(outcome.location ?? page);
}

function cashier(simulator, payment, path, declined) {
  return paymentPage({
    title: 'Alipay cashier 支付宝收银台',
    accent: simulator.accent,
    amount: `¥${decimal2(payment.amount_minor)}`,
    facts: [
      ['Merchant 商家', 'Simulated merchant'],
      ['Subject 商品', payment.subject],
      ['Order 订单号', payment.reference],
      ['Pay before 有效期', beijingTime(payment.expires_ms)],
    ],
    note: declined ? 'The balance is not sufficient. 余额不足，请换一种方式支付。' : null,
    buttons: [
      { id: 'pay', label: 'Pay 确认付款', action: `${path}/pay`, main: true },
      { id: 'decline', label: 'Not enough balance 余额不足', action: `${path}/decline` },
      { id: 'close', label: 'Close this trade 关闭交易', action: `${path}/close` },
    ],
  });
}

function overPage(simulator, payment) {
  const paid = payment.paid_ms !== null;
  return messagePage(200, simulator.title, paid ? 'Paid.' : 'This trade is closed.',
    paid ? '支付成功。' : '交易已关闭。',
    { accent: simulator.accent, link: payment.quit_url ?? payment.return_url });
}

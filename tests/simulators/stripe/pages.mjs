/** Stripe's hosted pages: 3-D Secure, and the wallets' pages of test mode. */
import { messagePage, paymentPage } from '../pages.mjs';
import { redirect, withQuery } from '../common.mjs';
import { placeholder } from './methods.mjs';

const PATH = /^\/authorize\/([A-Za-z0-9]+)(?:\/(approve|fail|pay|decline|close|code\.svg))?$/;

/** Which button presses what. */
const PRESSES = { approve: 'pay', pay: 'pay', fail: 'decline', decline: 'decline', close: 'close' };

/** Shows the page of a payment, or takes what was pressed on it. */
export async function handlePage(simulator, context) {
  const [, token, part] = PATH.exec(context.path) ?? [];
  const found = simulator.page(token);
  if (!found) return undefined;
  const { merchant, payment } = found;
  if (part === 'code.svg') {
    return { status: 200, headers: { 'content-type': 'image/svg+xml' }, body: placeholder() };
  }
  const current = payment.action?.token === token;
  if (context.method === 'GET' && part === undefined) {
    return current && payment.intent.status === 'requires_action'
      ? decisionPage(simulator, payment, context.path) : overPage(simulator, payment);
  }
  if (context.method !== 'POST' || PRESSES[part] === undefined) return undefined;
  if (!current) return overPage(simulator, payment);
  const outcome = await simulator.press(merchant, payment, PRESSES[part]);
  if (PRESSES[part] === 'close' && !outcome.refused) {
    return messagePage(200, simulator.title, 'You left without paying.', '您已取消支付。',
      { accent: simulator.accent, link: payment.return_url });
  }
  if (outcome.refused || !outcome.location) return overPage(simulator, payment);
  return redirect(outcome.location);
}

/**
 * Where the person goes after deciding, with what Stripe adds to `return_url`; `null` without one.
 * Cards get `source_type`, redirected wallets get `redirect_status`.
 */
export function returnAddress({ intent, method, return_url: returnUrl }, paid) {
  if (returnUrl === null) return null;
  const extra = method.wire.type === 'card' ? { source_type: 'card' }
    : { redirect_status: paid ? 'succeeded' : 'failed' };
  return withQuery(returnUrl, {
    payment_intent: intent.id, payment_intent_client_secret: intent.client_secret, ...extra,
  });
}

function decisionPage(simulator, payment, path) {
  const { intent, action, method } = payment;
  const card = action.kind === 'card';
  const { brand, last4 } = method.wire.card ?? {};
  return paymentPage({
    title: card ? '3-D Secure authentication 安全验证' : `${action.kind} test payment 测试支付`,
    accent: simulator.accent,
    amount: simulator.amountText(payment),
    facts: [
      ['Merchant 商家', 'Simulated merchant'],
      ['Payment 支付单', intent.id],
      ...(card ? [['Card 银行卡', `${brand} •••• ${last4}`]] : []),
    ],
    buttons: card ? [
      { id: 'approve', label: 'Complete authentication 通过验证', action: `${path}/approve`,
        main: true },
      { id: 'fail', label: 'Fail authentication 验证失败', action: `${path}/fail` },
    ] : [
      { id: 'pay', label: 'Authorize test payment 确认支付', action: `${path}/pay`, main: true },
      { id: 'decline', label: 'Fail test payment 支付失败', action: `${path}/decline` },
      { id: 'close', label: 'Close 关闭', action: `${path}/close` },
    ],
  });
}

function overPage(simulator, { intent, return_url: returnUrl }) {
  const paid = ['succeeded', 'requires_capture'].includes(intent.status);
  return messagePage(200, simulator.title,
    paid ? 'This payment is complete.' : 'Nothing is left to do here.',
    paid ? '支付已完成。' : '此页面已失效。',
    { accent: simulator.accent, link: returnUrl });
}

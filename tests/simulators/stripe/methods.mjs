/** Payment methods other than plain cards: currencies, and the next action a person has to take. */

/** Currencies of the wallets (Stripe's documentation); cards take all. */
const CURRENCIES = {
  alipay: ['aud', 'cad', 'cny', 'eur', 'gbp', 'hkd', 'jpy', 'myr', 'nzd', 'sgd', 'usd'],
  wechat_pay: ['aud', 'cad', 'chf', 'cny', 'dkk', 'eur', 'gbp', 'hkd', 'jpy', 'nok', 'sek', 'sgd',
    'usd'],
};

/** Whether a payment method takes a currency. */
export function takesCurrency(type, currency) {
  return CURRENCIES[type]?.includes(currency) ?? true;
}

/** The page on which the person decides. */
export function actionPage(origin, { token }) {
  return `${origin}/authorize/${token}`;
}

/** `next_action` of a payment whose `action` was just set. */
export function nextAction(origin, { action, return_url: returnUrl }) {
  const url = actionPage(origin, action);
  if (action.kind === 'alipay') {
    return {
      type: 'alipay_handle_redirect',
      alipay_handle_redirect: {
        native_data: null, native_url: null, return_url: returnUrl, url,
      },
    };
  }
  if (action.kind === 'wechat_pay') {
    const image = `${url}/code.svg`;
    return {
      type: 'wechat_pay_display_qr_code',
      wechat_pay_display_qr_code: {
        data: `weixin://wxpay/bizpayurl?pr=${action.token.slice(0, 9)}`,
        hosted_instructions_url: url,
        image_data_url: `data:image/svg+xml,${encodeURIComponent(placeholder())}`,
        image_url_png: image,
        image_url_svg: image,
      },
    };
  }
  if (returnUrl === null) {
    // Without a return URL Stripe leaves 3-D Secure to its own script, which a simulator has not.
    return {
      type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url },
    };
  }
  return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
}

/** Stands where Stripe's own QR image is; whoever shows a code draws it from `data`. */
export function placeholder() {
  return '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240">'
    + '<rect width="240" height="240" fill="#fff"/>'
    + '<text x="120" y="124" font-size="16" text-anchor="middle">simulator</text></svg>';
}

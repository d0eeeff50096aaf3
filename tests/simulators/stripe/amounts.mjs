/**
 * Currencies and amounts as Stripe takes them.
 *
 * The API counts UGX and ISK with two decimals although they have none, and wants the last digit of
 * three-decimal currencies to be 0 (Stripe's documentation, "Supported currencies").
 */
import { invalidRequest } from './errors.mjs';

const ZERO_DECIMAL = new Set(
  'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '),
);
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '));
const WHOLE_HUNDREDS = new Set(['isk', 'ugx']);

const TWO_DECIMAL = new Set((
  'usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd '
  + 'cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd '
  + 'hnl htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt '
  + 'mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub '
  + 'sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx uyu uzs wst '
  + 'xcd yer zar zmw'
).split(' '));

/** Smallest charge in minor units (Stripe's documentation); 50 where nothing is listed. */
const MINIMUM = {
  aed: 200, bgn: 100, czk: 1500, dkk: 250, gbp: 30, hkd: 400, huf: 17500, mxn: 1000, myr: 200,
  nok: 300, pln: 200, ron: 200, sek: 300, thb: 1000,
};

/** Largest charge: eight digits. */
const MAXIMUM = 99_999_999;

/** Lower-case code of a supported currency, or the error Stripe gives. */
export function currency(params) {
  const code = params.currency;
  if (typeof code !== 'string' || code === '') {
    throw invalidRequest('Missing required param: currency.', {
      code: 'parameter_missing', param: 'currency',
    });
  }
  const lower = code.toLowerCase();
  if (![ZERO_DECIMAL, TWO_DECIMAL, THREE_DECIMAL].some((set) => set.has(lower))) {
    throw invalidRequest(`Invalid currency: ${code}. Stripe does not support this currency.`, {
      param: 'currency',
    });
  }
  return lower;
}

/** Refuses an amount that cannot be charged in this currency. */
export function checkAmount(amount, code) {
  const minimum = MINIMUM[code] ?? 50;
  if (amount < minimum) {
    throw invalidRequest(`Amount must be at least ${amountText(minimum, code)}`, {
      code: 'amount_too_small', param: 'amount',
    });
  }
  if (amount > MAXIMUM) {
    throw invalidRequest(`Amount must be no more than ${amountText(MAXIMUM, code)}`, {
      code: 'amount_too_large', param: 'amount',
    });
  }
  if ((THREE_DECIMAL.has(code) && amount % 10 !== 0)
    || (WHOLE_HUNDREDS.has(code) && amount % 100 !== 0)) {
    throw invalidRequest(`Invalid amount for ${code}: the last digits must be 0`, {
      param: 'amount',
    });
  }
}

/** `12.34 USD`. */
export function amountText(minor, code) {
  const decimals = ZERO_DECIMAL.has(code) ? 0 : THREE_DECIMAL.has(code) ? 3 : 2;
  const digits = String(minor).padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return `${text} ${code.toUpperCase()}`;
}

// Money as the shop counts it: decimal strings outside, BigInt minor units inside.
// The page and the server use this same file, so that both round alike; the server's sums count.

/** Digits after the point, per currency the shop sells in (ISO 4217). */
const DECIMALS = { USD: 2, EUR: 2, CNY: 2, JPY: 0, GBP: 2, HKD: 2 };

/** The currencies of the shop, in the order of the menu. */
export const CURRENCIES = Object.keys(DECIMALS);

/** "12.30" and USD to 1230n. Throws on anything that is not an exact amount of the currency. */
export function toMinor(amount, currency) {
  const decimals = DECIMALS[currency];
  const parts = /^(\d{1,12})(?:\.(\d+))?$/.exec(amount);
  const fraction = parts?.[2] ?? "";
  if (decimals === undefined || !parts || fraction.length > decimals) {
    throw new RangeError(`not an amount in ${currency}: ${amount}`);
  }
  return BigInt(parts[1] + fraction.padEnd(decimals, "0"));
}

/** 1230n and USD to "12.30"; 2700n and JPY to "2700". */
export function fromMinor(minor, currency) {
  const decimals = DECIMALS[currency];
  if (decimals === 0) return String(minor);
  const digits = String(minor).padStart(decimals + 1, "0");
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** A share in basis points (1/10,000) of an amount, rounded half up to a whole minor unit. */
export function shareOf(minor, basisPoints) {
  return (minor * BigInt(basisPoints) + 5000n) / 10000n;
}

/**
 * The locale for numbers and dates. English is read all over the world here: `en-001` tells the
 * dollars and the yen apart, and is what the checkout frame uses too.
 */
export const numbersOf = (locale) => (locale === "en" ? "en-001" : locale);

/** The amount as a person of `locale` reads it. */
export function show(amount, currency, locale) {
  const style = { style: "currency", currency };
  return new Intl.NumberFormat(numbersOf(locale), style).format(amount);
}

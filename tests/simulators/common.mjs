/**
 * Small helpers that all simulators share: ids, times, decimal money, HTTP answers, request bodies.
 *
 * In scope: what needs no merchant and no channel. Not in scope: whatever a channel's SDK can do.
 */
import { randomBytes, randomInt } from 'node:crypto';

/** Largest request body that is read, in bytes; the real gateways stop earlier. */
const MAX_BODY_BYTES = 1024 * 1024;

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A random string of `length` characters out of `alphabet`. */
export function randomText(length, alphabet = ALPHANUMERIC) {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** A random string of `length` decimal digits. */
export function randomDigits(length) {
  return randomText(length, '0123456789');
}

/** `bytes` random bytes in lower-case hex. */
export function randomHex(bytes) {
  return randomBytes(bytes).toString('hex');
}

/** Waits `ms` milliseconds. Does not keep the process alive by itself. */
export function wait(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** Unix time in whole seconds. */
export function unixSeconds(ms = Date.now()) {
  return Math.floor(ms / 1000);
}

const BEIJING_OFFSET_MS = 8 * 3600 * 1000;

/** `yyyy-MM-dd HH:mm:ss` in Beijing time (UTC+8, no summer time), as Alipay writes times. */
export function beijingTime(ms = Date.now()) {
  return new Date(ms + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** RFC 3339 with the offset +08:00, as WeChat Pay writes times. */
export function beijingRfc3339(ms = Date.now()) {
  return `${new Date(ms + BEIJING_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

/** Parses `yyyy-MM-dd HH:mm:ss` as Beijing time; `null` unless it is exactly that. */
export function parseBeijingTime(text) {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text ?? '')) return null;
  const ms = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(ms) ? null : ms;
}

/** `1234` to `"12.34"`: minor units of a two-decimal currency as a decimal string. */
export function decimal2(minor) {
  const digits = String(minor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `"12.34"`, `"12.3"` or `"12"` to `1234`; `null` for anything else. No floating point. */
export function parseDecimal2(text) {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(String(text ?? ''));
  return match ? Number(match[1] + (match[2] ?? '').padEnd(2, '0')) : null;
}

/** An error that is an answer: the router sends `answer` and goes on. */
export class Refusal extends Error {
  constructor(answer) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
  }
}

/** A JSON answer. */
export function json(status, value, headers = {}) {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** An HTML answer. */
export function html(status, text, headers = {}) {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers,
    },
    body: text,
  };
}

/** A redirect that a browser follows with GET. */
export function redirect(location) {
  return { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' };
}

/** `url` with `parameters` added to its query. */
export function withQuery(url, parameters) {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  return target.href;
}

/** Decodes a form or a query string into a plain object; the last of equal names wins. */
export function parseForm(text) {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Parses JSON that must be an object; `undefined` otherwise. */
export function parseJsonObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a request body of at most `MAX_BODY_BYTES`. */
export async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(json(413, { error: 'The body is too large.' }));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

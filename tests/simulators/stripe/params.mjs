/**
 * Stripe's form parameters: bracket nesting, and the checks whose error bodies a client sees.
 *
 * The form encoding itself has no parser in the `stripe` package, which only writes it.
 */
import { invalidRequest } from './errors.mjs';

/** Parses `a[b][0]=x` into nested objects and arrays. Later values replace earlier ones. */
export function parseNestedForm(text) {
  const root = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
    if (!match) throw invalidRequest(`Invalid parameter name: ${name}`);
    const path = [match[1], ...[...match[2].matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1])];
    place(root, path, value);
  }
  return withArrays(root);
}

function place(root, path, value) {
  let target = root;
  path.forEach((part, index) => {
    const key = part === '' ? String(Object.keys(target).length) : part;
    if (index === path.length - 1) target[key] = value;
    else {
      if (typeof target[key] !== 'object') target[key] = Object.create(null);
      target = target[key];
    }
  });
}

function withArrays(value) {
  if (typeof value !== 'object') return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) {
    return keys.map((key) => withArrays(value[key]));
  }
  return Object.fromEntries(keys.map((key) => [key, withArrays(value[key])]));
}

/** Refuses parameters that the call does not know, as Stripe does. */
export function refuseUnknown(params, known) {
  const unknown = Object.keys(params).find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw invalidRequest(`Received unknown parameter: ${unknown}`, {
    code: 'parameter_unknown', param: unknown,
  });
}

/** A positive whole number; refuses a missing or other value. */
export function positiveInteger(params, name) {
  const text = params[name];
  if (text === undefined || text === '') {
    throw invalidRequest(`Missing required param: ${name}.`, {
      code: 'parameter_missing', param: name,
    });
  }
  if (typeof text !== 'string' || !/^-?\d+$/.test(text)) {
    throw invalidRequest(`Invalid integer: ${text}`, {
      code: 'parameter_invalid_integer', param: name,
    });
  }
  if (!/^\d{1,15}$/.test(text) || Number(text) < 1) {
    throw invalidRequest('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer', param: name,
    });
  }
  return Number(text);
}

/** `true` or `false`; `fallback` when missing. */
export function boolean(params, name, fallback = false) {
  const text = params[name];
  if (text === undefined) return fallback;
  if (text !== 'true' && text !== 'false') {
    throw invalidRequest(`Invalid boolean: ${text}`, { param: name });
  }
  return text === 'true';
}

/** One of `allowed`; `fallback` when missing. */
export function oneOf(params, name, allowed, fallback = null) {
  const text = params[name];
  if (text === undefined) return fallback;
  if (!allowed.includes(text)) {
    throw invalidRequest(`Invalid ${name}: must be one of ${allowed.join(', ')}`, { param: name });
  }
  return text;
}

/** Metadata: at most 50 keys of 40 characters with values of 500. */
export function metadata(params) {
  const given = params.metadata ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalidRequest('Invalid hash', { param: 'metadata' });
  }
  for (const [key, value] of Object.entries(given)) {
    if (key.length > 40 || typeof value !== 'string' || value.length > 500) {
      throw invalidRequest(`Metadata ${key} is too long or not a string.`, { param: 'metadata' });
    }
  }
  if (Object.keys(given).length > 50) {
    throw invalidRequest('Metadata can have up to 50 keys.', { param: 'metadata' });
  }
  return given;
}

/** Stripe's error bodies. Types and codes are those of the `stripe` package's own error classes. */
import { Refusal } from '../common.mjs';

/** The answer with an error object. */
export function errorAnswer(status, error) {
  return { status, headers: {}, value: { error } };
}

/** 400 (or `status`) invalid_request_error. */
export function invalidRequest(message, { code, param, status = 400, ...rest } = {}) {
  return new Refusal(errorAnswer(status, {
    ...(code && { code, doc_url: docUrl(code) }),
    message,
    ...(param && { param }),
    ...rest,
    type: 'invalid_request_error',
  }));
}

/** 404 resource_missing. */
export function noSuch(kind, id, param) {
  return invalidRequest(`No such ${kind}: '${id}'`, {
    code: 'resource_missing', param, status: 404,
  });
}

/** 402 card_error. `fields` are code, decline_code, message and what belongs to the error. */
export function cardError(fields) {
  return new Refusal(errorAnswer(402, {
    ...fields, doc_url: docUrl(fields.code), type: 'card_error',
  }));
}

/** 400 payment_intent_unexpected_state, with the payment intent in the error. */
export function unexpectedState(intent, verb, allowed) {
  return invalidRequest(`This PaymentIntent could not be ${verb} because it has a status of ${
    intent.status}. Only a PaymentIntent with one of the following statuses may be ${verb}: ${
    allowed.join(', ')}.`, {
    code: 'payment_intent_unexpected_state', payment_intent: structuredClone(intent),
  });
}

/** Where Stripe documents an error code. */
export function docUrl(code) {
  return `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
}

/**
 * The Stripe simulator: `api.stripe.com` as far as one-time payments need it.
 *
 * In scope: authentication, idempotency, payment intents, refunds, charges, events, 3-D Secure and
 * wallet pages. Not in scope: customers, subscriptions, Checkout, Connect, disputes.
 */
import { createHash } from 'node:crypto';
import { Refusal, json, randomText } from '../common.mjs';
import { Simulator } from '../simulator.mjs';
import { errorAnswer, invalidRequest } from './errors.mjs';
import { API_VERSION, emitForgery } from './events.mjs';
import { completeAction, failAction, intentAmountText, setCanceled } from './intents.mjs';
import { actionPage } from './methods.mjs';
import { handlePage, returnAddress } from './pages.mjs';
import { settle } from './refunds.mjs';
import { findRoute } from './routes.mjs';

/** Longest Idempotency-Key, in characters. */
const MAX_KEY_LENGTH = 255;

/** How a payment intent's status reads in the books. */
const BOOK_STATUS = {
  requires_payment_method: 'created',
  requires_confirmation: 'created',
  requires_action: 'requires_action',
  processing: 'requires_action',
  requires_capture: 'authorized',
  succeeded: 'paid',
  canceled: 'closed',
};

/** Simulates Stripe. */
export class StripeSimulator extends Simulator {
  channel = 'stripe';

  title = 'Stripe (simulator)';

  accent = '#635bff';

  takesWebhook = true;

  #underWay = new Set();

  /** A merchant is an account with a secret key and a webhook secret; there is one mode. */
  async createMerchant(mode) {
    if (mode !== undefined && mode !== 'key') return null;
    return {
      id: `acct_${randomText(16)}`,
      mode: 'key',
      credentials: {
        secret_key: `sk_test_${randomText(64)}`,
        webhook_secret: `whsec_${randomText(32)}`,
      },
      methods: [],
      idempotency: {},
    };
  }

  /** Answers the API and the pages. */
  async handle(context) {
    if (context.path.startsWith('/authorize/')) return handlePage(this, context);
    if (!context.path.startsWith('/v1/')) return undefined;
    const request = {
      id: `req_${randomText(14)}`, idempotencyKey: context.headers['idempotency-key'] ?? null,
    };
    let answer;
    try {
      answer = await this.#api(context, request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer = error.answer;
    }
    return finished(answer, context, request);
  }

  async #api(context, request) {
    const merchant = this.#authenticated(context);
    const route = findRoute(context.method, context.path);
    const entry = this.logRequest(merchant, context, route?.op ?? 'other');
    if (!route) {
      throw invalidRequest(`Unrecognized request URL (${context.method}: ${context.path}).`, {
        status: 404,
      });
    }
    if (request.idempotencyKey?.length > MAX_KEY_LENGTH) {
      throw invalidRequest(`Idempotency keys have at most ${MAX_KEY_LENGTH} characters.`);
    }
    const keyed = context.method === 'POST' && request.idempotencyKey !== null;
    const once = (work) => (keyed ? remembered(merchant, context, request, work) : work());
    const perform = () => this.perform(merchant, route.op, {
      act: () => once(() => act(route, { simulator: this, merchant, context, request })),
      broken: () => errorAnswer(500, { message: 'An unknown error occurred', type: 'api_error' }),
      refused: (code) => once(() => refusedAnswer(route.op, code)),
    });
    const answer = keyed ? await this.#alone(`${merchant.id} ${request.idempotencyKey}`, perform)
      : await perform();
    entry.status = answer.status;
    return answer;
  }

  #authenticated({ headers }) {
    const [, scheme, given] = /^(Bearer|Basic) (\S+)$/.exec(headers.authorization ?? '') ?? [];
    if (!scheme) {
      throw invalidRequest('You did not provide an API key. You need to provide your API key in '
        + 'the Authorization header, using Bearer auth.', { status: 401 });
    }
    const key = scheme === 'Bearer' ? given
      : Buffer.from(given, 'base64').toString('utf8').split(':')[0];
    const merchant = [...this.merchants.values()]
      .find(({ data }) => data.credentials.secret_key === key);
    if (!merchant) {
      throw invalidRequest(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`, {
        status: 401,
      });
    }
    return merchant;
  }

  /** Refuses a second request with a key while the first is not answered yet. */
  async #alone(lock, perform) {
    if (this.#underWay.has(lock)) {
      return errorAnswer(409, {
        code: 'idempotency_key_in_use',
        message: 'There is currently another in-progress request using this Idempotency Key.',
        type: 'idempotency_error',
      });
    }
    this.#underWay.add(lock);
    try {
      return await perform();
    } finally {
      this.#underWay.delete(lock);
    }
  }

  /** What a person presses; see `admin.mjs`. */
  async press(merchant, payment, action) {
    const { intent } = payment;
    if (action === 'forge') {
      emitForgery(merchant, payment.id, 'payment_intent.succeeded', {
        ...intent, status: 'succeeded', amount_received: intent.amount, next_action: null,
      });
      return {};
    }
    if (action === 'expire') {
      if (['succeeded', 'canceled'].includes(intent.status)) {
        return { refused: `The payment intent is ${intent.status}.` };
      }
      setCanceled(merchant, payment, 'automatic');
      return {};
    }
    if (!['pay', 'decline', 'close'].includes(action)) return null;
    payment.presses.push(action);
    // Closing the window is nothing that Stripe would hear of.
    if (action === 'close') return {};
    const late = intent.status === 'canceled' && payment.action && action === 'pay'
      && merchant.faults.take('late_payment', 'pay') !== undefined;
    if (intent.status !== 'requires_action' && !late) {
      return { refused: `The payment intent is ${intent.status}.` };
    }
    const paid = action === 'pay' ? completeAction(merchant, payment) : false;
    if (action === 'decline') failAction(merchant, payment);
    this.changed();
    return { location: returnAddress(payment, paid) };
  }

  settleRefund(merchant, payment, refund, succeeds) {
    return settle(merchant, payment, refund, succeeds);
  }

  /** What the books say of a payment; amounts are in Stripe's minor units. */
  book(payment) {
    const { intent } = payment;
    const failed = intent.status === 'requires_payment_method' && intent.last_payment_error;
    return {
      id: payment.id,
      reference: payment.reference,
      amount_minor: intent.amount,
      currency: intent.currency.toUpperCase(),
      status: failed ? 'declined' : BOOK_STATUS[intent.status],
      channel_status: intent.status,
      captured_minor: intent.amount_received,
      refunded_minor: payment.refunds.reduce((sum, { wire }) => (
        wire.status === 'succeeded' ? sum + wire.amount : sum), 0),
      refunds: payment.refunds.map(({ id, reference, wire }) => ({
        id, reference, amount_minor: wire.amount, status: wire.status,
      })),
      charges: payment.charges.filter(({ status }) => status === 'succeeded').length,
      page: this.personPage(payment),
      presses: payment.presses,
      metadata: intent.metadata,
    };
  }

  personPage(payment) {
    return payment.action && payment.intent.status === 'requires_action'
      ? actionPage(this.origin, payment.action) : null;
  }

  amountText(payment) {
    return intentAmountText(payment.intent);
  }
}

/** Stripe's idempotency: the same key answers the same, and never acts twice. */
function remembered(merchant, context, request, work) {
  const key = request.idempotencyKey;
  // Hashed, because a body may hold a card number.
  const fingerprint = createHash('sha256')
    .update(`${context.method} ${context.path}\n${sortedForm(context.text)}`).digest('hex');
  const earlier = merchant.data.idempotency[key];
  if (earlier && earlier.fingerprint !== fingerprint) {
    return errorAnswer(400, {
      message: 'Keys for idempotent requests can only be used with the same parameters they were '
        + `first used with. Try using a key other than '${key}' if you meant to execute a `
        + 'different request.',
      type: 'idempotency_error',
    });
  }
  if (earlier) {
    const headers = { 'idempotent-replayed': 'true', 'original-request': earlier.request };
    return { ...earlier.answer, headers };
  }
  const { unsaved, ...answer } = work();
  // Requests that were not valid leave the key free.
  if (!unsaved) {
    const { status, value } = structuredClone(answer);
    merchant.data.idempotency[key] = { fingerprint, request: request.id,
      answer: { status, value } };
  }
  return answer;
}

/** Runs a route; what it refuses before acting must not be remembered under the key. */
function act(route, input) {
  try {
    return { status: 200, headers: {}, value: route.run({ ...input, id: route.id, op: route.op }) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A decline is an outcome, and is remembered; bad parameters are not.
    return { ...error.answer, unsaved: error.answer.status !== 402 };
  }
}

function refusedAnswer(op, code) {
  if (code === 'rate_limit') {
    const answer = errorAnswer(429, { code, message: 'Request rate limit exceeded.',
      type: 'invalid_request_error' });
    return { ...answer, unsaved: true };
  }
  if (op === 'create') {
    return errorAnswer(402, { code: 'card_declined', decline_code: code,
      message: 'Your card was declined.', type: 'card_error' });
  }
  return errorAnswer(400, {
    code, message: `Refused with ${code}.`, type: 'invalid_request_error',
  });
}

function finished(answer, context, request) {
  const { headers } = json(answer.status, {});
  return {
    ...answer,
    headers: {
      ...headers,
      'request-id': request.id,
      'stripe-version': context.headers['stripe-version'] ?? API_VERSION,
      ...(request.idempotencyKey !== null && { 'idempotency-key': request.idempotencyKey }),
      ...answer.headers,
    },
    body: JSON.stringify(answer.value, null, 2),
  };
}

function sortedForm(text) {
  return [...new URLSearchParams(text)].map((pair) => JSON.stringify(pair)).sort().join('\n');
}


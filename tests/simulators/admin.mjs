/**
 * The routes under `/_sim`, with which tests steer a simulator. JSON in, JSON out.
 *
 * | route | what |
 * |---|---|
 * | GET /_sim/health | `{"status":"ok","channel":…}` |
 * | POST /_sim/merchants `{mode?, products?}` | a new merchant: `{id, mode, credentials}` |
 * | GET /_sim/merchants | `[{id, mode}]` |
 * | POST /_sim/merchants/{id}/webhook `{url}` | Stripe: where events go |
 * | PUT, GET /_sim/merchants/{id}/faults | a list as in `faults.mjs`; bare or as `{faults: […]}` |
 * | PUT /_sim/merchants/{id}/settings | `{notice_tries?, notice_interval_ms?}` |
 * | GET /_sim/merchants/{id}/books | payments, notices, and the number of charges |
 * | GET /_sim/merchants/{id}/requests | the API requests that came in |
 * | POST /_sim/merchants/{id}/payments/{id or reference}/{action} | what a person would press |
 * | POST /_sim/merchants/{id}/refunds/{id or reference}/{succeed,fail} | decides a refund |
 * | POST /_sim/merchants/{id}/flush | sends held notices; answers when all were answered |
 * | POST /_sim/merchants/{id}/redeliver `{notice?, payment?}` | sends true notices once more |
 *
 * Actions: `pay`, `decline`, `close` (what the buttons do), `expire` (the time to pay is over),
 * `forge` (a notice of payment with a stranger's signature; the books do not change), and what a
 * channel adds: Alipay `open` (the buyer opened the cashier) and `finish` (no more refunds).
 */
import { Refusal, json, parseJsonObject } from './common.mjs';

/** Answers a request under `/_sim`. */
export async function handleAdmin(simulator, context) {
  const [, , collection, id, part, name, action] = context.path.split('/').map(decodeURIComponent);
  if (collection === 'health') return json(200, { status: 'ok', channel: simulator.channel });
  if (collection !== 'merchants') return missing('No such route.');
  if (id === undefined) return merchants(simulator, context);
  const merchant = simulator.merchants.get(id);
  if (!merchant) return missing('No such merchant.');
  const route = `${context.method} ${part}`;
  const handler = ROUTES[route];
  if (!handler) return missing('No such route.');
  return handler({ simulator, merchant, context, name, action });
}

async function merchants(simulator, context) {
  if (context.method === 'GET') {
    return json(200, [...simulator.merchants.values()].map(({ data }) => ({
      id: data.id, mode: data.mode,
    })));
  }
  if (context.method !== 'POST') return missing('No such route.');
  const { mode, products } = bodyOf(context);
  const data = await simulator.createMerchant(mode, products);
  if (!data) return invalid(`Unknown mode ${JSON.stringify(mode)}, or product.`);
  simulator.addMerchant(data);
  return json(201, { id: data.id, mode: data.mode, credentials: data.credentials });
}

const ROUTES = {
  'POST webhook': ({ simulator, merchant, context }) => {
    const { url } = bodyOf(context);
    if (!simulator.takesWebhook) return invalid('This channel takes notify_url from each request.');
    if (!URL.canParse(url)) return invalid('url is not a URL.');
    merchant.data.webhook = { url };
    simulator.changed();
    return json(200, merchant.data.webhook);
  },

  'GET faults': ({ merchant }) => json(200, { faults: merchant.faults.list() }),

  'PUT faults': ({ merchant, context }) => {
    try {
      const body = JSON.parse(context.text);
      merchant.faults.replace(Array.isArray(body) ? body : body.faults);
    } catch (error) {
      return invalid(error.message);
    }
    return json(200, { faults: merchant.faults.list() });
  },

  'PUT settings': ({ simulator, merchant, context }) => {
    const body = bodyOf(context);
    for (const [key, value] of Object.entries(body)) {
      if (!Object.hasOwn(merchant.data.settings, key)) return invalid(`Unknown setting ${key}.`);
      if (!Number.isInteger(value) || value < 0) return invalid(`${key} is a whole number.`);
    }
    Object.assign(merchant.data.settings, body);
    simulator.changed();
    return json(200, merchant.data.settings);
  },

  'GET books': ({ simulator, merchant }) => json(200, books(simulator, merchant)),

  'GET requests': ({ merchant }) => json(200, merchant.requests),

  'POST payments': async ({ simulator, merchant, name, action }) => {
    const payment = merchant.findPayment(name);
    if (!payment) return missing('No such payment.');
    const outcome = await simulator.press(merchant, payment, action);
    if (!outcome) return invalid(`Unknown action ${JSON.stringify(action)}.`);
    simulator.changed();
    if (outcome.refused) return json(409, { error: outcome.refused });
    return json(200, { payment: simulator.book(payment), location: outcome.location ?? null });
  },

  'POST refunds': ({ simulator, merchant, name, action }) => {
    if (action !== 'succeed' && action !== 'fail') return invalid('Actions: succeed, fail.');
    for (const payment of merchant.data.payments) {
      const refund = payment.refunds.find((one) => one.id === name || one.reference === name);
      if (refund) {
        const refused = simulator.settleRefund(merchant, payment, refund, action === 'succeed');
        simulator.changed();
        return refused ? json(409, { error: refused }) : json(200, simulator.book(payment));
      }
    }
    return missing('No such refund.');
  },

  'POST flush': async ({ simulator, merchant }) => {
    await merchant.notices.flush();
    return json(200, { notices: books(simulator, merchant).notices });
  },

  'POST redeliver': async ({ merchant, context }) => {
    const notices = await merchant.notices.redeliver(bodyOf(context));
    return json(200, { notices });
  },
};

/** What a merchant's books say. */
function books(simulator, merchant) {
  const payments = merchant.data.payments.map((payment) => simulator.book(payment));
  return {
    id: merchant.id,
    payments,
    charges: payments.reduce((sum, payment) => sum + payment.charges, 0),
    notices: merchant.notices.log,
  };
}

function bodyOf(context) {
  if (context.text === '') return {};
  const body = parseJsonObject(context.text);
  if (!body) throw new Refusal(json(400, { error: 'The body is not a JSON object.' }));
  return body;
}

function invalid(error) {
  return json(400, { error });
}

function missing(error) {
  return json(404, { error });
}

/**
 * What the three simulated gateways have in common: an HTTP server, merchants that know nothing of
 * each other, their books and request logs, page addresses, and the place where faults strike.
 *
 * A channel extends `Simulator`, and keeps everything that must survive a restart in plain JSON
 * (`merchant.data`), so that `--state` can save it.
 */
import { createServer } from 'node:http';
import { handleAdmin } from './admin.mjs';
import { Refusal, json, parseForm, randomText, readBody, wait } from './common.mjs';
import { Faults } from './faults.mjs';
import { prepareStranger } from './keys.mjs';
import { Notices } from './notices.mjs';
import { homePage, messagePage } from './pages.mjs';

/** How many requests the log of a merchant keeps. */
const MAX_LOGGED_REQUESTS = 5000;

/** One merchant: what is saved is in `data`, the rest lives as long as the process. */
export class Merchant {
  /** Requests to the API, oldest first: `{at, op, method, path, headers, body, status}`. */
  requests = [];

  constructor(data, strikes) {
    this.data = data;
    this.faults = new Faults(strikes);
    this.notices = new Notices(this.faults, data.settings);
  }

  get id() {
    return this.data.id;
  }

  /** The payment with this id or reference, the newest first; `undefined` if there is none. */
  findPayment(name) {
    return this.data.payments.findLast((payment) => payment.id === name
      || payment.reference === name || payment.aliases?.includes(name));
  }
}

/** A simulated gateway. Subclasses say what `channel`, `title` and the methods below are. */
export class Simulator {
  #server = null;
  #pages = new Map();

  /** Merchants by id. */
  merchants = new Map();

  /** Called after anything changed that is worth saving. */
  changed = () => {};

  /** Listens on 127.0.0.1; port 0 takes a free one. Resolves to the origin. */
  async listen(port) {
    await prepareStranger();
    this.#server = createServer((request, response) => this.#serve(request, response));
    // Clients of a gateway keep connections open for minutes; so do tests.
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
    return this.origin;
  }

  /** Stops listening and drops every connection and undelivered notice. */
  async close() {
    for (const merchant of this.merchants.values()) merchant.notices.close();
    if (!this.#server) return;
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  /** Adds a merchant made by `createMerchant`, or one that was saved. */
  addMerchant(data) {
    const merchant = new Merchant({
      webhook: null,
      payments: [],
      settings: { notice_tries: 3, notice_interval_ms: 200 },
      ...data,
    }, (fault) => this.strikes(fault));
    this.merchants.set(merchant.id, merchant);
    for (const payment of merchant.data.payments) {
      for (const token of payment.tokens) this.#pages.set(token, { merchant, payment });
    }
    this.changed();
    return merchant;
  }

  /**
   * Whether a fault can happen here, so that a test cannot wait for one that never comes. Answers
   * are signed with a time, and signatures are probed, by WeChat Pay only.
   */
  strikes({ fault, on }) {
    return fault !== 'signature_probe'
      && (fault !== 'clock_skew' || on === 'notice' || on === 'any');
  }

  /** Enters a payment into the books of a merchant. */
  addPayment(merchant, payment) {
    const entry = { tokens: [], presses: [], refunds: [], ...payment };
    merchant.data.payments.push(entry);
    this.changed();
    return entry;
  }

  /** A new page address for a payment. The token cannot be guessed, as at the real gateways. */
  addPage(merchant, payment, token = randomText(24)) {
    payment.tokens.push(token);
    this.#pages.set(token, { merchant, payment });
    return token;
  }

  /** The `{merchant, payment}` of a page address, or `undefined`. */
  page(token) {
    return this.#pages.get(token);
  }

  /** All payments of all merchants that a person could pay now: `[{payment, href}]`. */
  openPages() {
    return [...this.merchants.values()].flatMap((merchant) => merchant.data.payments
      .map((payment) => ({ payment, href: this.personPage(payment) }))
      .filter((entry) => entry.href !== null));
  }

  /** Writes an API request into the merchant's log, and returns the log entry. */
  logRequest(merchant, context, op) {
    const entry = {
      at: new Date().toISOString(),
      op,
      method: context.method,
      path: context.url,
      headers: context.headers,
      body: context.text,
      status: null,
    };
    merchant.requests.push(entry);
    if (merchant.requests.length > MAX_LOGGED_REQUESTS) merchant.requests.shift();
    return entry;
  }

  /**
   * Runs `act` for the operation `op` as far as the merchant's faults let it.
   * `broken()` is the channel's 500, `refused(code)` its refusal with an error code of its own.
   */
  async perform(merchant, op, { act, broken, refused }) {
    const { faults } = merchant;
    if (faults.take('error_500', op)) return broken();
    const refusal = faults.take('refuse', op);
    if (refusal) return refused(refusal.code);
    const delay = faults.take('delay', op);
    const drop = faults.take('drop_answer', op) !== undefined;
    const answer = await act();
    this.changed();
    if (delay) await wait(delay.ms);
    return drop ? { ...answer, drop } : answer;
  }

  async #serve(request, response) {
    let answer;
    try {
      const body = await readBody(request);
      const context = contextOf(request, body);
      answer = await this.#route(context);
    } catch (error) {
      if (error instanceof Refusal) answer = error.answer;
      else {
        process.stderr.write(`${this.channel} simulator: ${error.stack}\n`);
        answer = json(500, { error: 'The simulator itself failed; see its standard error.' });
      }
    }
    if (answer.drop) {
      request.socket.destroy();
      return;
    }
    const headers = { ...answer.headers };
    if (answer.status !== 204) headers['content-length'] = Buffer.byteLength(answer.body);
    response.writeHead(answer.status, headers);
    response.end(answer.body);
  }

  async #route(context) {
    if (context.path.startsWith('/_sim/')) return handleAdmin(this, context);
    if (context.path === '/' && context.method === 'GET') return homePage(this);
    if (context.path === '/favicon.ico') return { status: 204, headers: {}, body: '' };
    const answer = await this.handle(context);
    return answer ?? messagePage(404, this.title, 'No such page', '没有这个页面');
  }
}

function contextOf(request, body) {
  const [path, query = ''] = request.url.split(/\?(.*)/s);
  return {
    method: request.method,
    url: request.url,
    path,
    query: parseForm(query),
    headers: request.headers,
    body,
    text: body.toString('utf8'),
  };
}

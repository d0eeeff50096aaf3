/** What the simulators' tests share: running simulators, a client for `/_sim`, and a receiver. */
import { createServer } from 'node:http';
import { after } from 'node:test';
import { startSimulators } from '../start.mjs';

const running = await startSimulators();
after(() => running.stop());

/** Origins of the simulators that all test files of this process share. */
export const { origins } = running;

/** A merchant at a simulator, steered through `/_sim`. */
export class TestMerchant {
  constructor(origin, { id, credentials }) {
    this.origin = origin;
    this.id = id;
    this.credentials = credentials;
  }

  /** Makes a merchant with fresh keys; `settings` as in `/settings`. */
  static async create(channel, mode, products) {
    const origin = origins[channel];
    const made = await call('POST', `${origin}/_sim/merchants`, { mode, products });
    const merchant = new TestMerchant(origin, made);
    // Retries without pauses keep the tests quick.
    await merchant.call('PUT', 'settings', { notice_interval_ms: 0 });
    return merchant;
  }

  call(method, path, body) {
    return call(method, `${this.origin}/_sim/merchants/${this.id}/${path}`, body);
  }

  faults(...list) {
    return this.call('PUT', 'faults', list);
  }

  books() {
    return this.call('GET', 'books');
  }

  requests() {
    return this.call('GET', 'requests');
  }

  flush() {
    return this.call('POST', 'flush');
  }

  press(payment, action) {
    return this.call('POST', `payments/${encodeURIComponent(payment)}/${action}`);
  }

  /** The only payment in the books. */
  async payment() {
    const { payments } = await this.books();
    if (payments.length !== 1) throw new Error(`There are ${payments.length} payments.`);
    return payments[0];
  }
}

async function call(method, url, body) {
  const response = await fetch(url, { method, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

/** A server that keeps what is posted to it: `{path, headers, body}`, oldest first. */
export class Receiver {
  received = [];

  /** What the next posts are answered with; the last one stays. */
  answers = [{ status: 200, body: 'success' }];

  static async start() {
    const receiver = new Receiver();
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      receiver.received.push({ path: request.url, headers: request.headers, body });
      const answer = receiver.answers.length > 1 ? receiver.answers.shift() : receiver.answers[0];
      response.writeHead(answer.status).end(answer.body);
    });
    await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    receiver.url = `http://127.0.0.1:${server.address().port}/notices/1`;
    after(() => {
      server.close();
      server.closeAllConnections();
    });
    return receiver;
  }
}

/** Fetches without following redirects. */
export function visit(url, options = {}) {
  return fetch(url, { redirect: 'manual', ...options });
}

/** Presses a button of a page: posts to the form around the button with this id. */
export async function pressButton(pageUrl, id, options) {
  const page = await (await visit(pageUrl, options)).text();
  const match = new RegExp(`action="([^"]+)"><button type="submit" id="${id}"`).exec(page);
  if (!match) throw new Error(`The page has no button ${id}.`);
  const action = match[1].replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  return visit(new URL(action, pageUrl), { method: 'POST' });
}

/** Runs `make` at the first call, and gives every caller the same result. */
export function once(make) {
  let made;
  return () => {
    made ??= make();
    return made;
  };
}

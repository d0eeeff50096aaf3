/**
 * A mail service: takes messages as Resend, Postmark, SendGrid and Mailgun do, delivers none, and
 * shows all of them on a page.
 *
 * Like Resend it keeps idempotency keys: the same key with the same body is answered as before and
 * delivered once, with another body it is refused (409). The other services keep none.
 *
 * | route | what |
 * |---|---|
 * | POST /emails, /email, /v3/mail/send, /v3/{domain}/messages | the four services |
 * | GET / and /messages/{id}, /messages/{id}/html | the viewer |
 * | GET /_sim/messages?to= | all messages, oldest first: `{id, shape, key, from, to, reply_to, subject, text, html, at}` |
 * | GET /_sim/newest?to=&subject= | the newest to an address whose subject has this, as soon as it is there; 404 after 25 s |
 * | PUT /_sim/faults | `[{fault: "error_500" \| "drop_answer" \| "refuse", times?, to?}]`, taken one after another |
 * | GET /_sim/health | `{"status":"ok","channel":"mail"}` |
 */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { Refusal, json, parseForm, parseJsonObject, randomText, readBody } from '../common.mjs';
import { listPage, messageFrame, messagePage } from './pages.mjs';

/** How many messages are kept. */
const MAX_MESSAGES = 2000;

/** How long a message is waited for, in milliseconds. */
const WAIT_MS = 25_000;

/** What a message is called in the bodies of each service. */
const SHAPES = [
  {
    shape: 'resend',
    path: /^\/emails$/,
    isAllowed: ({ authorization }) => /^Bearer ./.test(authorization ?? ''),
    read: ({ body }) => ({
      from: body.from, to: [body.to].flat()[0], reply_to: body.reply_to, subject: body.subject,
      text: body.text, html: body.html,
    }),
    answer: (id) => json(200, { id }),
  },
  {
    shape: 'postmark',
    path: /^\/email$/,
    isAllowed: (headers) => Boolean(headers['x-postmark-server-token']),
    read: ({ body }) => ({
      from: body.From, to: body.To, reply_to: body.ReplyTo, subject: body.Subject,
      text: body.TextBody, html: body.HtmlBody,
    }),
    answer: (id) => json(200, { ErrorCode: 0, MessageID: id }),
  },
  {
    shape: 'sendgrid',
    path: /^\/v3\/mail\/send$/,
    isAllowed: ({ authorization }) => /^Bearer ./.test(authorization ?? ''),
    read: ({ body }) => ({
      from: `"${body.from?.name}" <${body.from?.email}>`,
      to: body.personalizations?.[0]?.to?.[0]?.email,
      reply_to: body.reply_to?.email,
      subject: body.subject,
      text: body.content?.find(({ type }) => type === 'text/plain')?.value,
      html: body.content?.find(({ type }) => type === 'text/html')?.value,
    }),
    answer: () => ({ status: 202, headers: {}, body: '' }),
  },
  {
    shape: 'mailgun',
    path: /^\/v3\/[^/]+\/messages$/,
    isAllowed: ({ authorization }) => /^Basic ./.test(authorization ?? ''),
    read: ({ form }) => ({
      from: form.from, to: form.to, reply_to: form['h:Reply-To'], subject: form.subject,
      text: form.text, html: form.html,
    }),
    answer: (id) => json(200, { id, message: 'Queued. Thank you.' }),
  },
];

/** The simulated mail service. */
export class MailSimulator {
  channel = 'mail';

  title = 'Mail (simulated)';

  #server = null;

  #faults = [];

  /** What was answered under each idempotency key: `{text, id}`. */
  #keys = new Map();

  /** Messages, oldest first. */
  messages = [];

  /** Says `message` when one has come. */
  #arrivals = new EventEmitter().setMaxListeners(0);

  /** Called after anything changed that is worth saving. */
  changed = () => {};

  /** What is saved. */
  get data() {
    return this.messages;
  }

  /** Takes back what was saved. */
  restore(messages) {
    this.messages = messages;
  }

  /** Listens on 127.0.0.1; port 0 takes a free one. Resolves to the origin. */
  async listen(port) {
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
    return this.origin;
  }

  /** Stops listening and drops every connection. */
  async close() {
    if (!this.#server) return;
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request, response) {
    let answer;
    try {
      answer = await this.#route(request, (await readBody(request)).toString('utf8'));
    } catch (error) {
      if (error instanceof Refusal) answer = error.answer;
      else {
        process.stderr.write(`mail simulator: ${error.stack}\n`);
        answer = json(500, { error: 'The simulator itself failed; see its standard error.' });
      }
    }
    if (answer.drop) {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  #route(request, text) {
    const { pathname, searchParams } = new URL(request.url, this.origin);
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /_sim/health') return json(200, { status: 'ok', channel: this.channel });
    if (route === 'GET /_sim/messages') return json(200, this.#sentTo(searchParams.get('to')));
    if (route === 'GET /_sim/newest') return this.#newest(searchParams);
    if (route === 'PUT /_sim/faults') return this.#setFaults(text);
    if (request.method === 'GET') return this.#view(pathname, searchParams);
    const service = SHAPES.find(({ path }) => path.test(pathname));
    if (!service || request.method !== 'POST') return json(404, { message: 'No such route.' });
    return this.#take(service, request.headers, text);
  }

  #sentTo(to) {
    return this.messages.filter((message) => to === null || message.to === to);
  }

  async #newest(parameters) {
    const [to, part] = ['to', 'subject'].map((name) => parameters.get(name) ?? '');
    const signal = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const found = this.#sentTo(to).findLast(({ subject }) => subject.includes(part));
      if (found) return json(200, found);
      try {
        await once(this.#arrivals, 'message', { signal });
      } catch {
        return json(404, { message: 'No such message came.' });
      }
    }
  }

  #setFaults(text) {
    this.#faults = JSON.parse(text).map((fault) => ({ times: 1, ...fault }));
    return json(200, { faults: this.#faults });
  }

  /** The next fault for a message to this address, if there is one. */
  #fault(to) {
    const fault = this.#faults.find((one) => one.times > 0 && (!one.to || one.to === to));
    if (fault) fault.times -= 1;
    return fault?.fault;
  }

  #take(service, headers, text) {
    if (!service.isAllowed(headers)) return json(401, { message: 'The key is missing.' });
    const body = parseJsonObject(text);
    const read = service.read({ body: body ?? {}, form: parseForm(text) });
    const missing = ['from', 'to', 'subject', 'text', 'html'].filter((name) => !read[name]);
    if (missing.length > 0) return json(422, { message: `Missing: ${missing.join(', ')}.` });
    const fault = this.#fault(read.to);
    if (fault === 'error_500') return json(500, { message: 'Internal error.' });
    if (fault === 'refuse') return json(422, { message: 'The address is not deliverable.' });
    const key = service.shape === 'resend' ? headers['idempotency-key'] : undefined;
    const known = key && this.#keys.get(key);
    if (known && known.text !== text) {
      return json(409, { name: 'invalid_idempotent_request', message: 'Another body.' });
    }
    const id = known?.id ?? randomText(20);
    if (!known) {
      this.messages.push({
        id, shape: service.shape, key: key ?? null, at: new Date().toISOString(), ...read,
      });
      if (this.messages.length > MAX_MESSAGES) this.messages.shift();
      if (key) this.#keys.set(key, { text, id });
      this.changed();
      this.#arrivals.emit('message');
    }
    return fault === 'drop_answer' ? { drop: true } : service.answer(id);
  }

  #view(pathname, parameters) {
    if (pathname === '/favicon.ico') return { status: 204, headers: {}, body: '' };
    if (pathname === '/') return listPage(this.#sentTo(parameters.get('to')).toReversed());
    const [, id, part] = /^\/messages\/(\w+)(\/html)?$/.exec(pathname) ?? [];
    const message = this.messages.find((one) => one.id === id);
    if (!message) return json(404, { message: 'No such message.' });
    return part ? messageFrame(message) : messagePage(message);
  }
}

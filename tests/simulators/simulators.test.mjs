/**
 * The simulators, each driven by the channel's own SDK as the client: `node --test` runs this file.
 * The suites of the channels share one set of simulators; the command line has its own below.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import Stripe from 'stripe';
import './suites/stripe.mjs';
import './suites/stripe-faults.mjs';
import './suites/alipay.mjs';
import './suites/alipay-faults.mjs';
import './suites/wechatpay.mjs';
import './suites/wechatpay-faults.mjs';
import './suites/mail.mjs';

const MAIN = new URL('main.mjs', import.meta.url).pathname;

/** Commands that a failed test has left running. */
const children = [];
after(() => children.forEach((child) => child.kill('SIGKILL')));

function run(...options) {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => { output.stdout += chunk; });
  child.stderr.on('data', (chunk) => { output.stderr += chunk; });
  const ready = once(child.stdout, 'data').then(() => JSON.parse(output.stdout));
  return { child, output, ready, exited: once(child, 'exit') };
}

describe('the command', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`prints the origins in one line and ends on ${signal}`, async () => {
      const { child, output, ready, exited } = run();
      const origins = await ready;
      assert.deepEqual(Object.keys(origins), ['stripe', 'alipay', 'wechatpay', 'mail']);
      for (const [channel, origin] of Object.entries(origins)) {
        assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
        const health = await (await fetch(`${origin}/_sim/health`)).json();
        assert.deepEqual(health, { status: 'ok', channel });
      }
      child.kill(signal);
      assert.deepEqual(await exited, [0, null]);
      assert.equal(output.stdout.trim().split('\n').length, 1);
    });
  }

  test('ends when standard input closes, if asked to', async () => {
    const { child, ready, exited } = run('--watch-stdin');
    await ready;
    child.stdin.end();
    assert.deepEqual(await exited, [0, null]);
  });

  test('says which port is taken', async () => {
    const first = run();
    const { stripe } = await first.ready;
    const second = run('--stripe', new URL(stripe).port);
    assert.deepEqual(await second.exited, [1, null]);
    assert.match(second.output.stderr, /Port \d+ is taken/);
    first.child.kill();
    await first.exited;
  });

  test('remembers merchants and payments in a state file, but no card number', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'simulators-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'state.json');
    const first = run('--state', file);
    const { mail, ...before } = await first.ready;
    const message = { from: 'a', to: ['b'], subject: 'c', text: 'd', html: 'e' };
    await fetch(`${mail}/emails`, {
      method: 'POST', headers: { authorization: 'Bearer x' }, body: JSON.stringify(message),
    });
    const credentials = {};
    for (const [channel, origin] of Object.entries(before)) {
      const made = await fetch(`${origin}/_sim/merchants`, { method: 'POST' });
      ({ credentials: credentials[channel] } = await made.json());
    }
    const number = '4242424242424242';
    const params = {
      amount: 500, currency: 'usd', confirm: true, payment_method_types: ['card'],
      payment_method_data: {
        type: 'card', card: { number, exp_month: 1, exp_year: 2041, cvc: '987' },
      },
    };
    const pay = (origin) => {
      const { hostname, port } = new URL(origin);
      const options = { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 };
      return new Stripe(credentials.stripe.secret_key, options).paymentIntents
        .create(params, { idempotencyKey: 'one' });
    };
    const intent = await pay(before.stripe);
    first.child.kill();
    await first.exited;
    assert.ok(!(await readFile(file, 'utf8')).includes(number));
    const second = run('--state', file);
    const { mail: mailAfter, ...after } = await second.ready;
    assert.equal((await pay(after.stripe)).id, intent.id);
    for (const [channel, origin] of Object.entries(after)) {
      const merchants = await (await fetch(`${origin}/_sim/merchants`)).json();
      assert.equal(merchants.length, 1, channel);
    }
    const messages = await (await fetch(`${mailAfter}/_sim/messages`)).json();
    assert.deepEqual(messages.map(({ subject }) => subject), ['c']);
    second.child.kill();
    await second.exited;
  });
});

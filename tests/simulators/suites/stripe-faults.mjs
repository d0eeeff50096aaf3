/** What goes wrong at the Stripe simulator when a test asks for it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Stripe from 'stripe';
import { events, paying, setUp } from './stripe-client.mjs';

describe('stripe faults', () => {
  test('refuse gives a decline of choice', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    await merchant.faults({ fault: 'refuse', on: 'create', code: 'do_not_honor' });
    await assert.rejects(stripe.paymentIntents.create(paying('4242424242424242')),
      { decline_code: 'do_not_honor' });
  });

  test('a notice states a wrong amount, and so does a query', async () => {
    const context = await setUp();
    await context.merchant.faults({ fault: 'wrong_amount', on: 'notice', times: 'always' },
      { fault: 'wrong_amount', on: 'query' });
    const intent = await context.stripe.paymentIntents.create(paying('4242424242424242'));
    assert.equal((await context.stripe.paymentIntents.retrieve(intent.id)).amount_received, 1334);
    assert.equal((await context.stripe.paymentIntents.retrieve(intent.id)).amount_received, 1234);
    await context.merchant.flush();
    assert.equal(events(context)[1].data.object.amount_received, 1334);
  });

  test('a list states a wrong amount once it states one', async () => {
    const { merchant, stripe } = await setUp();
    await merchant.faults({ fault: 'wrong_amount', on: 'query' });
    assert.deepEqual((await stripe.paymentIntents.list()).data, []);
    await stripe.paymentIntents.create(paying('4242424242424242'));
    const amounts = async () => (await stripe.paymentIntents.list()).data
      .map(({ amount_received: amount }) => amount);
    assert.deepEqual([await amounts(), await amounts()], [[1334], [1234]]);
  });

  test('a forged notice comes first, and only the SDK can tell', async () => {
    const context = await setUp();
    const { receiver, stripe, merchant } = context;
    await merchant.faults({ fault: 'forged_notice' });
    await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    await merchant.flush();
    assert.equal(receiver.received.length, 2);
    const [forged, honest] = receiver.received;
    const check = ({ body, headers }) => stripe.webhooks.constructEvent(body,
      headers['stripe-signature'], merchant.credentials.webhook_secret);
    assert.throws(() => check(forged), Stripe.errors.StripeSignatureVerificationError);
    assert.equal(check(honest).type, 'payment_intent.created');
    assert.equal(forged.body, honest.body);
  });

  test('forge claims a payment that the books do not have', async () => {
    const context = await setUp();
    const { receiver, stripe, merchant } = context;
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    await merchant.press(intent.id, 'forge');
    await merchant.flush();
    assert.match(receiver.received[1].body, /payment_intent.succeeded/);
    assert.throws(() => events(context));
    assert.equal((await merchant.books()).charges, 0);
  });

  test('a skewed clock makes a signature too old', async () => {
    const context = await setUp();
    await context.merchant.faults({ fault: 'clock_skew', on: 'notice', seconds: -301 });
    await context.stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    await context.merchant.flush();
    assert.throws(() => events(context), /tolerance/);
  });

  test('duplicate, withheld and redelivered notices', async () => {
    const context = await setUp();
    const { receiver, stripe, merchant } = context;
    await merchant.faults({ fault: 'duplicate_notice' }, { fault: 'no_notice' });
    // The first fault in the list is not the first that strikes: no_notice withholds the first.
    await stripe.paymentIntents.create(paying('4242424242424242'));
    await merchant.flush();
    assert.deepEqual(events(context).map(({ type }) => type.split('.')[1]),
      ['succeeded', 'succeeded', 'succeeded']);
    assert.equal(new Set(events(context).map(({ id }) => id)).size, 1);
    receiver.received.length = 0;
    await merchant.call('POST', 'redeliver');
    assert.deepEqual(events(context).map(({ type }) => type.split('.')[1]),
      ['created', 'succeeded']);
  });

  test('reordered notices leave in reverse', async () => {
    const context = await setUp();
    await context.merchant.faults({ fault: 'reorder_notices' });
    await context.stripe.paymentIntents.create(paying('4242424242424242'));
    await context.merchant.flush();
    assert.deepEqual(events(context).map(({ type }) => type.split('.')[1]),
      ['succeeded', 'created']);
  });

  test('a notice that is not acknowledged is tried three times, freshly signed', async () => {
    const context = await setUp();
    const { receiver, merchant, stripe } = context;
    receiver.answers = [{ status: 500, body: '' }, { status: 302, body: '' }, { status: 204 }];
    await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    await merchant.flush();
    assert.equal(new Set(events(context).map(({ id }) => id)).size, 1);
    const { notices } = await merchant.books();
    assert.deepEqual(notices[0].tries.map(({ status }) => status), [500, 302, 204]);
    assert.equal(notices[0].acknowledged, true);
  });

  test('a cancelled payment is paid late', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create(paying('4000000000003220',
      { return_url: 'https://shop.example/' }));
    await stripe.paymentIntents.cancel(intent.id);
    await assert.rejects(merchant.press(intent.id, 'pay'), { status: 409 });
    await merchant.faults({ fault: 'late_payment' });
    await merchant.press(intent.id, 'pay');
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'succeeded');
  });

  test('an authorisation lapses', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create(
      paying('4242424242424242', { capture_method: 'manual' }),
    );
    await merchant.press('ORDER01', 'expire');
    const read = await stripe.paymentIntents.retrieve(intent.id);
    assert.deepEqual([read.status, read.cancellation_reason], ['canceled', 'automatic']);
  });

  test('faults that make no sense are refused', async () => {
    const { merchant } = await setUp({ webhook: false });
    await assert.rejects(merchant.faults({ fault: 'delay' }), /needs ms/);
    await assert.rejects(merchant.faults({ fault: 'no_notice', on: 'create' }), /does not happen/);
    await assert.rejects(merchant.faults({ fault: 'signature_probe' }), /no signature_probe/);
    await assert.rejects(merchant.faults({ fault: 'clock_skew', on: 'query', seconds: 9 }),
      /no clock_skew on query/);
    await assert.rejects(merchant.faults({ fault: 'explode' }), /unknown fault/);
    await assert.rejects(merchant.faults({ fault: 'no_notice', times: 0 }), /times/);
  });

  test('the request log shows operations and outcomes', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    await stripe.paymentIntents.retrieve(intent.id);
    const log = await merchant.requests();
    assert.deepEqual(log.map(({ op, method, status }) => [op, method, status]),
      [['create', 'POST', 200], ['query', 'GET', 200]]);
    assert.match(log[0].body, /amount=500/);
  });
});

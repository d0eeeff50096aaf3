/** The Stripe simulator, driven and checked by the `stripe` package. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Stripe from 'stripe';
import { origins, pressButton, visit } from './harness.mjs';
import { card, client, events, paying, setUp } from './stripe-client.mjs';

describe('stripe payments', () => {
  test('pays with a card and tells the webhook', async () => {
    const context = await setUp();
    const intent = await context.stripe.paymentIntents.create(paying('4242424242424242'));
    assert.equal(intent.status, 'succeeded');
    assert.equal(intent.amount_received, 1234);
    const read = await context.stripe.paymentIntents.retrieve(intent.id, {
      expand: ['latest_charge'],
    });
    assert.equal(read.latest_charge.payment_method_details.card.last4, '4242');
    await context.merchant.flush();
    assert.deepEqual(events(context).map(({ type }) => type), [
      'payment_intent.created', 'payment_intent.succeeded',
    ]);
    const books = await context.merchant.books();
    assert.equal(books.charges, 1);
    assert.equal(books.payments[0].reference, 'ORDER01');
    assert.equal(books.payments[0].status, 'paid');
  });

  for (const number of ['5555555555554444', '378282246310005', '6200000000000005',
    '6205500000000000004', '3566002020360505', '36227206271667', '6011111111111117']) {
    test(`takes the published card ${number}`, async () => {
      const { stripe } = await setUp({ webhook: false });
      const intent = await stripe.paymentIntents.create(paying(number));
      assert.equal(intent.status, 'succeeded');
    });
  }

  for (const [number, code, declineCode] of [
    ['4000000000000002', 'card_declined', 'generic_decline'],
    ['4000000000009995', 'card_declined', 'insufficient_funds'],
    // The package turns a missing decline_code into an empty one.
    ['4000000000000069', 'expired_card', ''],
    ['4000000000000127', 'incorrect_cvc', ''],
    ['4000000000000119', 'processing_error', ''],
  ]) {
    test(`declines ${number} with ${declineCode || code}`, async () => {
      const context = await setUp();
      const { stripe, merchant } = context;
      const error = await stripe.paymentIntents.create(paying(number)).catch((caught) => caught);
      assert.ok(error instanceof Stripe.errors.StripeCardError);
      assert.equal(error.statusCode, 402);
      assert.equal(error.code, code);
      assert.equal(error.decline_code, declineCode);
      const { id, status, last_payment_error: last } = error.payment_intent;
      assert.equal(status, 'requires_payment_method');
      assert.equal(last.code, code);
      assert.equal((await merchant.payment()).status, 'declined');
      const paid = await stripe.paymentIntents.confirm(id, {
        payment_method_data: card('4242424242424242'),
      });
      assert.equal(paid.status, 'succeeded');
      await merchant.flush();
      assert.deepEqual(events(context).map(({ type }) => type.split('.')[1]),
        ['created', 'payment_failed', 'succeeded']);
    });
  }

  test('lists intents, and shows account and balance', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const first = await stripe.paymentIntents.create(paying('4242424242424242'));
    const second = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
    const page = await stripe.paymentIntents.list({ limit: 1 });
    assert.deepEqual([page.data[0].id, page.has_more], [second.id, true]);
    const next = await stripe.paymentIntents.list({ limit: 1, starting_after: second.id });
    assert.deepEqual([next.data[0].id, next.has_more], [first.id, false]);
    assert.equal((await stripe.accounts.retrieveCurrent()).id, merchant.id);
    assert.equal((await stripe.balance.retrieve()).available[0].amount, 1234);
    const charge = await stripe.charges.retrieve(first.latest_charge);
    assert.equal(charge.payment_intent, first.id);
  });
});

describe('stripe 3-D Secure and wallets', () => {
  const returnUrl = 'https://pay.shop.example/return/acc/ref?step=3';

  for (const number of ['4000002500003155', '4000000000003220']) {
    test(`sends ${number} through authentication`, async () => {
      const context = await setUp();
      const intent = await context.stripe.paymentIntents.create(
        paying(number, { return_url: returnUrl }),
      );
      assert.equal(intent.status, 'requires_action');
      assert.equal(intent.next_action.type, 'redirect_to_url');
      const left = await pressButton(intent.next_action.redirect_to_url.url, 'approve');
      assert.equal(left.status, 303);
      const back = new URL(left.headers.get('location'));
      assert.equal(back.searchParams.get('step'), '3');
      assert.equal(back.searchParams.get('payment_intent'), intent.id);
      assert.equal(back.searchParams.get('payment_intent_client_secret'), intent.client_secret);
      const read = await context.stripe.paymentIntents.retrieve(intent.id);
      assert.deepEqual([read.status, read.next_action], ['succeeded', null]);
      await context.merchant.flush();
      assert.deepEqual(events(context).map(({ type }) => type.split('.')[1]),
        ['created', 'requires_action', 'succeeded']);
    });
  }

  test('fails authentication, and the page works once', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create(
      paying('4000000000003220', { return_url: returnUrl }),
    );
    const { url } = intent.next_action.redirect_to_url;
    assert.equal((await pressButton(url, 'fail')).status, 303);
    const read = await stripe.paymentIntents.retrieve(intent.id);
    assert.equal(read.status, 'requires_payment_method');
    assert.equal(read.last_payment_error.code, 'payment_intent_authentication_failure');
    assert.equal((await visit(`${url}/approve`, { method: 'POST' })).status, 200);
    assert.equal((await merchant.books()).charges, 0);
  });

  test('takes Alipay and WeChat Pay as payment methods', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const alipay = await stripe.paymentIntents.create({
      amount: 900, currency: 'cny', confirm: true, return_url: returnUrl,
      payment_method_types: ['alipay'], payment_method_data: { type: 'alipay' },
    });
    const { url } = alipay.next_action.alipay_handle_redirect;
    const left = await pressButton(url, 'pay');
    assert.match(left.headers.get('location'), /redirect_status=succeeded/);
    const wechat = await stripe.paymentIntents.create({
      amount: 900, currency: 'cny', confirm: true, payment_method_types: ['wechat_pay'],
      payment_method_data: { type: 'wechat_pay' },
      payment_method_options: { wechat_pay: { client: 'web' } },
    });
    const code = wechat.next_action.wechat_pay_display_qr_code;
    assert.match(code.data, /^weixin:\/\/wxpay\/bizpayurl\?pr=/);
    await pressButton(code.hosted_instructions_url, 'decline');
    const read = await stripe.paymentIntents.retrieve(wechat.id);
    assert.equal(read.last_payment_error.code, 'payment_intent_payment_attempt_failed');
    assert.equal((await merchant.books()).charges, 1);
  });
});

describe('stripe capture, cancel and refund', () => {
  const held = (extra) => paying('4242424242424242', { capture_method: 'manual', ...extra });

  test('captures a part and releases the rest', async () => {
    const context = await setUp();
    const { stripe, merchant } = context;
    const intent = await stripe.paymentIntents.create(held());
    assert.deepEqual([intent.status, intent.amount_capturable], ['requires_capture', 1234]);
    await assert.rejects(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1235 }),
      { code: 'amount_too_large' });
    const captured = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1000 });
    assert.deepEqual([captured.status, captured.amount_received], ['succeeded', 1000]);
    const charge = await stripe.charges.retrieve(intent.latest_charge);
    assert.deepEqual([charge.amount_captured, charge.amount_refunded], [1000, 234]);
    await assert.rejects(stripe.paymentIntents.capture(intent.id),
      { code: 'payment_intent_unexpected_state' });
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 1001 }),
      /greater than unrefunded/);
    const { captured_minor: capturedMinor, refunded_minor: refunded } = await merchant.payment();
    assert.deepEqual([capturedMinor, refunded], [1000, 0]);
    await merchant.flush();
    assert.deepEqual(events(context).map(({ type }) => type.split('.')[1]),
      ['created', 'amount_capturable_updated', 'succeeded']);
  });

  test('tells what a payment has cost to who expands it, once it is booked', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const expand = ['latest_charge.balance_transaction'];
    const paid = await stripe.paymentIntents.create({ ...paying('4242424242424242'), expand });
    const { balance_transaction: booked, id } = paid.latest_charge;
    assert.equal(booked.object, 'balance_transaction');
    assert.deepEqual([booked.amount, booked.fee, booked.net], [1234, 66, 1168]);
    assert.deepEqual([booked.currency, booked.exchange_rate, booked.source], ['usd', null, id]);
    assert.equal(booked.fee_details[0].amount, 66);
    const plain = await stripe.paymentIntents.retrieve(paid.id, { expand: ['latest_charge'] });
    assert.equal(plain.latest_charge.balance_transaction, booked.id);

    const euro = await stripe.paymentIntents.create({
      ...paying('4242424242424242'), amount: 10_000, currency: 'eur', expand,
    });
    const converted = euro.latest_charge.balance_transaction;
    assert.deepEqual([converted.amount, converted.currency, converted.fee], [11_600, 'usd', 366]);
    assert.equal(converted.exchange_rate, 1.16);

    const held = await stripe.paymentIntents.create({
      ...paying('4242424242424242'), capture_method: 'manual', expand,
    });
    assert.equal(held.latest_charge.balance_transaction, null);
    const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1000, expand });
    assert.deepEqual(
      [taken.latest_charge.balance_transaction.amount, taken.latest_charge.balance_transaction.fee],
      [1000, 59],
    );
    await merchant.faults({ fault: 'no_fee', on: 'query' });
    const early = await stripe.paymentIntents.retrieve(paid.id, { expand });
    assert.equal(early.latest_charge.balance_transaction, null);
    const later = await stripe.paymentIntents.retrieve(paid.id, { expand });
    assert.equal(later.latest_charge.balance_transaction.fee, 66);
  });

  test('cancels an authorisation, once', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create(held());
    const gone = await stripe.paymentIntents.cancel(intent.id, {
      cancellation_reason: 'requested_by_customer',
    });
    assert.equal(gone.status, 'canceled');
    await assert.rejects(stripe.paymentIntents.cancel(intent.id),
      { code: 'payment_intent_unexpected_state' });
    assert.equal((await merchant.payment()).status, 'closed');
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), /not captured/);
  });

  test('refunds in parts, never more than was charged', async () => {
    const context = await setUp();
    const { stripe, merchant } = context;
    const intent = await stripe.paymentIntents.create(paying('4242424242424242'));
    const part = await stripe.refunds.create({
      payment_intent: intent.id, amount: 234, metadata: { reference: 'REF1' },
    });
    assert.equal(part.status, 'succeeded');
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 1001 }),
      { param: 'amount' });
    await stripe.refunds.create({ charge: intent.latest_charge });
    await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }),
      { code: 'charge_already_refunded' });
    assert.equal((await stripe.refunds.retrieve(part.id)).amount, 234);
    assert.equal((await stripe.refunds.list({ payment_intent: intent.id })).data.length, 2);
    const entry = await merchant.payment();
    assert.equal(entry.refunded_minor, 1234);
    assert.equal(entry.refunds[0].reference, 'REF1');
    await merchant.flush();
    const types = events(context).map(({ type }) => type).slice(2);
    assert.deepEqual(types,
      ['refund.created', 'charge.refunded', 'refund.created', 'charge.refunded']);
  });

  test('refunds of the published cards settle and fail later', async () => {
    const context = await setUp();
    const { stripe, merchant } = context;
    const slow = await stripe.paymentIntents.create(paying('4000000000007726'));
    assert.equal((await stripe.refunds.create({ payment_intent: slow.id })).status, 'pending');
    const bad = await stripe.paymentIntents.create(paying('4000000000005126'));
    const refund = await stripe.refunds.create({ payment_intent: bad.id });
    assert.equal(refund.status, 'succeeded');
    await merchant.flush();
    assert.equal((await stripe.refunds.retrieve(refund.id)).status, 'failed');
    assert.equal((await stripe.charges.retrieve(bad.latest_charge)).amount_refunded, 0);
    const types = events(context).map(({ type }) => type);
    assert.ok(types.includes('refund.updated') && types.includes('refund.failed'));
  });

  test('a pending refund waits for its decision', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create(paying('4242424242424242'));
    await merchant.faults({ fault: 'pending_refund' });
    const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 100 });
    assert.equal(refund.status, 'pending');
    assert.equal((await merchant.payment()).refunded_minor, 0);
    await merchant.call('POST', `refunds/${refund.id}/succeed`);
    assert.equal((await stripe.refunds.retrieve(refund.id)).status, 'succeeded');
    assert.equal((await merchant.payment()).refunded_minor, 100);
  });
});

describe('stripe refuses', () => {
  test('unknown and missing keys', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    await stripe.balance.retrieve();
    const wrong = client(`${merchant.credentials.secret_key}x`);
    const error = await wrong.balance.retrieve().catch((caught) => caught);
    assert.ok(error instanceof Stripe.errors.StripeAuthenticationError);
    assert.ok(!error.message.includes(merchant.credentials.secret_key));
    assert.equal((await visit(`${origins.stripe}/v1/balance`)).status, 401);
  });

  test("another merchant's payment", async () => {
    const { stripe } = await setUp({ webhook: false });
    const other = await setUp({ webhook: false });
    const intent = await stripe.paymentIntents.create(paying('4242424242424242'));
    await assert.rejects(other.stripe.paymentIntents.retrieve(intent.id),
      { statusCode: 404, code: 'resource_missing' });
  });

  for (const [name, extra, expected] of [
    ['an amount below the minimum', { amount: 49 }, { code: 'amount_too_small' }],
    ['an amount above the maximum', { amount: 100_000_000 }, { code: 'amount_too_large' }],
    ['no amount', { amount: undefined }, { code: 'parameter_missing' }],
    ['a decimal amount', { amount: '12.5' }, { code: 'parameter_invalid_integer' }],
    ['a negative amount', { amount: -5 }, { code: 'parameter_invalid_integer' }],
    ['an unknown currency', { currency: 'xyz' }, { param: 'currency' }],
    ['UGX with a fraction', { amount: 12_345, currency: 'ugx' }, { param: 'amount' }],
    ['an unknown parameter', { colour: 'red' }, { code: 'parameter_unknown' }],
    ['a card number with a slip', { payment_method_data: card('4242424242424241') },
      { code: 'incorrect_number', statusCode: 402 }],
    ['a past expiry', { payment_method_data: card('4242424242424242', { exp_year: 2020 }) },
      { code: 'invalid_expiry_year' }],
    ['a real card', { payment_method_data: card('4012888888881881') },
      { decline_code: 'test_mode_live_card' }],
    ['no return_url where one is needed',
      { payment_method_types: undefined, automatic_payment_methods: { enabled: true } },
      { param: 'return_url' }],
    ['a method that is not allowed', { payment_method_types: ['alipay'] },
      { code: 'payment_intent_incompatible_payment_method' }],
  ]) {
    test(name, async () => {
      const { stripe, merchant } = await setUp({ webhook: false });
      await assert.rejects(stripe.paymentIntents.create(paying('4242424242424242', extra)),
        expected);
      assert.equal((await merchant.books()).charges, 0);
    });
  }
});

describe('stripe idempotency', () => {
  test('replays, refuses other parameters, and charges once', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const params = paying('4242424242424242');
    const first = await stripe.paymentIntents.create(params, { idempotencyKey: 'k1' });
    const again = await stripe.paymentIntents.create(params, { idempotencyKey: 'k1' });
    assert.equal(again.id, first.id);
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined);
    await assert.rejects(
      stripe.paymentIntents.create({ ...params, amount: 1235 }, { idempotencyKey: 'k1' }),
      { type: 'StripeIdempotencyError', statusCode: 400 },
    );
    assert.equal((await merchant.books()).charges, 1);
  });

  test('a decline is replayed too', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    const attempt = () => stripe.paymentIntents.create(paying('4000000000000002'),
      { idempotencyKey: 'k' });
    const first = await attempt().catch((caught) => caught);
    const second = await attempt().catch((caught) => caught);
    assert.equal(second.payment_intent.id, first.payment_intent.id);
    assert.equal((await merchant.books()).payments.length, 1);
  });

  test('refuses a second request while the first is under way', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    await merchant.faults({ fault: 'delay', on: 'create', ms: 300 });
    const params = paying('4242424242424242');
    const [first, second] = await Promise.allSettled([1, 2].map(() => (
      stripe.paymentIntents.create(params, { idempotencyKey: 'k' }))));
    const refused = first.status === 'rejected' ? first : second;
    const done = first.status === 'rejected' ? second : first;
    assert.equal(done.value.status, 'succeeded');
    assert.equal(refused.reason.statusCode, 409);
    assert.equal((await merchant.books()).charges, 1);
  });

  test('a dropped answer can be fetched with the same key', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    // Twice, because the package repeats a request by itself when the connection breaks.
    await merchant.faults({ fault: 'drop_answer', on: 'create', times: 2 });
    const attempt = () => stripe.paymentIntents.create(paying('4242424242424242'),
      { idempotencyKey: 'k' });
    await assert.rejects(attempt(), { type: 'StripeConnectionError' });
    const answer = await attempt();
    assert.equal(answer.status, 'succeeded');
    assert.equal(answer.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal((await merchant.books()).charges, 1);
  });

  test('a 500 did nothing and leaves the key free', async () => {
    const { stripe, merchant } = await setUp({ webhook: false });
    await merchant.faults({ fault: 'error_500', on: 'any' });
    const attempt = () => stripe.paymentIntents.create(paying('4242424242424242'),
      { idempotencyKey: 'k' });
    await assert.rejects(attempt(), { statusCode: 500 });
    assert.equal((await merchant.books()).payments.length, 0);
    assert.equal((await attempt()).status, 'succeeded');
  });
});

/** The simulated mail service: what it takes, what it keeps once, what its viewer shows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { origins, visit } from './harness.mjs';

const origin = origins.mail;

/** Sends a message as Resend takes it. */
function send(key, changes = {}) {
  const body = {
    from: '"Tea" <orders@tea.example>', to: ['ada@example.com'], subject: 'Paid <1>',
    text: 'Thank you', html: '<!doctype html><html><head></head><body>Thank you</body></html>',
    ...changes,
  };
  return fetch(`${origin}/emails`, {
    method: 'POST',
    headers: { authorization: 'Bearer re_1', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
}

async function sentTo(address) {
  return (await fetch(`${origin}/_sim/messages?to=${address}`)).json();
}

function faults(...list) {
  return fetch(`${origin}/_sim/faults`, { method: 'PUT', body: JSON.stringify(list) });
}

describe('the mail service', () => {
  test('delivers once under a key, and refuses another message under it', async () => {
    const to = ['once@example.com'];
    const { id } = await (await send('one', { to })).json();
    assert.equal((await (await send('one', { to })).json()).id, id);
    assert.equal((await send('one', { to, subject: 'Other' })).status, 409);
    const messages = await sentTo(to[0]);
    assert.equal(messages.length, 1);
    assert.equal(messages[0].key, 'one');
  });

  test('takes what a lost answer was about', async () => {
    const to = ['lost@example.com'];
    await faults({ fault: 'drop_answer', to: to[0] });
    await assert.rejects(send('two', { to }));
    assert.equal((await send('two', { to })).status, 200);
    assert.equal((await sentTo(to[0])).length, 1);
  });

  test('fails and refuses as told, for one address', async () => {
    const to = ['faults@example.com'];
    await faults({ fault: 'error_500', to: to[0] }, { fault: 'refuse', to: to[0] });
    assert.equal((await send('three')).status, 200);
    assert.deepEqual([(await send('four', { to })).status, (await send('four', { to })).status,
      (await send('four', { to })).status], [500, 422, 200]);
  });

  test('tells the newest message about something as soon as it comes', async () => {
    const to = ['waits@example.com'];
    const newest = (subject) =>
      fetch(`${origin}/_sim/newest?${new URLSearchParams({ to: to[0], subject })}`);
    await send('seven', { to, subject: 'Paid' });
    const shipped = newest('Shipped');
    await send('eight', { to, subject: 'Paid again' });
    const { id } = await (await send('nine', { to, subject: 'Shipped today' })).json();
    assert.equal((await (await shipped).json()).id, id);
    assert.equal((await (await newest('Paid')).json()).subject, 'Paid again');
  });

  test('wants a key, and a whole message', async () => {
    const bare = await fetch(`${origin}/emails`, { method: 'POST', body: '{}' });
    assert.equal(bare.status, 401);
    assert.equal((await send('five', { text: undefined })).status, 422);
  });

  test('shows messages on a page, in a frame that runs nothing', async () => {
    await send('six', { to: ['view@example.com'], subject: 'Seen <b>' });
    const list = await (await visit(`${origin}/?to=view@example.com`)).text();
    assert.match(list, /Seen &#60;b&#62;/);
    const [, path] = /href="(\/messages\/\w+)"/.exec(list);
    assert.match(await (await visit(origin + path)).text(), /<iframe [^>]*sandbox="/);
    const frame = await visit(`${origin}${path}/html`);
    assert.match(frame.headers.get('content-security-policy'), /default-src 'none'/);
  });
});

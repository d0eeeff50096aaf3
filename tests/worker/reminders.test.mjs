// Owners are told by e-mail that a licence or a tax number lapses: on a worker whose clock the test
// moves by weeks.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR_MS, startWorker } from "./own-worker.mjs";

const own = await startWorker({ ...process.env });
Object.assign(process.env, { CAUSEWAY_URL: own.url, CAUSEWAY_OWNER_TOKEN: own.ownerToken });
const { Store } = await import("./stack.mjs");
const { Inbox, mailSettings } = await import("./inbox.mjs");

after(() => own.stop());

const DAY_MS = 24 * HOUR_MS;

/** A day so many days from now, as the API writes it. */
const inDays = (days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** A store with an owner, whose messages come to the answer's inbox. */
async function makeStore(changes = {}, sender = mailSettings()) {
  const store = await Store.make(changes);
  const inbox = new Inbox();
  await store.owner.ok("POST", "/v1/operators",
    { email: inbox.address, name: "Ann", role: "owner" });
  if (sender) await store.owner.ok("PUT", "/v1/mail", sender);
  return { store, inbox };
}

const licence = (last) => ({ kind: "business_licence", number: "91310000MA1K0001", country: "CN",
  expires_on: last });

const setTo = (store, registrations) =>
  store.owner.ok("PUT", "/v1/store/profile", { registrations });

/** Lets days pass, and what is due then be done. */
async function pass(days) {
  await own.forward(days * DAY_MS);
  await own.quiet();
}

test("thirty and seven days before and on the day, each once", async () => {
  const { store, inbox } = await makeStore();
  const looking = new Inbox();
  await store.owner.ok("POST", "/v1/operators",
    { email: looking.address, name: "Bo", role: "viewer" });
  const last = inDays(40);
  await setTo(store, [licence(last), { ...licence(), number: "never" }]);
  await pass(5);
  assert.deepEqual(await inbox.all(), []);
  for (const [days, left, count] of [
    [5, 30, 1], [22, null, 1], [1, 7, 2], [7, 0, 3], [40, null, 3],
  ]) {
    await pass(days);
    const letters = await inbox.all();
    assert.equal(letters.length, count, `${left}`);
    if (left === null) continue;
    const { subject, text, html } = letters.at(-1);
    assert.match(subject, new RegExp(`business licence valid until ${last}`));
    assert.match(text, new RegExp(`91310000MA1K0001 \\(CN\\).*Days left: ${left}\n`, "s"));
    assert.ok(html.includes(`${own.url}/dashboard/test/settings/store`));
  }
  assert.deepEqual(await looking.all(), []);
});

test("in the store's language, and a mail service that fails is tried again", async () => {
  const { store, inbox } = await makeStore({ profile: { default_locale: "zh-CN" } });
  await setTo(store, [licence(inDays(8))]);
  await inbox.faults({ fault: "error_500", times: 2 });
  await pass(1);
  assert.deepEqual(await inbox.all(), []);
  for (let hours = 1; hours <= 4; hours *= 2) await pass(hours / 24);
  const letters = await inbox.all();
  assert.equal(letters.length, 1);
  assert.match(letters[0].subject, /营业执照有效期至/);
  await pass(1);
  assert.equal((await inbox.all()).length, 1);
});

test("not of what was renewed in time, and without a sender of nothing", async () => {
  const { store, inbox } = await makeStore();
  const bare = await makeStore({}, null);
  for (const one of [store, bare.store]) await setTo(one, [licence(inDays(31))]);
  await setTo(store, [licence(inDays(400))]);
  await pass(40);
  assert.deepEqual(await inbox.all(), []);
  await bare.store.owner.ok("PUT", "/v1/mail", mailSettings());
  await pass(1);
  assert.deepEqual(await bare.inbox.all(), [], "the dashboard reminds alone");
});

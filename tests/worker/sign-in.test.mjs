// Signing in to the dashboard and out: one-time links, operators' tokens, cookies and what they
// let do, and that no page of another site can use them.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Inbox, mailSettings } from "./inbox.mjs";
import { Store, at, call, page, until, withKey } from "./stack.mjs";

let store;
let other;

before(async () => {
  [store, other] = [await Store.make(), await Store.make()];
});

const OWN = { "sec-fetch-site": "same-origin" };
const FORM = { "content-type": "application/x-www-form-urlencoded" };
let count = 0;

/** A network of its own: tries to sign in are counted for each. */
function network() {
  count += 1;
  return { "cf-connecting-ip": `198.51.${count >> 8}.${count & 255}` };
}

async function add(of, role) {
  count += 1;
  const body = { email: `p${count}@shop.example`, name: `Person <${count}>`, role };
  const made = await of.owner.ok("POST", "/v1/operators", body);
  const { token } = await of.owner.ok("POST", `/v1/operators/${made.id}/token`);
  return { ...made, token };
}

const submit = (path, fields, headers = {}) => page(path, {
  method: "POST",
  headers: { ...OWN, ...FORM, ...network(), ...headers },
  body: new URLSearchParams(fields).toString(),
});

/** The cookie that an answer sets, as the browser would send it. */
function cookieOf({ headers }) {
  const set = headers.getSetCookie();
  assert.equal(set.length, 1, String(set));
  assert.match(set[0], /; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  return set[0].split(";")[0];
}

/** Signs in by token; resolves to a browser. */
async function signIn(operator) {
  const answer = await submit("/dashboard/sign-in", { token: operator.token });
  assert.equal(answer.status, 303, answer.text);
  assert.equal(answer.headers.get("location"), "/dashboard");
  const cookie = cookieOf(answer);
  assert.match(cookie, new RegExp(`^causeway-session=ses_${store.id}_[0-9A-Za-z]{32}$`));
  const { body } = await call("GET", "/v1/me", { headers: { cookie } });
  return { cookie, ...body };
}

async function linkOf(operator) {
  const made = await store.owner.ok("POST", `/v1/operators/${operator.id}/sign_in_link`);
  assert.ok(made.url.startsWith(`${at.causeway}/dashboard/sign-in/lnk_${store.id}_`));
  return new URL(made.url).pathname;
}

const me = (cookie) => call("GET", "/v1/me", { headers: { cookie } });

describe("a one-time link", () => {
  test("shows a button, which signs in once", async () => {
    const ann = await add(store, "support");
    const path = await linkOf(ann);
    for (let opened = 0; opened < 3; opened += 1) {
      const shown = await page(path, { headers: network() });
      assert.equal(shown.status, 200);
      assert.ok(shown.text.includes(ann.name.replace("<", "&#60;").replace(">", "&#62;")));
      assert.equal(shown.headers.get("set-cookie"), null);
    }
    const used = await submit(path, {});
    assert.equal(used.status, 303);
    const { body } = await me(cookieOf(used));
    assert.deepEqual([body.actor.id, body.role, body.store], [ann.id, "support", store.id]);
    const again = await submit(path, {});
    assert.equal(again.status, 404);
    assert.equal(again.headers.get("set-cookie"), null);
    assert.equal((await page(path, { headers: network() })).status, 404);
  });

  test("is made by owners for operators of their store alone", async () => {
    const [ann, bob] = [await add(store, "finance"), await add(other, "viewer")];
    await store.owner.refused(404, "POST", `/v1/operators/${bob.id}/sign_in_link`);
    await withKey(ann.token).refused(403, "POST", `/v1/operators/${ann.id}/sign_in_link`);
    await store.api.refused(403, "POST", `/v1/operators/${ann.id}/sign_in_link`);
  });

  test("is not used by a form of another site, nor by one that says nothing", async () => {
    const path = await linkOf(await add(store, "viewer"));
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      { "sec-fetch-site": "cross-site", origin: at.causeway }]) {
      assert.equal((await submit(path, {}, headers)).status, 403, JSON.stringify(headers));
    }
    const bare = { method: "POST", headers: { ...FORM, ...network() } };
    assert.equal((await page(path, bare)).status, 403);
    const evil = { ...bare, headers: { ...bare.headers, origin: "https://evil.example" } };
    assert.equal((await page(path, evil)).status, 403);
    // An old browser names the origin alone.
    const old = { ...bare, headers: { ...bare.headers, origin: at.causeway } };
    assert.equal((await page(path, old)).status, 303);
  });
});

describe("the form", () => {
  test("sends a link, with one answer whether anybody has the address or not", async () => {
    const ann = await add(store, "viewer");
    const ask = async (email, id) => {
      const { status, text } = await submit("/dashboard/sign-in", { store: id, email });
      return [status, text.replaceAll(email, "ADDRESS")];
    };
    const known = await ask(ann.email, store.id);
    assert.equal(known[0], 200);
    assert.deepEqual(await ask("nobody@shop.example", store.id), known);
    assert.deepEqual(await ask(ann.email, other.id), known);
    assert.deepEqual(await ask(ann.email, "nosuchstore"), known);
  });

  test("sends a link that signs in, in the operator's language, and to nobody else", async () => {
    const shop = await Store.make();
    await shop.owner.ok("PUT", "/v1/mail", mailSettings());
    const [inbox, stranger] = [new Inbox(), new Inbox()];
    const body = { email: inbox.address, name: "Li", role: "viewer", locale: "zh-CN" };
    const made = await shop.owner.ok("POST", "/v1/operators", body);
    const ask = (email) => submit("/dashboard/sign-in", { store: shop.id, email });
    await ask(stranger.address);
    await ask(inbox.address.toUpperCase());
    const { text, subject } = await inbox.find("登录");
    assert.ok(subject.includes("Worker Tea"));
    const [, path] = text.match(new RegExp(`${at.causeway}(/dashboard/sign-in/lnk_\\S+)`));
    const { body: who } = await me(cookieOf(await submit(path, {})));
    assert.equal(who.actor.id, made.id);
    assert.deepEqual(await stranger.all(), []);
    for (let asked = 0; asked < 5; asked += 1) await ask(inbox.address);
    await until("three are sent in a quarter of an hour", async () =>
      (await inbox.all()).length === 3);
  });

  test("says at the field what is wrong, and keeps what was typed", async () => {
    const fields = { store: "Not A Store", email: "ann@", next: "/dashboard/orders" };
    const { status, text } = await submit("/dashboard/sign-in", fields);
    assert.equal(status, 422);
    for (const part of ['value="Not A Store"', 'value="ann@"', 'value="/dashboard/orders"',
      'class="error" id="store-said"', 'class="error" id="email-said"']) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!text.includes('class="error" id="token-said"'));
    const hostile = await submit("/dashboard/sign-in", { store: '"><script>', email: "x" });
    assert.ok(!hostile.text.includes("<script>"));
  });

  test("speaks the browser's language", async () => {
    const headers = { "accept-language": "zh-CN,zh;q=0.9" };
    const { text } = await page("/dashboard/sign-in", { headers });
    assert.match(text, /<html lang="zh-CN">/);
    assert.match(text, /操作员令牌/);
  });

  test("takes a token, and goes on to where one wanted to go", async () => {
    const ann = await add(store, "viewer");
    const next = "/dashboard/orders?state=paid";
    const answer = await submit("/dashboard/sign-in", { token: ` ${ann.token} `, next });
    assert.equal(answer.headers.get("location"), next);
    for (const bad of ["//evil.example", "https://evil.example/dashboard", "/dashboard/../v1/me"]) {
      const { headers } = await submit("/dashboard/sign-in", { token: ann.token, next: bad });
      assert.equal(headers.get("location"), "/dashboard");
    }
  });

  test("refuses a wrong token, and shows it to nobody", async () => {
    const { token } = await add(store, "viewer");
    const wrong = `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`;
    for (const shown of [wrong, "no-token-at-all", store.secretKey, at.ownerToken]) {
      const answer = await submit("/dashboard/sign-in", { token: shown });
      assert.equal(answer.status, 422);
      assert.ok(answer.text.includes('class="error" id="token-said"') && !answer.text.includes(shown));
      assert.equal(answer.headers.get("set-cookie"), null);
    }
  });

  test("slows down who guesses", async () => {
    const from = network();
    const guess = () => submit("/dashboard/sign-in", { token: `opt_${store.id}_${"0".repeat(32)}` },
      from);
    for (let tried = 0; tried < 10; tried += 1) assert.equal((await guess()).status, 422);
    const held = await guess();
    assert.equal(held.status, 429);
    assert.ok(Number(held.headers.get("retry-after")) > 0);
    assert.equal((await submit("/dashboard/sign-in", { token: "x" })).status, 422, "elsewhere");
    const links = network();
    const path = `/dashboard/sign-in/lnk_${store.id}_${"0".repeat(32)}`;
    for (let tried = 0; tried < 10; tried += 1) {
      assert.equal((await page(path, { headers: links })).status, 404);
    }
    assert.equal((await page(path, { headers: links })).status, 429);
  });

  test("sends ten links from one address, whosever they are", async () => {
    const from = network();
    const ask = (n) => submit("/dashboard/sign-in",
      { store: store.id, email: `n${n}@shop.example` }, from);
    for (let n = 0; n < 10; n += 1) assert.equal((await ask(n)).status, 200);
    assert.equal((await ask(10)).status, 429);
  });

  test("is no place for other bodies, or other sites", async () => {
    const { token } = await add(store, "viewer");
    const json = { "content-type": "text/plain" };
    assert.equal((await submit("/dashboard/sign-in", { token }, json)).status, 400);
    const cross = { "sec-fetch-site": "cross-site" };
    const answer = await submit("/dashboard/sign-in", { token }, cross);
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get("set-cookie"), null);
  });
});

describe("a session", () => {
  test("may read, and change what its page shows the token for", async () => {
    const ann = await add(store, "owner");
    const { cookie, csrf, session } = await signIn(ann);
    const price = { name: "Tea", prices: [{ amount: "1.00", currency: "USD" }] };
    const put = (headers) => call("PUT", "/v1/prices/tea",
      { body: price, headers: { cookie, ...headers } });
    assert.equal((await call("GET", "/v1/orders", { headers: { cookie } })).status, 200);
    assert.equal((await put({ ...OWN, csrf })).status, 200);
    assert.equal((await put({ origin: at.causeway, csrf })).status, 200);
    const other_ = await signIn(ann);
    assert.notEqual(other_.csrf, csrf);
    for (const [why, headers] of Object.entries({
      "nothing shown": OWN,
      "an empty one": { ...OWN, csrf: "" },
      "another session's": { ...OWN, csrf: other_.csrf },
      "the session's id": { ...OWN, csrf: session },
      "another site": { "sec-fetch-site": "cross-site", csrf },
      "a sister site": { "sec-fetch-site": "same-site", csrf },
      "another origin": { origin: "https://evil.example", csrf },
      "no origin": { csrf },
      "a hidden origin": { origin: "null", csrf },
    })) {
      const answer = await put(headers);
      assert.equal(answer.status, 403, why);
      assert.equal(answer.body.code, "forbidden");
    }
  });

  test("has the rights of its operator, in the mode that the header names", async () => {
    const { cookie, csrf } = await signIn(await add(store, "viewer"));
    const headers = { cookie, csrf, ...OWN };
    const made = await call("POST", "/v1/api_keys", { body: { kind: "secret" }, headers });
    assert.equal(made.status, 403);
    const live = await call("GET", "/v1/me", { headers: { cookie, "causeway-mode": "live" } });
    assert.equal(live.body.mode, "live");
    const odd = { "causeway-mode": "x" };
    assert.equal((await call("GET", "/v1/me", { headers: { cookie, ...odd } })).status, 400);
    assert.equal((await call("GET", "/v1/me", { headers: odd })).status, 401);
  });

  test("ends when its operator signs out, which no other site can have done", async () => {
    const { cookie, csrf } = await signIn(await add(store, "viewer"));
    const out = (fields, headers) => submit("/dashboard/sign-out", fields, { cookie, ...headers });
    assert.equal((await out({}, {})).status, 403);
    assert.equal((await out({ csrf }, { "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await me(cookie)).status, 200);
    const done = await out({ csrf }, {});
    assert.equal(done.status, 303);
    assert.match(done.headers.get("set-cookie"), /^causeway-session=; .*Max-Age=0/);
    assert.equal((await me(cookie)).status, 401);
  });

  test("before is over when another begins in the same browser", async () => {
    const ann = await add(store, "viewer");
    const before_ = await signIn(ann);
    const again = await submit("/dashboard/sign-in", { token: ann.token },
      { cookie: before_.cookie });
    assert.equal((await me(cookieOf(again))).status, 200);
    assert.equal((await me(before_.cookie)).status, 401);
  });

  test("is listed, and ends when it is revoked", async () => {
    const ann = await add(store, "viewer");
    const [one, two, three] = [await signIn(ann), await signIn(ann), await signIn(ann)];
    const headers = { cookie: one.cookie, csrf: one.csrf, ...OWN };
    const listed = await call("GET", "/v1/sessions", { headers });
    assert.equal(listed.body.data.length, 3);
    const current = listed.body.data.filter((session) => session.current);
    assert.deepEqual(current.map(({ id, way }) => [id, way]), [[one.session, "token"]]);
    const end = (id) => call("DELETE", `/v1/sessions/${id}`, { headers });
    assert.equal((await end(two.session)).status, 204);
    assert.equal((await me(two.cookie)).status, 401);
    assert.equal((await end(two.session)).status, 404);
    const stranger = await signIn(await add(store, "owner"));
    assert.equal((await end(stranger.session)).status, 404);
    assert.equal((await call("DELETE", "/v1/sessions", { headers })).status, 204);
    assert.equal((await me(three.cookie)).status, 401);
    assert.equal((await me(one.cookie)).status, 200);
    assert.equal((await me(stranger.cookie)).status, 200);
    await other.owner.refused(404, "DELETE", `/v1/operators/${ann.id}/sessions`);
    await store.owner.ok("DELETE", `/v1/operators/${ann.id}/sessions`);
    assert.equal((await me(one.cookie)).status, 401);
  });

  test("ends with its operator, and with the token that opened it", async () => {
    const [ann, bob] = [await add(store, "viewer"), await add(store, "viewer")];
    const [one, two] = [await signIn(ann), await signIn(bob)];
    await store.owner.ok("DELETE", `/v1/operators/${ann.id}`);
    assert.equal((await me(one.cookie)).status, 401);
    await store.owner.ok("DELETE", `/v1/operators/${bob.id}/token`);
    assert.equal((await me(two.cookie)).status, 401);
  });

  test("that was made up lets nobody in, and slows nobody down", async () => {
    const { cookie } = await signIn(await add(store, "viewer"));
    const [, body] = cookie.split(`ses_${store.id}_`);
    const headers = network();
    for (const wrong of ["causeway-session=", `causeway-session=ses_${other.id}_${body}`,
      `causeway-session=ses_nosuchstore_${body}`, `__Host-causeway=ses_${store.id}_${body}`,
      `causeway-session=opt_${store.id}_${body}`]) {
      const answer = await call("GET", "/v1/me", { headers: { cookie: wrong, ...headers } });
      assert.equal(answer.status, 401, wrong);
    }
    const stale = { cookie: `causeway-session=ses_${store.id}_${"0".repeat(32)}`, ...headers };
    for (let asked = 0; asked < 40; asked += 1) {
      assert.equal((await call("GET", "/v1/me", { headers: stale })).status, 401);
    }
  });
});

describe("a page of the dashboard", () => {
  test("leads to where one signs in, and back", async () => {
    const { status, headers } = await page("/dashboard/me?x=a%20b");
    assert.deepEqual([status, headers.get("location")],
      [303, "/dashboard/sign-in?next=%2Fdashboard%2Fme%3Fx%3Da%2520b"]);
    const { cookie } = await signIn(await add(store, "viewer"));
    const shown = await page("/dashboard/test/me", { headers: { cookie } });
    assert.equal(shown.status, 200);
    const [, csrf] = shown.text.match(/name="csrf" value="(\w+)"/);
    assert.equal((await submit("/dashboard/sign-out", { csrf }, { cookie })).status, 303);
  });

  test("that another site links to asks for itself once more, to be sent the cookie", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    const { status, text } = await page("/dashboard/me", { headers });
    assert.equal(status, 200);
    assert.match(text, /http-equiv="refresh" content="0; url=http[^"]*\/dashboard\/me"/);
  });
});

test("what lets in is told by no list", async () => {
  const ann = await add(store, "owner");
  const { cookie } = await signIn(ann);
  const { text } = await call("GET", "/v1/sessions", { headers: { cookie } });
  assert.ok(!text.includes(cookie.split("=")[1]) && !text.includes("ses_"));
});

// Messages to shoppers: with what they are sent, what they say, and that each comes once.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Inbox, mailSettings } from "./inbox.mjs";
import { Shopper } from "./shopper.mjs";
import { Store, at, owner, read, until, usd } from "./stack.mjs";

const KINDS = ["paid", "shipped", "refund_asked", "refund_made", "refund_declined",
  "late_payment", "orders_link", "sign_in_link", "registration_lapses"];

let store;

before(async () => {
  store = await Store.make({ channels: ["stripe"] });
  await store.owner.ok("PUT", "/v1/mail", mailSettings());
  await store.owner.ok("PUT", "/v1/store/profile", {
    names: { en: "Low Tide Tea", "zh-CN": "落潮茶" },
    contact: { email: "help@tea.example" },
  });
});

/** A paid order, whose messages come to `inbox`. */
async function paidOrder(inbox, { shopper, ...changes } = {}, from = store) {
  const order = await from.makeOrder({
    shopper: { email: inbox.address, ...shopper }, ...changes,
  });
  await new Shopper(order).pay("card");
  await from.orderWhere(order.id, "paid");
  return order;
}

/** The messages of an order, once none is pending any more. */
function settled(order, from = store) {
  return until("no message is pending", async () => {
    const { data } = await from.api.ok("GET", `/v1/orders/${order.id}/messages`);
    return data.length > 0 && data.every(({ state }) => state !== "pending") && data;
  });
}

describe("the sender", () => {
  test("is set by the owner, and its key never comes back", async () => {
    const one = await Store.make();
    assert.deepEqual(await one.api.ok("GET", "/v1/mail"), { sender: null });
    await one.api.refused(403, "PUT", "/v1/mail", mailSettings());
    const set = await one.owner.call("PUT", "/v1/mail", mailSettings({ off: ["shipped"] }));
    assert.equal(set.status, 200);
    assert.ok(!set.text.includes("re_test"));
    assert.deepEqual(set.body.sender, { kind: "http", mode: "test", shape: "resend",
      url: `${at.mail}/emails`, from: "orders@tea.example", off: ["shipped"] });
    assert.deepEqual(await one.api.ok("GET", "/v1/mail"), set.body);
    assert.deepEqual(await owner(one.id, "live").ok("GET", "/v1/mail"), { sender: null });
    await one.owner.ok("DELETE", "/v1/mail");
    await one.owner.refused(404, "DELETE", "/v1/mail");
  });

  test("keeps its key as long as it is for the same service", async () => {
    const one = await Store.make();
    const { key: _, ...without } = mailSettings();
    const missing = await one.owner.refused(422, "PUT", "/v1/mail", without);
    assert.equal(missing.errors[0].pointer, "/key");
    await one.owner.ok("PUT", "/v1/mail", mailSettings());
    await one.owner.ok("PUT", "/v1/mail", { ...without, from: "tea@tea.example" });
    const inbox = new Inbox();
    const sent = await one.owner.ok("POST", "/v1/mail/test", { to: inbox.address });
    assert.deepEqual(sent, { ok: true, status: 200 });
    // A key must not go where its owner has not sent it.
    const other = { ...without, url: `${at.mail}/elsewhere` };
    await one.owner.refused(422, "PUT", "/v1/mail", other);
  });

  test("of a service that refuses is said to be so", async () => {
    const one = await Store.make();
    await one.owner.refused(409, "POST", "/v1/mail/test", { to: "a@example.com" });
    await one.owner.ok("PUT", "/v1/mail", mailSettings({ url: `${at.mail}/nothing` }));
    const tried = await one.owner.ok("POST", "/v1/mail/test", { to: "a@example.com" });
    assert.deepEqual(tried, { ok: false, status: 404 });
    const { errors } = await one.owner.refused(422, "POST", "/v1/mail/test", { to: "nobody" });
    assert.equal(errors[0].pointer, "/to");
  });

  test("names what does not fit", async () => {
    for (const [body, pointer] of [
      [mailSettings({ from: "tea" }), "/from"],
      [mailSettings({ url: "ftp://x.example" }), "/url"],
      [mailSettings({ shape: undefined }), "/shape"],
      [mailSettings({ shape: "mailgun", url: undefined }), "/url"],
      [mailSettings({ off: ["paid", "orders_link"] }), "/off/1"],
      [{ kind: "cloudflare", from: "a@b.example", key: "x" }, "/key"],
      [{ kind: "cloudflare", from: "a@b.example" }, "/kind"],
    ]) {
      const { errors } = await store.owner.refused(422, "PUT", "/v1/mail", body);
      assert.equal(errors[0].pointer, pointer, JSON.stringify(body));
    }
  });

  test("can be any of four services", async () => {
    for (const [shape, path] of [["resend", "/emails"], ["postmark", "/email"],
      ["sendgrid", "/v3/mail/send"], ["mailgun", "/v3/tea.example/messages"]]) {
      const one = await Store.make();
      await one.owner.ok("PUT", "/v1/mail", mailSettings({ shape, url: at.mail + path }));
      const inbox = new Inbox();
      const { ok } = await one.owner.ok("POST", "/v1/mail/test", { to: inbox.address });
      assert.equal(ok, true, shape);
      const [message] = await inbox.all();
      assert.equal(message.shape, shape);
      assert.match(message.from, /^"Worker Tea" <orders@tea.example>$/);
      assert.match(message.text, /Thank you for your order/);
      assert.match(message.html, /^<!doctype html>/);
    }
  });
});

describe("a paid order", () => {
  test("is told once, with the receipt behind a link that works", async () => {
    const inbox = new Inbox();
    const order = await paidOrder(inbox, { merchant_reference: "LT-7" });
    const message = await inbox.find("LT-7");
    assert.equal(message.subject, "Order LT-7 at Low Tide Tea: paid");
    assert.equal(message.from, '"Low Tide Tea" <orders@tea.example>');
    assert.equal(message.reply_to, "help@tea.example");
    for (const part of ["US$33.20", "Visa ending in 4242", "2 × Longjing green tea", "US$25.00",
      "no real money moves"]) {
      assert.ok(message.text.includes(part), part);
      assert.ok(message.html.includes(part), part);
    }
    const [link] = /http\S+\/orders\/ct_\w+/.exec(message.text);
    assert.equal(link, `${at.causeway}/orders/${order.client_token}`);
    assert.equal((await read(link)).status, 200);
    const [listed] = await settled(order);
    assert.equal(listed.id, message.key);
    assert.deepEqual([listed.kind, listed.state, listed.last_status], ["paid", "sent", 200]);
    assert.equal((await inbox.all()).length, 1);
  });

  test("is told in the order's language, else in the one it was paid in", async () => {
    const [first, second] = [new Inbox(), new Inbox()];
    await paidOrder(first, { shopper: { locale: "zh" } });
    assert.match((await first.find("落潮茶")).text, /感谢您的订购/);
    const order = await store.makeOrder({ shopper: { email: second.address } });
    const shopper = new Shopper(order);
    const body = await shopper.attempt("card");
    await shopper.post(body, { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.5" } });
    assert.match((await second.find("落潮茶")).subject, /已付款/);
  });

  test("is told to nobody without an address, a sender or a wish", async () => {
    const silent = await Store.make({ channels: ["stripe"] });
    const inbox = new Inbox();
    const first = await paidOrder(inbox, {}, silent);
    const messages = async (order) =>
      (await silent.api.ok("GET", `/v1/orders/${order.id}/messages`)).data;
    assert.deepEqual(await messages(first), []);
    await silent.owner.ok("PUT", "/v1/mail", mailSettings({ off: ["paid"] }));
    assert.deepEqual(await messages(await paidOrder(inbox, {}, silent)), []);
    assert.deepEqual(await inbox.all(), []);
  });
});

describe("a message", () => {
  test("whose answer was lost comes once, under the same key", async () => {
    const inbox = new Inbox();
    await inbox.faults({ fault: "drop_answer" });
    const order = await paidOrder(inbox, { merchant_reference: "LT-8" });
    const [listed] = await settled(order);
    assert.equal(listed.state, "sent");
    assert.ok(listed.tries > 1);
    assert.equal((await inbox.all()).length, 1);
  });

  test("is tried again after a failure, and not after a refusal", async () => {
    const [again, never] = [new Inbox(), new Inbox()];
    await again.faults({ fault: "error_500" });
    const order = await paidOrder(again);
    const [listed] = await settled(order);
    assert.deepEqual([listed.state, listed.tries], ["sent", 2]);
    await never.faults({ fault: "refuse" });
    const [failed] = await settled(await paidOrder(never));
    assert.deepEqual([failed.state, failed.tries, failed.last_status], ["failed", 1, 422]);
    assert.deepEqual(await never.all(), []);
  });

  test("of each kind comes from its cause", async () => {
    const inbox = new Inbox();
    const order = await paidOrder(inbox, { merchant_reference: "LT-9" });
    await store.api.ok("POST", `/v1/orders/${order.id}/ship`, { carrier: "Harbour Post",
      number: "HP123", url: "https://post.example/HP123" });
    const shipped = await inbox.find("on its way");
    assert.match(shipped.text, /Carrier: Harbour Post\nNumber: HP123\nhttps:\/\/post.example\/HP123\n/);
    await store.refund(order, { amount: usd("10.00"), reason: "One bag was damaged" });
    const refunded = await inbox.find("given back");
    assert.equal(refunded.subject, "Order LT-9 at Low Tide Tea: US$10.00 given back");
    assert.match(refunded.text, /Reason: One bag was damaged/);
    const listed = await settled(order);
    assert.deepEqual(listed.map(({ kind }) => kind), ["paid", "shipped", "refund_made"]);
  });

  test("of another store's order is not found", async () => {
    const other = await Store.make();
    const order = await store.makeOrder();
    await other.api.refused(404, "GET", `/v1/orders/${order.id}/messages`);
  });
});

describe("what messages say", () => {
  test("is listed for each kind and language", async () => {
    const { data } = await store.api.ok("GET", "/v1/mail/templates");
    assert.deepEqual(data.map(({ kind, locale }) => `${kind} ${locale}`),
      KINDS.flatMap((kind) => [`${kind} en`, `${kind} zh-CN`]));
    assert.ok(data.every(({ own, text }) => !own && text.includes("{link}")));
  });

  test("can be written by the merchant, seen before, and taken back", async () => {
    const one = await Store.make({ channels: ["stripe"] });
    await one.owner.ok("PUT", "/v1/mail", mailSettings());
    const path = "/v1/mail/templates/paid/en";
    const own = { subject: "Thanks for {order} <3", text: "Hello from {store}.\n\n{items}\n\n{link}" };
    const seen = await one.api.ok("POST", `${path}/preview`, own);
    assert.equal(seen.subject, "Thanks for LT-1043 <3");
    assert.match(seen.text, /^Hello from Worker Tea\.\n\n2 × Longjing green tea/);
    assert.match(seen.html, /See your order/);
    await one.api.refused(403, "PUT", path, own);
    assert.equal((await one.owner.ok("PUT", path, own)).own, true);
    const inbox = new Inbox();
    await paidOrder(inbox, { merchant_reference: "LT-10" }, one);
    const message = await inbox.find("Thanks for LT-10");
    assert.match(message.text, /^Hello from Worker Tea\./);
    assert.match(message.html, /Thanks for LT-10 &#60;3/);
    await one.owner.ok("DELETE", path);
    const { data } = await one.api.ok("GET", "/v1/mail/templates");
    assert.ok(data.every((template) => !template.own));
  });

  test("names only what such a message has", async () => {
    const path = "/v1/mail/templates/paid/en";
    for (const [body, pointer, code] of [
      [{ subject: "x", text: "{carrier}" }, "/text", "unknown_placeholder"],
      [{ subject: "{email}", text: "x" }, "/subject", "unknown_placeholder"],
      [{ subject: "a\nBcc: x@evil.example", text: "x" }, "/subject", "length"],
      [{ subject: "", text: "x" }, "/subject", "length"],
    ]) {
      const { errors } = await store.owner.refused(422, "PUT", path, body);
      assert.deepEqual([errors[0].pointer, errors[0].code], [pointer, code]);
    }
    for (const wrong of ["/v1/mail/templates/hello/en", "/v1/mail/templates/paid/fr"]) {
      await store.owner.refused(404, "PUT", wrong, { subject: "x", text: "x" });
    }
  });
});

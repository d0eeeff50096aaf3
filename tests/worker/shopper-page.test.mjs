// What a shopper does on the pages of the pay origin: asks for a refund, sees what becomes of it,
// finds orders by e-mail.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Inbox, mailSettings } from "./inbox.mjs";
import { Shopper } from "./shopper.mjs";
import { Store, at, newStoreName, page, usd } from "./stack.mjs";

let store;

before(async () => {
  store = await Store.make({ channels: ["stripe"] });
  await store.owner.ok("PUT", "/v1/mail", mailSettings());
});

/** Sends a form as a browser does. */
function submit(path, fields) {
  return page(path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
}

/** A paid order over two bags of tea and a pot: 68.20. */
async function paidOrder(inbox = new Inbox(), changes = {}) {
  const order = await store.makeOrder({
    items: [
      { name: "Longjing", quantity: 2, unit_price: usd("12.50") },
      { name: "Pot", quantity: 1, unit_price: usd("35.00") },
    ],
    total: usd("68.20"),
    shopper: { email: inbox.address },
    ...changes,
  });
  await new Shopper(order).pay("card");
  await store.orderWhere(order.id, "paid");
  return order;
}

const shown = async (order, query = "") =>
  (await page(`/orders/${order.client_token}${query}`)).text;
const ask = (order, fields) => submit(`/orders/${order.client_token}/refund`, fields);

describe("asking for a refund", () => {
  test("of some items is told, decided with an explanation, and seen", async () => {
    const inbox = new Inbox();
    const order = await paidOrder(inbox);
    assert.match(await shown(order), /The whole order \(US\$68\.20\)/);
    const sent = await ask(order, { what: "items", "item-0": "1", "item-1": "0",
      reason: "One bag\r\nwas damaged", locale: "zh-CN" });
    assert.equal(sent.status, 303);
    assert.equal(sent.headers.get("location"),
      `/orders/${order.client_token}?locale=zh-CN#requests`);
    const told = await inbox.find("you asked for a refund");
    assert.match(told.text, /US\$12\.50/);
    assert.match(told.text, /One bag\nwas damaged/);
    const { data } = await store.api.ok("GET", `/v1/orders/${order.id}/refund_requests`);
    assert.equal(data.length, 1);
    assert.equal(data[0].by.kind, "shopper");
    assert.deepEqual(data[0].items, [{ index: 0, quantity: 1 }]);
    const waiting = await shown(order, "?locale=zh-CN");
    assert.match(waiting, /您申请退款 US\$12\.50/);
    assert.ok(!waiting.includes('id="ask"'), "one request at a time");
    await store.api.ok("POST", `/v1/refund_requests/${data[0].id}/decline`,
      { explanation: "The bag was opened." });
    assert.match((await inbox.find("about your refund")).text, /The bag was opened\./);
    const declined = await shown(order);
    assert.match(declined, /Declined/);
    assert.match(declined, /The bag was opened\./);
    assert.ok(declined.includes('id="ask"'), "another can be asked for");
  });

  test("of everything is approved and paid back", async () => {
    const inbox = new Inbox();
    const order = await paidOrder(inbox);
    assert.equal((await ask(order, { what: "whole", reason: "Never arrived" })).status, 303);
    const { data } = await store.api.ok("GET", `/v1/orders/${order.id}/refund_requests`);
    assert.deepEqual(data[0].amount, usd("68.20"));
    await store.api.ok("POST", `/v1/refund_requests/${data[0].id}/approve`, {});
    await store.orderWhere(order.id, "refunded");
    await inbox.find("US$68.20 given back");
    const text = await shown(order);
    for (const part of ["Approved and refunded", "Reason: Never arrived", "Refunded"]) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!text.includes('id="ask"'), "there is nothing left");
  });

  test("pressed twice is one request", async () => {
    const order = await paidOrder();
    const fields = { what: "whole", reason: "Never arrived" };
    assert.equal((await ask(order, fields)).status, 303);
    assert.equal((await ask(order, fields)).status, 303);
    const other = await ask(order, { what: "whole", reason: "Something else" });
    assert.equal(other.status, 409);
    assert.match(other.text, /A request is waiting already/);
    const { data } = await store.api.ok("GET", `/v1/orders/${order.id}/refund_requests`);
    assert.equal(data.length, 1);
  });

  test("that does not fit says so at the field and keeps what was typed", async () => {
    const order = await paidOrder();
    for (const [fields, message] of [
      [{ what: "items", reason: "Damaged <b>" }, "Choose at least one item."],
      [{ what: "items", "item-0": "3", reason: "Damaged <b>" }, "There are not that many left."],
      [{ what: "items", "item-0": "-1", reason: "Damaged <b>" }, "Write how many as a whole"],
      [{ what: "whole", reason: " " }, "Say in a few words"],
      [{ what: "whole", reason: "x".repeat(501) }, "Say in a few words"],
    ]) {
      const answer = await ask(order, fields);
      assert.equal(answer.status, 422, JSON.stringify(fields));
      assert.ok(answer.text.includes(message), message);
      assert.match(answer.text, /aria-invalid="true"/);
      if (fields.reason.includes("<b>")) assert.match(answer.text, /Damaged &#60;b&#62;<\/textarea>/);
    }
    const { data } = await store.api.ok("GET", `/v1/orders/${order.id}/refund_requests`);
    assert.deepEqual(data, []);
  });

  test("is not offered before a payment, and refused", async () => {
    const order = await store.makeOrder();
    assert.ok(!(await shown(order)).includes('id="ask"'));
    const answer = await ask(order, { what: "whole", reason: "Changed my mind" });
    assert.equal(answer.status, 409);
    assert.match(answer.text, /nothing left to give back/);
  });

  test("needs the token, a form, and POST", async () => {
    const order = await paidOrder();
    const path = `/orders/${order.client_token}/refund`;
    assert.equal((await submit(`${path.replace(/.{3}\/refund/, "000/refund")}`, {})).status, 404);
    const json = await page(path, { method: "POST", body: "{}",
      headers: { "content-type": "application/json" } });
    assert.equal(json.status, 400);
    assert.equal((await page(path)).status, 405);
    const large = await submit(path, { reason: "x".repeat(20_000) });
    assert.equal(large.status, 413);
  });
});

test("a parcel is shown with the way to follow it", async () => {
  const order = await paidOrder();
  await store.api.ok("POST", `/v1/orders/${order.id}/ship`, { carrier: "Harbour Post",
    number: "HP9", url: "https://post.example/HP9", items: [{ index: 1, quantity: 1 }] });
  const text = await shown(order);
  for (const part of ["On its way", "Sent with Harbour Post", "Number HP9",
    'href="https://post.example/HP9"', "In it: 1 × Pot"]) {
    assert.ok(text.includes(part), part);
  }
});

describe("finding one's orders", () => {
  test("by a link that works once, for the address alone", async () => {
    const inbox = new Inbox();
    const [first, second] = [await paidOrder(inbox, { merchant_reference: "LT-1" }),
      await store.makeOrder({ shopper: { email: inbox.address.toUpperCase() } })];
    await paidOrder(new Inbox(), { merchant_reference: "LT-2" });
    const answer = await submit(`/orders/find/${store.id}`, { email: inbox.address });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /Look into your mailbox/);
    const { text } = await inbox.find("Your orders at");
    const [, path] = new RegExp(`${at.causeway}(/orders/link/\\S+)`).exec(text);
    // A program that looks through mail opens it, and uses nothing.
    for (const _ of [1, 2]) assert.match((await page(path)).text, /Show my orders/);
    const used = await submit(path, {});
    assert.equal(used.status, 303);
    const list = await page(used.headers.get("location"));
    assert.equal(list.status, 200);
    assert.ok(list.text.includes(`/orders/${first.client_token}?locale=en`));
    assert.ok(list.text.includes(`/orders/${second.client_token}?locale=en`));
    assert.ok(list.text.includes("LT-1") && !list.text.includes("LT-2"));
    const again = await submit(path, {});
    assert.equal(again.status, 410);
    assert.match(again.text, /This link is used up/);
    assert.equal((await page(path.replace("/link/", "/mine/"))).status, 410, "not a list by itself");
  });

  test("answers the same where there are none, and sends nothing", async () => {
    const [known, unknown] = [new Inbox(), new Inbox()];
    await paidOrder(known);
    const path = `/orders/find/${store.id}`;
    const [one, other] = [await submit(path, { email: known.address }),
      await submit(path, { email: unknown.address })];
    assert.equal(one.status, other.status);
    assert.equal(one.text, other.text);
    await known.find("Your orders at");
    assert.deepEqual(await unknown.all(), []);
  });

  test("sends an address so many links and no more", async () => {
    const inbox = new Inbox();
    await paidOrder(inbox);
    for (let i = 0; i < 6; i += 1) {
      const answer = await submit(`/orders/find/${store.id}`, { email: inbox.address });
      assert.equal(answer.status, 200);
    }
    await inbox.find("Your orders at");
    // Other messages go on: what was refused before them will not come any more.
    await paidOrder(inbox, { merchant_reference: "LT-last" });
    await inbox.find("LT-last");
    const links = (await inbox.all()).filter(({ subject }) => subject.includes("Your orders"));
    assert.ok(links.length <= 3, `${links.length} links`);
  });

  test("keeps what was typed where it is no address", async () => {
    const answer = await submit(`/orders/find/${store.id}`, { email: "ada<" });
    assert.equal(answer.status, 422);
    assert.match(answer.text, /value="ada&#60;"/);
    assert.match(answer.text, /aria-invalid="true"/);
  });

  test("is not there for a store that is not, and takes no made-up link", async () => {
    assert.equal((await page(`/orders/find/${newStoreName()}`)).status, 404);
    assert.equal((await submit(`/orders/find/${newStoreName()}`, { email: "a@b.example" })).status,
      404);
    for (const kind of ["link", "mine"]) {
      assert.equal((await page(`/orders/${kind}/${store.id}_AAAA`)).status, 410, kind);
      assert.equal((await page(`/orders/${kind}/nothing`)).status, 404, kind);
    }
  });
});

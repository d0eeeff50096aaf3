// What people of the store do with orders: parcels, notes, refunds by item, payments confirmed by
// hand; and requests for refunds until the channel has settled them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deskOf } from "./desk-page.mjs";
import { Receiver } from "./receiver.mjs";
import { Shopper, reference } from "./shopper.mjs";
import { Store, newKey, owner, page, until, usd } from "./stack.mjs";

/** An order of two bags and a cup at 40.00, 4.00 taken off: the shopper paid 36.00 by card. */
const ITEMS = {
  items: [
    { name: "Longjing green tea", sku: "tea", quantity: 2, unit_price: usd("15.00") },
    { name: "Cup", sku: "cup", quantity: 1, unit_price: usd("10.00") },
  ],
  shipping: null,
  tax: null,
  discount: usd("4.00"),
  total: usd("36.00"),
};

/** A store of its own, because faults are a merchant's. */
async function sold({ pay = true } = {}) {
  const store = await Store.make({ channels: ["stripe", "alipay"] });
  const endpoint = await Receiver.start();
  await store.addEndpoint(endpoint);
  const order = await store.makeOrder(ITEMS);
  if (pay) {
    const snapshot = await new Shopper(order).pay("card");
    assert.equal(snapshot.state, "paid");
  }
  const post = (path, body, headers) =>
    store.owner.call("POST", `/v1/orders/${order.id}/${path}`, body, headers);
  const ask = (body) => store.api.ok("POST", `/v1/orders/${order.id}/refund_requests`, body);
  const decide = (request, how, body) =>
    store.api.call("POST", `/v1/refund_requests/${request.id}/${how}`, body);
  const request = ({ id }) => store.api.ok("GET", `/v1/refund_requests/${id}`);
  return { store, order, endpoint, post, ask, decide, request };
}

async function code(answering, status) {
  const answer = await answering;
  assert.equal(answer.status, status, answer.text);
  return answer.body.errors?.[0].code ?? answer.body.code;
}

describe("acts", { concurrency: 6 }, () => {
  test("a parcel is told to the shop once, and a note to nobody", async () => {
    const { store, order, endpoint, post } = await sold();
    const parcel = {
      carrier: "SF Express",
      number: "SF1",
      url: "https://carrier.example/SF1",
      items: [{ index: 0, quantity: 2 }],
    };
    assert.equal((await post("notes", { text: "Called.\nWants it soon." })).status, 200);
    const shipped = (await post("ship", parcel)).body;
    assert.equal((await post("ship", parcel)).body.version, shipped.version);
    assert.equal(shipped.shipments.length, 1);
    assert.equal(shipped.shipments[0].by.kind, "owner");
    assert.equal(shipped.notes[0].text, "Called.\nWants it soon.");
    const { data } = await endpoint.event("order.shipped", order.id);
    assert.equal(data.shipment.number, "SF1");
    assert.ok(!JSON.stringify(data).includes("Called"));
    const { data: listed } = await store.api.ok("GET", "/v1/orders");
    assert.deepEqual(listed[0].shipments, shipped.shipments);
    assert.equal(listed[0].notes, undefined);
    await endpoint.stop();
  });

  test("what does not fit is named by field", async () => {
    const { order, endpoint, post } = await sold();
    const parcel = { carrier: "SF", number: "1" };
    for (const [path, body, wanted] of [
      ["ship", { ...parcel, carrier: " " }, "length"],
      ["ship", { ...parcel, number: "1\n2" }, "control_character"],
      ["ship", { ...parcel, url: "javascript:alert(1)" }, "not_a_url"],
      ["ship", { ...parcel, items: [{ index: 2, quantity: 1 }] }, "no_such_item"],
      ["ship", { ...parcel, items: [{ index: 0, quantity: 3 }] }, "out_of_range"],
      ["notes", { text: "" }, "length"],
      ["notes", { text: "x".repeat(1001) }, "length"],
      ["confirm", { reason: "" }, "length"],
      ["refund_requests", { reason: "x", amount: usd("36.01") }, "refund_exceeds_captured"],
      ["refund_requests", { reason: "x", items: [{ index: 0, quantity: 0 }] }, "out_of_range"],
      ["refund_requests", {}, "wrong_form"],
    ]) {
      assert.equal(await code(post(path, body), 422), wanted, `${path} ${JSON.stringify(body)}`);
    }
    assert.equal(await code(post("confirm", { reason: "Bank" }), 409), "already_paid");
    assert.deepEqual(endpoint.types(order.id).filter((type) => type === "order.shipped"), []);
    await endpoint.stop();
  });

  test("items are given back once, at their part of what was paid", async () => {
    const { store, order, endpoint, post } = await sold();
    const body = { items: [{ index: 0, quantity: 1 }], reason: "Damaged" };
    const key = newKey();
    const refund = (await post("refunds", body, key)).body;
    // Of 40.00 less 4.00, three eighths.
    assert.deepEqual(refund.amount, usd("13.50"));
    assert.deepEqual(refund.items, body.items);
    assert.equal(refund.by.kind, "owner");
    assert.equal((await post("refunds", body, key)).body.id, refund.id);
    const other = { ...body, items: [{ index: 1, quantity: 1 }] };
    assert.equal(await code(post("refunds", other, key), 409), "idempotency_conflict");
    const twice = { ...body, items: [{ index: 0, quantity: 2 }] };
    assert.equal(await code(post("refunds", twice, newKey()), 422), "out_of_range");
    await store.orderWhere(order.id, "partly_refunded");
    const rest = (await post("refunds", { reason: "The rest" }, newKey())).body;
    assert.deepEqual(rest.amount, usd("22.50"));
    await store.orderWhere(order.id, "refunded");
    const books = await store.merchants.stripe.payment(reference(order));
    assert.equal(books.refunded_minor, 3600);
    await endpoint.stop();
  });

  test("a payment confirmed by hand says so for ever", async () => {
    const { store, order, endpoint, post } = await sold({ pay: false });
    const shopper = new Shopper(order);
    const key = store.api.call("POST", `/v1/orders/${order.id}/confirm`, { reason: "Bank" });
    assert.equal(await code(key, 403), "forbidden");
    const confirmed = (await post("confirm", { reason: "Bank transfer" })).body;
    assert.equal(confirmed.state, "paid");
    assert.deepEqual(confirmed.captured, order.total);
    assert.equal(confirmed.by_hand.by.kind, "owner");
    assert.equal((await post("confirm", { reason: "Bank transfer" })).body.version,
      confirmed.version);
    assert.equal(await code(post("confirm", { reason: "Another" }), 409), "already_paid");
    const { data } = await endpoint.event("order.paid", order.id);
    assert.equal(data.order.by_hand.reason, "Bank transfer");
    assert.equal((await shopper.status()).state, "paid");
    const receipt = (await page(`/orders/${order.client_token}`)).text;
    const payment = /aria-labelledby="payment">(.*?)<\/section>/s.exec(receipt)?.[1] ?? "";
    assert.match(payment, /Direct payment to the shop/);
    assert.match(payment, /<time datetime="2/);
    const html = await (await deskOf(store))(`orders/${order.id}`);
    assert.match(html, /Confirmed by hand by <strong>.+<\/strong>: Bank transfer/);
    const { data: acts } = await store.owner.ok("GET", `/v1/audit?target=${order.id}`);
    assert.deepEqual(acts[0].before, { captured: usd("0.00"), state: "created" });
    assert.deepEqual(acts[0].after, { captured: order.total, state: "paid" });
    assert.deepEqual(acts[0].data, { attempt: null, reason: "Bank transfer" });
    // No channel has the money: it goes back by hand too.
    const refund = (await post("refunds", { reason: "Sold out" }, newKey())).body;
    assert.equal(refund.state, "settled");
    const refunded = await store.order(order.id);
    assert.equal(refunded.state, "refunded");
    assert.equal(refunded.by_hand.reason, "Bank transfer");
    assert.equal((await store.merchants.stripe.books()).payments.length, 0);
    await endpoint.stop();
  });

  test("a channel's own proof of what was confirmed by hand is no second payment", async () => {
    const { store, endpoint, order, post } = await sold({ pay: false });
    await store.merchants.stripe.faults({ fault: "no_notice", times: "always" },
      { fault: "drop_answer", on: "create" });
    const snapshot = await new Shopper(order).pay("card");
    assert.equal(snapshot.state, "processing");
    const attempt = snapshot.attempt.id;
    const body = { attempt, reason: "Seen in the console" };
    assert.equal((await post("confirm", body)).body.state, "paid");
    const refund = (await post("refunds", { reason: "Broken" }, newKey())).body;
    assert.equal(refund.attempt, attempt);
    const refunded = await store.orderWhere(order.id, "refunded");
    assert.deepEqual(refunded.irregular, []);
    const books = await store.merchants.stripe.payment(reference(order));
    assert.deepEqual([books.captured_minor, books.refunded_minor], [3600, 3600]);
    await endpoint.stop();
  });
});

describe("the timeline", { concurrency: 4 }, () => {
  test("tells what happened, who did it, and no secret", async () => {
    const { store, order, endpoint, post } = await sold();
    await post("notes", { text: "Called" });
    await endpoint.event("order.paid", order.id);
    const path = `/v1/orders/${order.id}/timeline`;
    const settled = ({ data }) => data.deliveries.every(({ state }) => state === "delivered");
    const all = await until("the webhook's delivery", async () => {
      const { data } = await store.api.ok("GET", path);
      return data.filter(({ kind }) => kind === "webhook").every(settled) && data;
    });
    const codes = all.map(({ code }) => code);
    for (const code of ["order.created", "attempt.started", "channel.request", "channel.answer",
      "attempt.paid", "order.paid", "act.note"]) {
      assert.ok(codes.includes(code), `${code}: ${codes}`);
    }
    assert.equal(codes[0], "order.created");
    const note = all.find(({ code }) => code === "act.note");
    assert.deepEqual([note.actor.kind, note.data.text], ["owner", "Called"]);
    const started = all.find(({ code }) => code === "attempt.started");
    assert.equal(started.actor.kind, "shopper");
    const [sent, answer] = ["message_sent", "message_received"]
      .map((kind) => all.find((entry) => entry.kind === kind).data);
    assert.match(sent.line, /^POST \/v1\/payment_intents/);
    assert.equal(answer.status, 200);
    assert.equal(answer.fields.status, "succeeded");
    const text = JSON.stringify(all);
    for (const secret of ["4242424242424242", "client_secret", "sk_test", "Bearer"]) {
      assert.ok(!text.includes(secret), secret);
    }
    const other = await Store.make();
    await other.api.refused(404, "GET", path);
    await owner(store.id, "live").refused(404, "GET", path);
    await endpoint.stop();
  });

  test("tells of notices and refusals of other channels too", async () => {
    const { store, order, endpoint } = await sold({ pay: false });
    const yuan = await store.makeOrder(inYuan());
    const shopper = new Shopper(yuan);
    await shopper.follow(await shopper.pay("alipay"));
    await store.merchants.alipay.press(reference(yuan), "pay");
    await store.orderWhere(yuan.id, "paid");
    const { data } = await store.api.ok("GET", `/v1/orders/${yuan.id}/timeline`);
    const told = data.filter(({ kind }) => ["notice", "query"].includes(kind));
    assert.ok(told.length > 0, JSON.stringify(data));
    const fields = data.flatMap((entry) => Object.keys(entry.data.fields ?? {}));
    assert.ok(fields.some((name) => name.endsWith("out_trade_no")), fields.join());
    assert.ok(fields.every((name) => !/sign|buyer|app_id/.test(name)), fields.join());
    assert.equal((await store.order(order.id)).state, "created");
    await endpoint.stop();
  });
});

/** The same prices in renminbi. */
function inYuan() {
  const yuan = JSON.stringify(ITEMS).replaceAll("USD", "CNY");
  return JSON.parse(yuan);
}

describe("requests for refunds", { concurrency: 6 }, () => {
  test("wait in a queue until they are approved and settled", async () => {
    const { store, order, endpoint, ask, decide, request } = await sold();
    const asked = await ask({ items: [{ index: 1, quantity: 1 }], reason: "Too small" });
    assert.deepEqual(asked.amount, usd("9.00"));
    assert.equal(asked.state, "open");
    assert.equal((await ask({ items: [{ index: 1, quantity: 1 }], reason: "Too small" })).id,
      asked.id);
    const other = store.api.call("POST", `/v1/orders/${order.id}/refund_requests`,
      { reason: "All" });
    assert.equal(await code(other, 409), "request_open");
    const queue = await store.api.ok("GET", "/v1/refund_requests?state=open");
    assert.deepEqual(queue.data, [asked]);
    const approved = (await decide(asked, "approve")).body;
    assert.ok(["approved", "settled"].includes(approved.state));
    await endpoint.event("refund.settled", order.id);
    const settled = await request(asked);
    assert.equal(settled.state, "settled");
    assert.equal((await decide(asked, "approve")).body.refund, settled.refund);
    const { refunds } = await store.order(order.id);
    assert.deepEqual(refunds.map(({ id, request: of }) => [id, of]), [[settled.refund, asked.id]]);
    const created = await endpoint.event("refund_request.created", order.id);
    assert.deepEqual(created.data.refund_request, asked);
    await endpoint.event("refund_request.approved", order.id);
    assert.deepEqual((await store.api.ok("GET", "/v1/refund_requests?state=open")).data, []);
    const { data: own } = await store.api.ok("GET", `/v1/orders/${order.id}/refund_requests`);
    assert.deepEqual(own, [settled]);
    await endpoint.stop();
  });

  test("come back with the reason when the channel refuses, and can be approved again", async () => {
    const { store, order, endpoint, ask, decide, request } = await sold();
    await store.merchants.stripe.faults({ fault: "refuse", on: "refund", code: "charge_disputed" });
    const asked = await ask({ amount: usd("10.00"), reason: "Broken" });
    const refused = (await decide(asked, "approve")).body;
    assert.equal(refused.state, "refused");
    assert.equal(refused.decline.channel_code, "charge_disputed");
    await endpoint.event("refund_request.refused", order.id);
    await decide(asked, "approve", { amount: usd("8.00") });
    await store.orderWhere(order.id, "partly_refunded");
    const settled = await request(asked);
    assert.deepEqual([settled.state, settled.amount, settled.decline],
      ["settled", usd("8.00"), null]);
    assert.notEqual(settled.refund, refused.refund);
    await endpoint.stop();
  });

  test("are declined with an explanation", async () => {
    const { order, endpoint, ask, decide } = await sold();
    const asked = await ask({ reason: "Changed my mind" });
    assert.equal(await code(decide(asked, "decline", { explanation: " " }), 422), "length");
    const declined = (await decide(asked, "decline", { explanation: "已拆封" })).body;
    assert.deepEqual([declined.state, declined.explanation], ["declined", "已拆封"]);
    assert.equal(await code(decide(asked, "approve"), 409), "request_decided");
    const told = await endpoint.event("refund_request.declined", order.id);
    assert.equal(told.data.refund_request.explanation, "已拆封");
    assert.equal((await ask({ reason: "Changed my mind" })).state, "open");
    await endpoint.stop();
  });

  test("are merged from all tills, newest first, page by page", async () => {
    const store = await Store.make({ channels: ["stripe"], profile: { tills: 3 } });
    const ids = [];
    for (let n = 0; n < 5; n += 1) {
      const order = await store.makeOrder(ITEMS);
      await new Shopper(order).pay("card");
      const path = `/v1/orders/${order.id}/refund_requests`;
      ids.unshift((await store.api.ok("POST", path, { reason: "x" })).id);
    }
    const listed = [];
    let cursor = "";
    do {
      const page = await store.api.ok("GET", `/v1/refund_requests?limit=2${cursor}`);
      listed.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor && `&cursor=${page.next_cursor}`;
    } while (cursor);
    assert.deepEqual(listed, ids);
    const { code: bad } = await store.api.refused(400, "GET", "/v1/refund_requests?state=new");
    assert.equal(bad, "bad_state");
  });

  test("are nothing to another store, nor to the other mode", async () => {
    const { store, endpoint, ask } = await sold();
    const asked = await ask({ reason: "Broken" });
    const other = await Store.make();
    const live = owner(store.id, "live");
    const unknown = { id: `rrq_${"7".repeat(26)}` };
    for (const [client, { id }] of [[other.api, asked], [live, asked], [store.api, unknown]]) {
      await client.refused(404, "GET", `/v1/refund_requests/${id}`);
      await client.refused(404, "POST", `/v1/refund_requests/${id}/approve`);
      await client.refused(404, "POST", `/v1/refund_requests/${id}/decline`,
        { explanation: "x" });
    }
    assert.deepEqual((await live.ok("GET", "/v1/refund_requests")).data, []);
    await endpoint.stop();
  });
});

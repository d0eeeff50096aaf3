// The demo shop believes verified webhooks, and nothing else.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CART_ID, basket, paidEvent, signed, startShop } from "./setup.mjs";

describe("webhooks", () => {
  let shop;
  let orderId;
  before(async () => {
    shop = await startShop();
    const placed = await shop.post("/api/orders", basket(), { "idempotency-key": CART_ID });
    orderId = placed.body.order.id;
  });
  after(() => shop.close());

  const events = async () => (await shop.ask("/api/events")).body.data;
  const known = async () => (await shop.ask(`/api/orders/${orderId}`)).body;

  const forgeries = {
    "a wrong signature": () =>
      signed(paidEvent(orderId), { secret: `whsec_${Buffer.alloc(32, 8).toString("base64")}` }),
    "a timestamp ten minutes old": () =>
      signed(paidEvent(orderId), { at: new Date(Date.now() - 600_000) }),
    "a timestamp ten minutes ahead": () =>
      signed(paidEvent(orderId), { at: new Date(Date.now() + 600_000) }),
    "a body changed on the way": () => {
      const [body, headers] = signed(paidEvent(orderId));
      return [body.replace("60.50", "60.51"), headers];
    },
    "the id of another message": () => {
      const [body, headers] = signed(paidEvent(orderId));
      return [body, { ...headers, "webhook-id": "msg_2" }];
    },
    "no signature at all": () => [JSON.stringify(paidEvent(orderId)), {}],
  };
  for (const [what, make] of Object.entries(forgeries)) {
    test(`${what} is refused and changes nothing`, async () => {
      const answer = await shop.post("/webhooks", ...make());
      assert.equal(answer.status, 401);
      assert.match(answer.body.detail, /not believed/);
      assert.deepEqual(await events(), []);
      assert.equal((await known()).state, "created");
    });
  }

  test("a body that is too large is refused", async () => {
    const [body, headers] = signed({ type: "order.paid", filler: "x".repeat(300 * 1024) });
    assert.equal((await shop.post("/webhooks", body, headers)).status, 413);
  });

  test("a true one is shown once, however often it comes", async () => {
    for (const duplicate of [false, true, true]) {
      const answer = await shop.post(
        "/webhooks",
        ...signed(paidEvent(orderId), { id: "msg_paid" }),
      );
      assert.equal(answer.status, 200);
      assert.equal(answer.body.duplicate, duplicate);
    }
    const shown = await events();
    assert.equal(shown.length, 1);
    assert.equal(shown[0].type, "order.paid");
    assert.equal(shown[0].times_received, 3);
    assert.deepEqual(shown[0].body, paidEvent(orderId));
    assert.equal((await known()).state, "paid");
  });

  test("an older one that arrives late does not turn the order back", async () => {
    const late = paidEvent(orderId, { state: "processing", version: 3 });
    const answer = await shop.post(
      "/webhooks",
      ...signed({ ...late, type: "order.payment_failed" }, { id: "msg_late" }),
    );
    assert.equal(answer.status, 200);
    const { state, history } = await known();
    assert.equal(state, "paid");
    assert.deepEqual(
      history.map(({ type }) => type),
      ["order.payment_failed", "order.paid"],
    );
    assert.equal((await events()).length, 2);
  });

  test("what the shopper sees of the order holds nothing personal", async () => {
    const { text } = await shop.ask(`/api/orders/${orderId}`);
    assert.doesNotMatch(text, /ada@example|Ada Martin|Quay Street/);
  });

  test("number and email address find the order, in any case; wrong ones do not", async () => {
    const find = (reference, email) => shop.post("/api/orders/find", { reference, email });
    assert.equal((await find("lt-0f8fad5bd9 ", "ADA@example.com")).body.id, orderId);
    assert.equal((await find("LT-0F8FAD5BD9", "eve@example.com")).status, 404);
    assert.equal((await find("LT-0000000000", "ada@example.com")).status, 404);
    assert.equal((await shop.post("/api/orders/find", {})).status, 422);
  });

  test("an order that only webhooks told of (no-server page) is known too", async () => {
    const id = "01J11111111111111111111111";
    await shop.post("/webhooks", ...signed(paidEvent(id), { id: "msg_other" }));
    assert.equal((await shop.ask(`/api/orders/${id}`)).body.state, "paid");
  });

  test("keeps the newest 500", async () => {
    for (let number = 0; number < 501; number += 1) {
      await shop.post(
        "/webhooks",
        ...signed({ type: "test", number }, { id: `msg_many_${number}` }),
      );
    }
    const shown = await events();
    assert.equal(shown.length, 500);
    assert.equal(shown[0].body.number, 500);
    assert.equal(shown[499].body.number, 1);
  });
});

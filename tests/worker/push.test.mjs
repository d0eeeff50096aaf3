// The frame learns of a change by a socket: the snapshot at once, then one at each change.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { CARDS } from "./seal.mjs";
import { Shopper, framePath, reference } from "./shopper.mjs";
import { Store, at, contract, until } from "./stack.mjs";

let store;
const sockets = [];

before(async () => {
  store = await Store.make({ channels: ["stripe", "wechat_pay"] });
});
after(() => sockets.forEach((socket) => socket.terminate()));

/** The snapshot as it is pushed has no methods: they depend on the device. */
const { required, ...snapshot } = contract.document.components.schemas.Snapshot;
const PUSHED = { ...snapshot, required: required.filter((name) => name !== "methods") };

/** Opens a socket: `{socket, messages}`, or `{status}` where it is refused. */
function watch(token, { origin } = {}) {
  const url = `${at.causeway.replace(/^http/, "ws")}${framePath(token)}/status`;
  const socket = new WebSocket(url, origin ? { origin } : {});
  sockets.push(socket);
  const messages = [];
  socket.on("message", (data) => messages.push(data.toString()));
  return new Promise((done, failed) => {
    socket.on("open", () => done({ socket, messages }));
    socket.on("unexpected-response", (_, answer) => done({ status: answer.statusCode }));
    socket.on("error", failed);
  });
}

/** Waits for a snapshot in this state. */
async function snapshotIn(messages, state) {
  const found = await until(`a pushed ${state}`, () => messages
    .filter((text) => text !== "pong")
    .map((text) => JSON.parse(text))
    .find((one) => one.state === state));
  contract.checkAgainst("pushed snapshot", PUSHED, found);
  return found;
}

describe("a socket", { concurrency: 6 }, () => {
  test("shows the order at once, then each change", async () => {
    const order = await store.makeOrder({ currency: "CNY" });
    const { messages } = await watch(order.client_token);
    const first = await snapshotIn(messages, "created");
    assert.equal(first.attempt, null);
    const shopper = new Shopper(order);
    const asked = await shopper.pay("wechat_pay");
    const open = await snapshotIn(messages, "requires_action");
    assert.deepEqual(open.attempt, asked.attempt);
    await store.merchants.wechat_pay.press(reference(order), "pay");
    const paid = await snapshotIn(messages, "paid");
    assert.deepEqual(paid.captured, order.total);
    const versions = messages.map((text) => JSON.parse(text).version);
    assert.deepEqual(versions, versions.toSorted((a, b) => a - b));
  });

  test("tells every tab, and none of another order", async () => {
    const [order, other] = [await store.makeOrder(), await store.makeOrder()];
    const tabs = await Promise.all([1, 2, 3].map(() => watch(order.client_token)));
    const stranger = await watch(other.client_token);
    await new Shopper(order).pay("card", { card: CARDS.paid });
    for (const { messages } of tabs) await snapshotIn(messages, "paid");
    assert.equal(stranger.messages.length, 1);
    assert.equal(JSON.parse(stranger.messages[0]).state, "created");
  });

  test("answers ping with pong, and takes nothing else", async () => {
    const order = await store.makeOrder();
    const { socket, messages } = await watch(order.client_token);
    socket.send("ping");
    await until("pong", () => messages.includes("pong"));
    const closed = new Promise((done) => { socket.on("close", done); });
    socket.send(JSON.stringify({ type: "pay" }));
    assert.equal(await closed, 1008);
    assert.equal(messages.filter((text) => text !== "pong").length, 1);
    assert.equal((await store.order(order.id)).version, 1);
  });

  test("is opened for the frame's own origin alone", async () => {
    const order = await store.makeOrder();
    const own = await watch(order.client_token, { origin: at.causeway });
    await snapshotIn(own.messages, "created");
    for (const origin of ["https://shop.example", "null", `${at.causeway}.evil.example`]) {
      assert.equal((await watch(order.client_token, { origin })).status, 403, origin);
    }
  });

  test("is not opened for a false token", async () => {
    const order = await store.makeOrder();
    const token = order.client_token.slice(0, -1) + (order.client_token.endsWith("0") ? "1" : "0");
    assert.equal((await watch(token)).status, 404);
  });

  test("finds room for twenty of an order", async () => {
    const order = await store.makeOrder();
    const many = await Promise.all(Array.from({ length: 20 }, () => watch(order.client_token)));
    assert.ok(many.every(({ socket }) => socket));
    assert.equal((await watch(order.client_token)).status, 429);
    assert.equal((await new Shopper(order).status()).state, "created");
  });

  test("that the shopper closes disturbs nobody", async () => {
    const order = await store.makeOrder();
    const [leaving, staying] = [await watch(order.client_token), await watch(order.client_token)];
    const closed = new Promise((done) => leaving.socket.on("close", done));
    leaving.socket.close();
    await closed;
    await new Shopper(order).pay("card");
    await snapshotIn(staying.messages, "paid");
  });
});

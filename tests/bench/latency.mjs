// How long single payments wait for us, one at a time on a machine that does nothing else.

import WebSocket from "ws";
import { Connection } from "./client.mjs";
import { WAYS } from "./ways.mjs";

const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 100);

/** Numbers of orders that no driver uses. */
let orders = 1_000_000;

async function send(connection, { method = "POST", path, headers, body }) {
  const answer = await connection.exchange(method, path, headers, body);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return answer.body;
}

async function create(connection, contender, way) {
  orders += 1;
  return contender.created(await send(connection, contender.create(way, orders)), orders);
}

/** Milliseconds of an attempt that the channel did not take: what a contender adds to its call. */
export async function addedMs(contender, gateway, way) {
  const connection = await Connection.open(contender.url);
  gateway.freshen();
  const samples = [];
  for (let i = 0; i < SAMPLES; i += 1) {
    const order = await create(connection, contender, way);
    const request = await contender.attempt(way, order);
    const began_ms = performance.now();
    gateway.calls = 0;
    await send(connection, request);
    const took_ms = performance.now() - began_ms;
    if (gateway.calls !== 1) throw new Error(`${gateway.calls} calls to the channel`);
    samples.push(took_ms - gateway.callTook_ms);
  }
  connection.close();
  return samples;
}

/**
 * Milliseconds until an order is not there: one of `other`, another store, and one that nobody has.
 * If they differed, ids of others could be told from words that were made up.
 */
export async function missingMs(ours, other) {
  const connection = await Connection.open(ours.url);
  const authorization = `Bearer ${ours.key}`;
  const samples = { other: [], nobody: [] };
  for (let i = 0; i < SAMPLES; i += 1) {
    const { id } = await create(connection, other, "stripe");
    const none = id.slice(0, -4) + (id.endsWith("0000") ? "1111" : "0000");
    const asked = [["other", id], ["nobody", none]];
    for (const [whose, path] of i % 2 === 0 ? asked : asked.reverse()) {
      const began_ms = performance.now();
      const { status } = await connection.exchange("GET", `/v1/orders/${path}`, { authorization });
      samples[whose].push(performance.now() - began_ms);
      if (status !== 404) throw new Error(`${path}: ${status}`);
    }
  }
  connection.close();
  return samples;
}

/** Milliseconds from a paid notice to the snapshot on the shopper's WebSocket. */
export async function pushedMs(ours, gateway, way) {
  const connection = await Connection.open(ours.url);
  gateway.freshen();
  const samples = [];
  for (let i = 0; i < SAMPLES; i += 1) {
    const order = await create(connection, ours, way);
    await send(connection, await ours.attempt(way, order));
    const url = `${ours.url.replace("http", "ws")}/checkout/${order.token}/status`;
    const socket = new WebSocket(url, { origin: ours.url });
    await new Promise((done, failed) => socket.once("message", done).once("error", failed));
    const paid = new Promise((done) => {
      socket.on("message", (text) => JSON.parse(text).state === "paid" && done());
    });
    const path = ours.noticePath(way);
    const notice = { path, ...WAYS[way].notice(order.reference, gateway) };
    const began_ms = performance.now();
    const answered = send(connection, notice);
    await paid;
    samples.push(performance.now() - began_ms);
    await answered;
    socket.terminate();
  }
  connection.close();
  return samples;
}

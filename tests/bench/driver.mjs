// Drives payments through a contender, phase by phase: what has to be sealed or signed for the next
// phase is made in between, while no clock runs.

import { Webhook } from "standardwebhooks";
import { Connection } from "./client.mjs";
import { restingCpuMs } from "./processes.mjs";
import { WAYS } from "./ways.mjs";

/** Exchanges that are under way at once. */
const PARALLEL = 16;

/** Each order of the process has its own number. */
let orders = 0;

/** A contender, driven. */
export class Driver {
  constructor(contender, gateway) {
    this.contender = contender;
    this.gateway = gateway;
  }

  /**
   * Makes `count` payments in a way; `pages` has each shopper open the page, which is measured
   * beside the sums, and `between` is called after each phase. Resolves to
   * `{count, wall_ms, cpu_ms, driver_ms, phases}`: the sums over create, attempt and notice,
   * webhooks included, and each phase by itself.
   */
  async payments(way, count, { pages = false, between = () => {} } = {}) {
    const { contender, gateway } = this;
    gateway.freshen();
    gateway.begin();
    const { told, notice } = WAYS[way];
    const phases = {};
    const numbers = Array.from({ length: count }, () => (orders += 1));
    const creates = numbers.map((number) => contender.create(way, number));
    const made = [];
    phases.create = await this.#phase(creates, 0, (body, i) => {
      made[i] = contender.created(body, numbers[i]);
    });
    await between("create");
    if (pages) phases.page = await this.#phase(made.map((order) => contender.page(order)), 0);
    const attempts = [];
    for (const order of made) attempts.push(await contender.attempt(way, order));
    phases.attempt = await this.#phase(attempts, told === "attempt" ? count : 0);
    await between("attempt");
    const notices = made.map((order) => (
      { path: contender.noticePath(way, order), ...notice(order.reference, gateway) }));
    phases.notice = await this.#phase(notices, told === "notice" ? count : 0);
    await between("notice");
    this.#check(count);
    const sum = (name) =>
      phases.create[name] + phases.attempt[name] + phases.notice[name];
    return { count, phases, wall_ms: sum("wall_ms"), cpu_ms: sum("cpu_ms"),
      driver_ms: sum("driver_ms") };
  }

  /** Sends requests, so many at once, and waits for the webhooks that follow from them. */
  async #phase(requests, webhooks, take = () => {}) {
    const { pid, url } = this.contender;
    const cpu_ms = await restingCpuMs(pid);
    // Fresh ones: the server closes those that wait while the next phase is prepared.
    const connections = await Promise.all(
      Array.from({ length: PARALLEL }, () => Connection.open(url)),
    );
    const own = process.cpuUsage();
    const began_ms = performance.now();
    let next = 0;
    const run = async (connection) => {
      while (next < requests.length) {
        const index = next;
        next += 1;
        const { method = "POST", path, headers, body } = requests[index];
        const answer = await connection.exchange(method, path, headers, body);
        if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body}`);
        take(answer.body, index);
      }
    };
    await Promise.all(connections.map(run));
    if (webhooks) await this.gateway.received(webhooks);
    const wall_ms = performance.now() - began_ms;
    const { user, system } = process.cpuUsage(own);
    connections.forEach((connection) => connection.close());
    return { wall_ms, driver_ms: (user + system) / 1000, cpu_ms: await restingCpuMs(pid) - cpu_ms };
  }

  /** Every order's webhook came once, and each is signed as the shop expects. */
  #check(count) {
    const { webhooks } = this.gateway;
    const verifier = new Webhook(this.contender.webhookSecret);
    const ids = new Set();
    for (const { headers, body } of webhooks) {
      const { type } = verifier.verify(body, headers);
      if (type !== "order.paid") throw new Error(`The shop was told of ${type}.`);
      ids.add(headers["webhook-id"]);
    }
    if (webhooks.length !== count || ids.size !== count) {
      throw new Error(`${count} payments, ${webhooks.length} webhooks, ${ids.size} of them new.`);
    }
  }
}

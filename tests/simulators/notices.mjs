/**
 * Sending notices to a merchant: order, retries, and the faults that concern them.
 *
 * A channel hands over what to send as functions, because a notice is signed afresh at every try,
 * as the real gateways do it. An API answer never waits for a notice.
 */
import { wait } from './common.mjs';

/** How long a receiver has to answer, in milliseconds (WeChat Pay allows 5 s). */
const RECEIVER_TIMEOUT_MS = 5000;

/** Longest part of a receiver's answer that the books keep, in characters. */
const MAX_KEPT_ANSWER = 2000;

/**
 * @typedef {object} Spec what a channel wants to tell
 * @property {string} kind such as `payment_intent.succeeded` or `TRANSACTION.SUCCESS`
 * @property {string} paymentId notices of one payment leave one after the other
 * @property {string} url where to
 * @property {(options: Options) => {headers: object, body: string}} build makes one request
 * @property {(status: number, body: string) => boolean} isAcknowledged
 *
 * @typedef {object} Options
 * @property {boolean} forged sign with a key that is not the channel's
 * @property {boolean} wrongAmount state another amount than the books
 * @property {number} skewSeconds how far signed timestamps are off
 * @property {boolean} probe WeChat Pay's signature probe
 */

/** The notices of one merchant. */
export class Notices {
  #faults;
  #settings;
  #held = [];
  #pending = new Set();
  #tails = new Map();
  #closing = new AbortController();
  #count = 0;

  /** Every notice, with each try and the receiver's answer; oldest first. */
  log = [];

  /** `settings` is read at each delivery: `{notice_tries, notice_interval_ms}`. */
  constructor(faults, settings) {
    this.#faults = faults;
    this.#settings = settings;
  }

  /** Sends a notice soon, or holds or withholds it if a fault says so. Returns at once. */
  send(spec) {
    const entry = this.#record(spec, {});
    if (this.#faults.take('no_notice', 'notice')) {
      entry.withheld = true;
      return;
    }
    const job = {
      spec,
      entry,
      delayMs: this.#faults.take('delay', 'notice')?.ms ?? 0,
      copies: this.#faults.take('duplicate_notice', 'notice') ? 3 : 1,
      forgery: this.#faults.take('forged_notice', 'notice')
        ? this.#record(spec, { forged: true }) : null,
      options: {
        forged: false,
        wrongAmount: this.#faults.take('wrong_amount', 'notice') !== undefined,
        skewSeconds: this.#faults.take('clock_skew', 'notice')?.seconds ?? 0,
      },
    };
    if (this.#faults.take('reorder_notices', 'notice')) {
      entry.held = true;
      this.#held.push(job);
      if (this.#held.length >= 2) this.release();
      return;
    }
    this.#enqueue(job, spec.paymentId);
  }

  /** Sends a notice that only a forger would send: nothing in the books agrees with it. */
  sendForgery(spec) {
    const entry = this.#record(spec, { forged: true });
    this.#enqueue({ spec, entry, delayMs: 0, copies: 1, forgery: null, options: { forged: true } },
      spec.paymentId);
  }

  /** Lets held notices go, the last one first, each after the one before was answered. */
  release() {
    const jobs = this.#held.splice(0).reverse();
    for (const job of jobs) {
      job.entry.held = false;
      this.#enqueue(job, 'reordered');
    }
  }

  /** Resolves when no delivery is under way and none is held. */
  async flush() {
    this.release();
    await this.idle();
  }

  /** Resolves when no delivery is under way, to whether one was. */
  async idle() {
    const isBusy = this.#pending.size > 0;
    while (this.#pending.size > 0) await Promise.allSettled([...this.#pending]);
    return isBusy;
  }

  /**
   * Sends true notices once more, freshly signed: all of them, or the one with this id, or those
   * of this payment. Withheld notices go out too. Resolves when they were answered.
   */
  async redeliver({ notice, payment } = {}) {
    const chosen = this.log.filter((entry) => entry.spec && !entry.forged && !entry.redelivery_of
      && (notice === undefined || entry.id === notice)
      && (payment === undefined || entry.payment === payment));
    const again = chosen.map((original) => {
      const entry = this.#record(original.spec, { redelivery_of: original.id });
      const options = { forged: false, wrongAmount: false, skewSeconds: 0 };
      this.#enqueue({ spec: original.spec, entry, delayMs: 0, copies: 1, forgery: null, options },
        original.payment);
      return entry;
    });
    await this.idle();
    return again;
  }

  /** Stops everything; what was not delivered is lost. */
  close() {
    this.#closing.abort();
  }

  #record(spec, extra) {
    this.#count += 1;
    const entry = {
      id: `notice_${this.#count}`,
      kind: spec.kind,
      payment: spec.paymentId,
      url: spec.url,
      forged: false,
      acknowledged: false,
      tries: [],
      ...extra,
    };
    // Kept out of the JSON: it is code, and needed only to send the notice again.
    Object.defineProperty(entry, 'spec', { value: spec, enumerable: false });
    this.log.push(entry);
    return entry;
  }

  #enqueue(job, queue) {
    const before = this.#tails.get(queue) ?? Promise.resolve();
    const delivery = before.then(() => this.#run(job)).catch((error) => {
      job.entry.error = String(error);
    });
    this.#tails.set(queue, delivery);
    this.#pending.add(delivery);
    delivery.finally(() => this.#pending.delete(delivery));
  }

  async #run({ spec, entry, delayMs, copies, forgery, options }) {
    if (delayMs > 0) await wait(delayMs);
    if (forgery) await this.#try(spec, forgery, { ...options, forged: true });
    await Promise.all(Array.from({ length: copies }, () => this.#deliver(spec, entry, options)));
  }

  async #deliver(spec, entry, options) {
    for (let number = 1; ; number += 1) {
      const acknowledged = await this.#try(spec, entry, options);
      if (acknowledged || number >= this.#settings.notice_tries) return;
      if (this.#closing.signal.aborted) return;
      await wait(this.#settings.notice_interval_ms);
    }
  }

  async #try(spec, entry, options) {
    const probe = this.#faults.take('signature_probe', 'notice') !== undefined;
    const request = spec.build({ wrongAmount: false, skewSeconds: 0, ...options, probe });
    const attempt = { at: new Date().toISOString(), probe, request, status: null, body: null };
    entry.tries.push(attempt);
    try {
      const response = await fetch(spec.url, {
        method: 'POST',
        redirect: 'manual',
        ...request,
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(RECEIVER_TIMEOUT_MS)]),
      });
      attempt.status = response.status;
      attempt.body = (await response.text()).slice(0, MAX_KEPT_ANSWER);
    } catch (error) {
      attempt.error = String(error?.cause?.code ?? error?.name ?? error);
      return false;
    }
    const acknowledged = spec.isAcknowledged(attempt.status, attempt.body);
    if (acknowledged) entry.acknowledged = true;
    return acknowledged;
  }
}

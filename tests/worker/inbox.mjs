// The simulated mail service, as tests see it: an address of a test's own, and what came to it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { at, read, until } from "./stack.mjs";

/** How a store of a test sends its messages. */
export function mailSettings(changes = {}) {
  return { kind: "http", shape: "resend", url: `${at.mail}/emails`, key: "re_test",
    from: "orders@tea.example", ...changes };
}

/** An address that nobody has used. */
export class Inbox {
  address = `ada.${randomBytes(6).toString("hex")}@example.com`;

  /** All messages that came, oldest first. */
  async all() {
    const { body } = await read(`${at.mail}/_sim/messages?to=${encodeURIComponent(this.address)}`);
    return body;
  }

  /** Waits for the message whose subject has this, and returns it. */
  async find(part, options) {
    const probe = async () => (await this.all()).find(({ subject }) => subject.includes(part));
    return until(`a message about ${part}`, probe, options);
  }

  /** What goes wrong with the next messages to this address. */
  async faults(...list) {
    const body = JSON.stringify(list.map((fault) => ({ to: this.address, ...fault })));
    const answer = await read(`${at.mail}/_sim/faults`, { method: "PUT", body });
    assert.equal(answer.status, 200);
  }
}

/**
 * Saves what the simulators know to a file and reads it back (`--state FILE`), so that a restarted
 * `cargo xtask start` meets the merchants and payments that its worker remembers.
 *
 * Saved: messages, and merchants with their keys, settings, payments and idempotency records. Not saved: faults,
 * request logs, and notices, of which undelivered ones are lost. The keys are worth nothing; the
 * file is readable by its owner only nevertheless.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** How long changes are gathered before they are written, in milliseconds. */
const SAVE_AFTER_MS = 200;

/** The file's layout; a file of another version is not read. */
const VERSION = 1;

/** Connects simulators with a file. */
export class State {
  #file;
  #simulators;

  #mail;

  #timer = null;

  /** Reads the file if it is there, and saves to it after every change. */
  constructor(file, simulators, mail) {
    this.#file = file;
    this.#simulators = simulators;
    this.#mail = mail;
    this.#load();
    for (const simulator of [...simulators, mail]) simulator.changed = () => this.#schedule();
  }

  /** Writes now. A half-written file can never be read: it is renamed into place. */
  save() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const channels = Object.fromEntries(this.#simulators.map(({ channel, merchants }) => [
      channel, [...merchants.values()].map(({ data }) => data),
    ]));
    const draft = `${this.#file}.tmp`;
    writeFileSync(draft, JSON.stringify({ version: VERSION, channels, mail: this.#mail.data }), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  #schedule() {
    this.#timer ??= setTimeout(() => this.save(), SAVE_AFTER_MS).unref();
  }

  #load() {
    let text;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (error.code === 'ENOENT') return;
      throw error;
    }
    const saved = JSON.parse(text);
    if (saved.version !== VERSION) throw new Error(`${this.#file} is of another version.`);
    this.#mail.restore(saved.mail ?? []);
    for (const simulator of this.#simulators) {
      for (const data of saved.channels[simulator.channel] ?? []) simulator.addMerchant(data);
    }
  }
}

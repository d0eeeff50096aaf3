// Chromium over its debugging pipe. Playwright gives no session of a cross-site frame before the
// frame's page is asked for; here a new frame stands still until it is under the same conditions
// as the page round it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { launchOptions } from "../src/suites/chromium.mjs";

/** How often is looked whether it rests, and how often in a row it has to. */
const LOOK_MS = 100;
const QUIET_LOOKS = 3;
/** What a Chromium at rest may take between two looks; its system counts in tens. */
const IDLE_MS = 10;
/** How long it may take to come to rest. */
const SETTLE_LIMIT_MS = 30_000;

/** A running Chromium. */
export class Chromium {
  #process;
  #pipe;
  #folder;
  #last = 0;
  #calls = new Map(); // id → {done, fail, method}
  #sessions = new Map(); // session id → listener of its events

  /** Starts it. Nothing but this machine's own servers can be reached from it. */
  static async launch() {
    const browser = new Chromium();
    const { executablePath, args } = launchOptions();
    browser.#folder = await mkdtemp(join(tmpdir(), "causeway-bench-"));
    const own = [
      "--headless",
      "--hide-scrollbars",
      "--mute-audio",
      "--no-default-browser-check",
      "--disable-extensions",
      // The figures are of pages in front, which is what a shopper sees.
      "--disable-backgrounding-occluded-windows",
      "--disable-renderer-backgrounding",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, " +
        "EXCLUDE 127.0.0.1",
      `--user-data-dir=${browser.#folder}`,
      "--remote-debugging-pipe",
    ];
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
    const child = spawn(executablePath, [...args, ...own, "about:blank"], { stdio });
    browser.#process = child;
    browser.#pipe = child.stdio[3];
    browser.#read(child.stdio[4]);
    child.once("exit", () => browser.#failAll(new Error("Chromium ended")));
    await browser.send("Browser.getVersion");
    return browser;
  }

  /** Sends a command, to the browser itself or to a session. */
  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#last;
    this.#pipe.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((done, fail) => this.#calls.set(id, { done, fail, method }));
  }

  /** Has `hear(method, params)` hear the events of a session. */
  listen(sessionId, hear) {
    this.#sessions.set(sessionId, hear);
  }

  /** Hears a session no more. */
  forget(sessionId) {
    this.#sessions.delete(sessionId);
  }

  /**
   * Waits until it has nothing left to do. A window that opens has Chromium load pages of its own,
   * for its address bar, for a second; a shopper's window is open before the shop's page is.
   */
  async settle() {
    const end = performance.now() + SETTLE_LIMIT_MS;
    let before = await this.#worked();
    for (let quiet = 0; quiet < QUIET_LOOKS; ) {
      await sleep(LOOK_MS);
      const now = await this.#worked();
      quiet = now - before <= IDLE_MS ? quiet + 1 : 0;
      before = now;
      if (performance.now() > end) throw new Error("Chromium does not come to rest.");
    }
  }

  /** Ends it, and removes what it wrote. */
  async close() {
    const ended = once(this.#process, "exit");
    this.send("Browser.close").catch(() => {});
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The processor's time that its processes have taken, in milliseconds. */
  async #worked() {
    const { processInfo } = await this.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
  }

  #read(stream) {
    let parts = [];
    stream.on("data", (data) => {
      let begin = 0;
      for (let end; (end = data.indexOf(0, begin)) >= 0; begin = end + 1) {
        parts.push(data.subarray(begin, end));
        const message = JSON.parse(Buffer.concat(parts).toString());
        parts = [];
        this.#take(message);
      }
      if (begin < data.length) parts.push(data.subarray(begin));
    });
  }

  #take({ id, method, params, sessionId, result, error }) {
    if (id === undefined) {
      this.#sessions.get(sessionId)?.(method, params);
      return;
    }
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.fail(new Error(`${call.method}: ${error.message}`));
    else call?.done(result);
  }

  #failAll(error) {
    for (const { fail } of this.#calls.values()) fail(error);
    this.#calls.clear();
  }
}

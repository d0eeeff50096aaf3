// Everything that a browser leaves behind of a visit: what its pages keep, what they show, what
// they sent, and where they have been.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { launchOptions } from "../src/suites/chromium.mjs";
import { filesBelow } from "../worker/marks.mjs";
import { STEP_MS } from "./stack.mjs";

/** A browser with a profile on disk, whose traffic and pages are written down. */
export class Visit {
  /** What was sent and heard: `[{where, text}, …]`. */
  traffic = [];
  /** What pages kept and showed, each time it was looked at. */
  kept = [];
  #waiting = [];

  static async begin() {
    const visit = new Visit();
    visit.folder = mkdtempSync(join(tmpdir(), "causeway-profile-"));
    const options = { ...launchOptions(), locale: "en-US" };
    visit.context = await chromium.launchPersistentContext(visit.folder, options);
    visit.context.setDefaultTimeout(STEP_MS);
    visit.context.on("request", (request) => visit.#waiting.push(visit.#note(request)));
    visit.context.on("console", (message) => visit.#hear("console", message.text()));
    visit.context.on("weberror", (error) => visit.#hear("error", String(error.error())));
    visit.context.on("page", (page) => page.on("websocket", (socket) => {
      visit.#hear("socket", socket.url());
      for (const way of ["framesent", "framereceived"]) {
        socket.on(way, ({ payload }) => visit.#hear(`socket ${way}`, String(payload)));
      }
    }));
    return visit;
  }

  /** A page of this visit. */
  page() {
    return this.context.newPage();
  }

  /** Looks at what all frames of all pages keep and show now. */
  async look() {
    for (const page of this.context.pages()) {
      const session = await this.context.newCDPSession(page);
      const { entries } = await session.send("Page.getNavigationHistory");
      await session.detach();
      this.kept.push({ where: "history", text: JSON.stringify(entries) });
      for (const frame of page.frames()) {
        for (const [what, text] of Object.entries(await frame.evaluate(inventory))) {
          this.kept.push({ where: `${what} of ${frame.url()}`, text });
        }
      }
    }
    const state = JSON.stringify(await this.context.storageState({ indexedDB: true }));
    this.kept.push({ where: "storage", text: state });
  }

  /** Ends the browser and reads its profile: `[{where, text}, …]`. */
  async end() {
    await Promise.all(this.#waiting);
    await this.context.close();
    const files = filesBelow(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
    return files.map(({ path, bytes }) => ({ where: `profile ${path}`, text: bytes }));
  }

  async #note(request) {
    const headers = JSON.stringify(await request.allHeaders().catch(() => request.headers()));
    const body = request.postDataBuffer() ?? "";
    const text = Buffer.concat([Buffer.from(`${request.url()}\n${headers}\n`), Buffer.from(body)]);
    this.traffic.push({ where: `${request.method()} ${request.url()}`, text });
  }

  #hear(where, text) {
    this.traffic.push({ where, text });
  }
}

/** Runs inside a frame. */
async function inventory() {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const storage = (area) => JSON.stringify(Object.entries(area));
  // A page of `data:` or a sandboxed frame may keep nothing, and says so by throwing.
  const tried = async (work) => {
    try {
      return await work();
    } catch (error) {
      return `none: ${error.name}`;
    }
  };
  return {
    address: `${location.href} ${document.referrer} ${window.name}`,
    state: JSON.stringify(history.state ?? null),
    html: document.documentElement.outerHTML,
    loaded: performance.getEntries().map(({ name }) => name).join("\n"),
    cookies: await tried(() => document.cookie),
    localStorage: await tried(() => storage(localStorage)),
    sessionStorage: await tried(() => storage(sessionStorage)),
    indexedDB: await tried(async () => {
      const found = [];
      for (const { name } of await indexedDB.databases()) {
        const database = await done(indexedDB.open(name));
        for (const store of database.objectStoreNames) {
          const rows = database.transaction(store).objectStore(store);
          found.push(name, store, await done(rows.getAllKeys()), await done(rows.getAll()));
        }
        database.close();
      }
      return JSON.stringify(found);
    }),
    caches: await tried(async () => {
      const found = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          found.push(name, request.url, await (await cache.match(request)).text());
        }
      }
      return JSON.stringify(found);
    }),
  };
}

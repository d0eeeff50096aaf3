// The conditions that figures are taken under, and a page that keeps to them in all its frames.

/** Bytes per second of so many kilobits per second. */
const kilobits = (count) => (count * 1000) / 8;

/**
 * `phone` is what Lighthouse calls slow 4G (150 ms to and fro, 1.6 Mbit/s down, 750 kbit/s up)
 * with a processor that is four times slower. Chromium adds the 150 ms to each request; it takes
 * nothing for opening a connection.
 */
export const CONDITIONS = {
  desktop: { width: 1280, height: 900, mobile: false, slower: 1 },
  /** A slow processor alone. */
  slow: { width: 1280, height: 900, mobile: false, slower: 4 },
  phone: {
    width: 390,
    height: 844,
    mobile: true,
    slower: 4,
    network: {
      offline: false,
      latency: 150,
      downloadThroughput: kilobits(1600),
      uploadThroughput: kilobits(750),
    },
    userAgent:
      "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) " +
      "Chrome/126.0.0.0 Mobile Safari/537.36",
  },
};

/** How long anything in a page may take before the bench gives up. */
const LIMIT_MS = 60_000;

/** A page in a context of its own: no cache, no cookies, no connection from before. */
export class Page {
  #browser;
  #condition;
  #options;
  #context;
  #sessions = new Set();
  #marks = new Map(); // name → {at, frame}
  #waiting = new Set();
  #asked = new Map(); // request id → {url, sent, type, coding}
  /** What travelled: {url, type, bytes, ms} for each request that ended. */
  requests = [];
  /** What scripts complained of. */
  troubles = [];

  /**
   * Opens an empty page. `probe` is a script that runs in every frame before any other and tells
   * milliseconds by `causewayMark(name)`; `answers` are addresses that are answered here, without
   * any network: [{pattern, answer: (request) => {status, headers, body}}].
   */
  static async open(browser, condition, { probe = "", answers = [] } = {}) {
    const page = new Page();
    page.#browser = browser;
    page.#condition = CONDITIONS[condition];
    page.#options = { probe: MARK + probe, answers };
    const context = await browser.send("Target.createBrowserContext", {});
    page.#context = context.browserContextId;
    const { targetId } = await browser.send("Target.createTarget", {
      url: "about:blank",
      browserContextId: page.#context,
      width: page.#condition.width,
      height: page.#condition.height,
    });
    await browser.settle();
    const attached = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    page.main = attached.sessionId;
    await page.#adopt(page.main, "page");
    return page;
  }

  /** Goes to an address. The page's clock starts here. */
  async go(url) {
    const { errorText } = await this.send("Page.navigate", { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
  }

  send(method, params, sessionId = this.main) {
    return this.#browser.send(method, params, sessionId);
  }

  /** Runs an expression in the main frame, or in the frame that set a mark. */
  async run(expression, { sessionId, contextId } = {}) {
    const answer = await this.send(
      "Runtime.evaluate",
      { expression, contextId, awaitPromise: true, returnByValue: true },
      sessionId,
    );
    if (answer.exceptionDetails) {
      const { exception, text } = answer.exceptionDetails;
      throw new Error(exception?.description ?? text);
    }
    return answer.result.value;
  }

  /**
   * Waits for a mark; returns {ms, at, frame}: milliseconds since the main frame's navigation, the
   * same by the clock of all frames, and where `run` finds the frame that set it: in a session of
   * its own if it is of another site, else in the page's.
   */
  async mark(name) {
    const found = await this.#wait(() => this.#marks.get(name), `the mark ${name}`);
    const origin = await this.run("performance.timeOrigin");
    return { ms: found.at - origin, ...found };
  }

  /** Clicks an element of the frame in the main frame's `iframe`, as a finger or a mouse would. */
  async click(selector, frame) {
    const wanted = `document.querySelector(${JSON.stringify(selector)})`;
    const focused = `document.activeElement === ${wanted}`;
    // A frame that was drawn a moment ago may not be what is clicked yet.
    do await this.#press(selector, frame);
    while (!(await this.run(focused, frame)));
  }

  async #press(selector, frame) {
    const place = `(({ x, y, height }) => ({ x, y: y + height / 2 }))`;
    const rect = (what) => `${place}(document.querySelector(${JSON.stringify(what)})
      .getBoundingClientRect())`;
    const scroll = `document.querySelector(${JSON.stringify(selector)}).scrollIntoViewIfNeeded()`;
    await this.run(scroll, frame);
    const inner = await this.run(rect(selector), frame);
    const { x, y } = await this.run(`(({ x, y }) => ({ x, y }))(document.querySelector("iframe")
      .getBoundingClientRect())`);
    const at = { x: x + inner.x + 20, y: y + inner.y, button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...at });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...at });
  }

  /** Presses a key after another, as a keyboard would. */
  async type(text) {
    for (const key of text) {
      const event = { key, text: key, unmodifiedText: key };
      await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", key });
    }
  }

  /** Throws if a request, of whatever frame, was quicker than the network is to be. */
  checkNetwork() {
    const quickest = this.#condition.network?.latency ?? 0;
    for (const { url, ms } of this.requests) {
      if (ms < quickest) throw new Error(`${url} took ${ms} ms, which is not slowed.`);
    }
  }

  /** Bytes that travelled, heads included, by what they are and in all; and how many requests. */
  bytes() {
    const sums = { requests: this.requests.length, bytes: 0 };
    for (const { type, bytes } of this.requests) {
      sums[`bytes_${type}`] = (sums[`bytes_${type}`] ?? 0) + bytes;
      sums.bytes += bytes;
    }
    return sums;
  }

  async close() {
    for (const sessionId of this.#sessions) this.#browser.forget(sessionId);
    const browserContextId = this.#context;
    await this.#browser.send("Target.disposeBrowserContext", { browserContextId });
  }

  /** Puts a target under the conditions before it does anything. */
  async #adopt(sessionId, type) {
    const { slower, network, userAgent, mobile, width, height } = this.#condition;
    const { probe, answers } = this.#options;
    this.#sessions.add(sessionId);
    this.#browser.listen(sessionId, (...event) => this.#hear(sessionId, ...event));
    const send = (method, params) => this.send(method, params, sessionId);
    const steps = [
      send("Network.enable"),
      send("Page.enable"),
      send("Runtime.enable"),
      send("Runtime.addBinding", { name: "causewayTell" }),
      send("Page.addScriptToEvaluateOnNewDocument", { source: probe }),
      send("Target.setAutoAttach", {
        autoAttach: true,
        waitForDebuggerOnStart: true,
        flatten: true,
      }),
    ];
    if (network) steps.push(send("Network.emulateNetworkConditions", network));
    if (userAgent) steps.push(send("Emulation.setUserAgentOverride", { userAgent }));
    if (slower > 1) steps.push(send("Emulation.setCPUThrottlingRate", { rate: slower }));
    if (answers.length > 0) {
      const patterns = answers.map(({ pattern }) => ({ urlPattern: pattern }));
      steps.push(send("Fetch.enable", { patterns }));
    }
    if (type === "page") {
      const shape = { width, height, deviceScaleFactor: mobile ? 2 : 1, mobile };
      steps.push(send("Emulation.setDeviceMetricsOverride", shape));
    }
    // Last, and without waiting for answers: commands of a session are carried out in turn, and a
    // frame that is held up longer would tell a time that no shopper waits.
    steps.push(send("Runtime.runIfWaitingForDebugger"));
    await Promise.all(steps);
  }

  #hear(sessionId, method, params) {
    switch (method) {
      case "Target.attachedToTarget":
        // A frame that is gone before it was adopted is none.
        this.#adopt(params.sessionId, params.targetInfo.type).catch(() => {});
        break;
      // A frame's page is asked for in the session of the page round it, and ends in its own.
      case "Network.requestWillBeSent":
        this.#asked.set(params.requestId, { url: params.request.url, sent: params.timestamp });
        break;
      case "Network.responseReceived": {
        const request = this.#asked.get(params.requestId);
        if (request) {
          request.type = kind(params.type, params.response.mimeType);
          request.coding = header(params.response.headers, "content-encoding") ?? "";
        }
        break;
      }
      case "Network.loadingFinished": {
        const { sent, ...request } = this.#asked.get(params.requestId) ?? {};
        if (request.url?.startsWith("http")) {
          const ms = (params.timestamp - sent) * 1000;
          this.requests.push({ ...request, bytes: params.encodedDataLength, ms });
        }
        break;
      }
      case "Fetch.requestPaused":
        this.#answer(sessionId, params).catch(() => {});
        break;
      case "Runtime.exceptionThrown":
        this.troubles.push(params.exceptionDetails.exception?.description ?? "an exception");
        break;
      case "Runtime.bindingCalled":
        this.#told({ sessionId, contextId: params.executionContextId }, JSON.parse(params.payload));
        break;
    }
  }

  #told(frame, { name, at }) {
    if (!this.#marks.has(name)) this.#marks.set(name, { at, frame });
    for (const look of this.#waiting) look();
  }

  async #answer(sessionId, { requestId, request }) {
    const fits = ({ pattern }) => request.url.startsWith(pattern.replace(/\*$/, ""));
    const { status, headers, body = "" } = this.#options.answers.find(fits).answer(request);
    const responseHeaders = Object.entries(headers).map(([name, value]) => ({ name, value }));
    await this.send(
      "Fetch.fulfillRequest",
      {
        requestId,
        responseCode: status,
        responseHeaders,
        body: Buffer.from(body).toString("base64"),
      },
      sessionId,
    );
  }

  #wait(probe, what) {
    return new Promise((done, fail) => {
      const look = () => {
        const found = probe();
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        done(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const heard = [...this.#marks.keys(), ...this.troubles].join("; ");
        fail(new Error(`${what} did not come within ${LIMIT_MS / 1000} s. Heard: ${heard}`));
      }, LIMIT_MS);
      this.#waiting.add(look);
      look();
    });
  }
}

function header(headers, wanted) {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === wanted);
  return headers[name];
}

function kind(type, mimeType) {
  if (mimeType === "application/wasm") return "wasm";
  const names = { Document: "html", Stylesheet: "css", Script: "js" };
  return names[type] ?? "other";
}

/** Marks a moment once, by the clock that all frames share. */
const MARK = `
const causewayMark = (() => {
  const marked = new Set();
  const tell = globalThis.causewayTell;
  return (name, at = performance.now()) => {
    if (marked.has(name)) return;
    marked.add(name);
    tell(JSON.stringify({ name, at: performance.timeOrigin + at }));
  };
})();
`;

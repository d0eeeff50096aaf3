// A checkout page for the tests, and a browser round it that does what the test says: requests
// are answered by the test, sockets speak when it wants, timers run out when it wants.
//
// It is evaluated, not imported, and leaves its functions in `world` (see src/browser.rs for why).

(() => {
  const real = {
    fetch: window.fetch,
    WebSocket: window.WebSocket,
    setTimeout: window.setTimeout.bind(window),
    setInterval: window.setInterval.bind(window),
    clearTimeout: window.clearTimeout.bind(window),
    clearInterval: window.clearInterval.bind(window),
    parent: window.parent,
  };
  const dateNow = Date.now;

  let place;
  let requests = [];
  let sockets = [];
  let timers = new Map();
  let ticks = new Map();
  let told = [];
  let shop;
  let serial = 0;
  let height = 0;

  const byId = (id) => document.getElementById(id);

  function setUp(html, data) {
    tearDown();
    place = document.createElement("div");
    place.innerHTML = html;
    const script = document.createElement("script");
    script.type = "application/json";
    script.id = "causeway-data";
    script.textContent = data;
    place.append(script);
    document.body.append(place);
    window.fetch = (url, options = {}) =>
      new Promise((arrive, fail) => {
        const { method = "GET", body = "" } = options;
        requests.push({ method, path: String(url), body, arrive, fail });
      });
    window.WebSocket = class {
      readyState = 1;
      sent = [];
      constructor(url) {
        this.url = String(url);
        sockets.push(this);
      }
      send(text) {
        this.sent.push(text);
      }
      close() {
        this.readyState = 3;
      }
    };
    window.setTimeout = (run, ms) => {
      serial += 1;
      timers.set(serial, { run, ms });
      return serial;
    };
    window.clearTimeout = (id) => timers.delete(id);
    window.setInterval = (run, ms) => {
      serial += 1;
      ticks.set(serial, { run, ms });
      return serial;
    };
    window.clearInterval = (id) => ticks.delete(id);
  }

  function tearDown() {
    place?.remove();
    shop?.remove();
    place = shop = undefined;
    requests = [];
    sockets = [];
    timers = new Map();
    ticks = new Map();
    told = [];
    height = 0;
    sessionStorage.clear();
    document.documentElement.removeAttribute("style");
    delete document.documentElement.dataset.scheme;
    Date.now = dateNow;
    Object.assign(window, real);
  }

  // Lets promises and their followers run.
  async function settle() {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((next) => real.setTimeout(next, 0));
  }

  // A shop's page round the frame, which keeps what it is told.
  function embed() {
    shop = document.createElement("iframe");
    document.body.append(shop);
    shop.contentWindow.postMessage = (message, origin) => {
      // Heights come whenever the browser has laid the page out.
      if (message.type === "height") height = message.px;
      else told.push(JSON.stringify({ ...message, origin }));
    };
    Object.defineProperty(window, "parent", {
      value: shop.contentWindow,
      writable: true,
      configurable: true,
    });
  }

  const toldHeight = () => height;
  const toldCount = () => told.length;
  const toldAt = (index) => told.at(index) ?? "";

  // A message to the frame, from the shop's page or from another window.
  function message(data, origin, isFromShop) {
    const source = isFromShop ? shop.contentWindow : window;
    window.dispatchEvent(new MessageEvent("message", { data: JSON.parse(data), origin, source }));
  }

  const requestCount = (what) =>
    requests.filter(({ method, path }) => `${method} ${path}`.startsWith(what)).length;
  const bodyOf = (index) => requests.filter(({ method }) => method === "POST").at(index).body;

  // Answers the latest request whose method and path begin so. Status 0: the line breaks.
  function answer(what, status, json) {
    const request = requests.findLast(({ method, path }) => `${method} ${path}`.startsWith(what));
    if (status === 0) request.fail(new TypeError("no answer"));
    else request.arrive(new Response(json, { status }));
  }

  const socketCount = () => sockets.length;
  const socketUrl = () => sockets.at(-1).url;
  const socketSent = () => sockets.at(-1).sent.join(" ");
  const socketSays = (text) => sockets.at(-1).onmessage({ data: text });
  const socketOpens = () => sockets.at(-1).onopen({});
  const socketCloses = () => sockets.at(-1).onclose({});

  // Whether a timer of this length runs; and its end.
  const hasTimer = (ms) => [...timers.values()].some((timer) => timer.ms === ms);

  function runTimer(ms) {
    for (const [id, timer] of timers) {
      if (timer.ms === ms) {
        timers.delete(id);
        timer.run();
        return true;
      }
    }
    return false;
  }

  // Puts the shopper's clock forward.
  function advance(ms) {
    const now = Date.now;
    const offset = ms;
    Date.now = () => now() + offset;
  }

  function tick() {
    for (const { run } of [...ticks.values()]) run();
  }

  // Types: the whole value and where the caret is, as a browser reports it after a key.
  function type(id, text, caret) {
    const input = byId(id);
    input.focus();
    input.value = text;
    input.setSelectionRange(caret, caret);
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  // What a browser does when it fills a form in: the field never has the focus.
  function fillIn(id, text) {
    byId("pay").focus();
    byId(id).value = text;
    byId(id).dispatchEvent(new Event("input", { bubbles: true }));
  }

  const caretOf = (id) => byId(id).selectionStart;
  const blur = (id) => byId(id).blur();
  const valueOf = (id) => byId(id).value;
  const textOf = (id) => byId(id).textContent;
  const isShown = (id) => !byId(id).hidden;
  const attribute = (id, name) => byId(id).getAttribute(name) ?? "";
  const focused = () => document.activeElement?.id ?? "";
  const click = (id) => byId(id).click();
  const isOpen = () => byId("challenge").open;
  const innerFrame = () => byId("challenge-body").firstChild?.getAttribute("src") ?? "";
  const rootStyle = (name) => document.documentElement.style.getPropertyValue(name);
  const rootScheme = () => document.documentElement.dataset.scheme ?? "";
  const remembered = () => Object.values({ ...sessionStorage }).join(" ");
  const documentLang = () => document.documentElement.lang;

  function pressKey(id, key) {
    byId(id).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  }

  function chooseMethod(method) {
    document.querySelector(`input[name=method][value=${method}]`).checked = true;
  }

  const chosenMethod = () =>
    document.querySelector("input[name=method]:checked:enabled")?.value ?? "";

  function chooseLanguage(locale) {
    byId("language").value = locale;
    byId("language").dispatchEvent(new Event("change", { bubbles: true }));
  }

  const submit = () => byId("form").requestSubmit(byId("pay"));

  // An own data property of a body that was sent.
  const field = (json, name) => String(JSON.parse(json)[name] ?? "");

  globalThis.world = {
    setUp,
    tearDown,
    settle,
    embed,
    toldHeight,
    toldCount,
    toldAt,
    message,
    requestCount,
    bodyOf,
    answer,
    socketCount,
    socketUrl,
    socketSent,
    socketSays,
    socketOpens,
    socketCloses,
    hasTimer,
    runTimer,
    advance,
    tick,
    type,
    fillIn,
    caretOf,
    blur,
    valueOf,
    textOf,
    isShown,
    attribute,
    focused,
    click,
    isOpen,
    innerFrame,
    rootStyle,
    rootScheme,
    remembered,
    documentLang,
    pressKey,
    chooseMethod,
    chosenMethod,
    chooseLanguage,
    submit,
    field,
  };
})();

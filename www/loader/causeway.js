// Causeway's loader: puts the checkout frame into a shop's page and hands its events over.
//
//   <script async src="https://pay.shop.example/causeway.js"></script>
//   <causeway-checkout order="ct_…" locale="zh-CN" theme='{"--causeway-accent":"#0a7"}'>
//   </causeway-checkout>
//
// or, so that it is there one round trip earlier, with the frame in the page's markup,
//
//   <causeway-checkout locale="zh-CN">
//     <iframe src="CHECKOUT_URL" allow="payment; autofill; publickey-credentials-get"
//       style="display: block; width: 100%; height: 640px; border: 0"></iframe>
//   </causeway-checkout>
//
// or one line alone, with `data-order`, or with `data-cart`, `data-key` and `data-currency` for a
// shop without a server; `data-target` is the id of the element that the checkout goes into.
// Events: ready, change, paid, failed, cancelled; each also as `causeway:…`, which bubbles.
// A paid event is for the page's manners. Goods go out when the webhook says so.

const NAME = "causeway-checkout";
const EVENTS = ["ready", "change", "paid", "failed", "cancelled"];
const HEIGHT_MIN = 120;
const HEIGHT_MAX = 6000;

// A module has no `currentScript`, and an element of that name could stand in its place.
const running = document.currentScript;
const script =
  running instanceof HTMLScriptElement
    ? running
    : [...document.querySelectorAll('script[src*="causeway.js"]')].pop();
const pay = new URL(script.src, location.href).origin;

// The address of a page of ours that leads to a gateway. Without `URL.canParse`, which the browsers
// inside many apps do not have.
function wayOut(href) {
  try {
    const to = new URL(href, pay);
    return to.origin === pay && to.pathname.startsWith("/leave/") ? to : null;
  } catch {
    return null;
  }
}

class Checkout extends HTMLElement {
  static observedAttributes = ["order", "locale", "theme"];

  #frame;
  #stands = false;
  // The parser may be on its way to the frame that the markup has.
  #parsed = new MutationObserver(() => this.#adopt());

  connectedCallback() {
    this.#stands = true;
    addEventListener("message", this);
    this.#parsed.observe(this, { childList: true });
    if (this.hasAttribute("order")) this.#show();
    else this.#adopt();
  }

  disconnectedCallback() {
    this.#stands = false;
    removeEventListener("message", this);
    this.#parsed.disconnect();
    // One of the markup's belongs to it.
    if (this.hasAttribute("order")) this.#frame?.remove();
    this.#frame = undefined;
  }

  attributeChangedCallback(name, before, now) {
    // What the element came with is told before it is connected: that shows the frame, once.
    if (!this.#stands || before === now) return;
    if (name === "order" || !this.#frame) this.#show();
    else if (name === "locale") this.#send({ type: "locale", locale: this.#locale() });
    else this.#send({ type: "theme", theme: this.#theme() });
  }

  handleEvent(event) {
    const { data, origin, source } = event;
    const frame = this.#frame;
    if (origin !== pay || !frame || source !== frame.contentWindow || data?.causeway !== 1) return;
    const { causeway, type, ...detail } = data;
    if (type === "height" && detail.px > 0) {
      frame.style.height = Math.min(Math.max(detail.px, HEIGHT_MIN), HEIGHT_MAX) + "px";
    } else if (type === "leave") {
      const to = wayOut(detail.href);
      if (to) location.assign(to);
    } else if (type === "here") {
      this.#greet();
    } else if (EVENTS.includes(type)) {
      this.tell(type, detail);
    }
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
    this.dispatchEvent(new CustomEvent("causeway:" + type, { detail, bubbles: true }));
  }

  #locale() {
    return this.getAttribute("locale") || this.closest("[lang]")?.lang || "";
  }

  #theme() {
    try {
      return JSON.parse(this.getAttribute("theme")) || {};
    } catch {
      return {};
    }
  }

  #send(message) {
    this.#frame?.contentWindow?.postMessage({ causeway: 1, ...message }, pay);
  }

  // A frame of the markup was asked for before it could be told these, and keeps back what it has
  // to say until it hears of us.
  #greet() {
    this.#send({ type: "hello", locale: this.#locale(), theme: this.#theme() });
  }

  // Takes over a frame that stands in the markup.
  #adopt() {
    if (this.#frame || this.hasAttribute("order")) return;
    const found = this.querySelector("iframe");
    if (!found?.src.startsWith(pay + "/checkout/")) return;
    this.#dress(found);
    // Once its page is there, we cannot look into it. Before that it says itself that it is here.
    if (!found.contentDocument) this.#greet();
  }

  #show() {
    const order = this.getAttribute("order");
    this.#frame?.remove();
    this.#frame = undefined;
    if (!order) return;
    const url = new URL("/checkout/" + encodeURIComponent(order), pay);
    url.searchParams.set("parent", location.origin);
    const locale = this.#locale();
    if (locale) url.searchParams.set("locale", locale);
    url.hash = "theme=" + encodeURIComponent(JSON.stringify(this.#theme()));
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.allow = "payment; autofill; publickey-credentials-get";
    this.#dress(frame);
    this.append(frame);
  }

  // A frame of the markup may have this style already: then its page is not laid out again.
  #dress(frame) {
    frame.title = /^zh/i.test(this.#locale()) ? "付款" : "Payment";
    frame.style.cssText = "display:block;width:100%;height:640px;border:0;color-scheme:inherit";
    this.style.display ||= "block";
    this.#frame = frame;
  }
}

// A page may load this twice; the first one serves both.
if (!customElements.get(NAME)) customElements.define(NAME, Checkout);

// A script tag alone makes its own element.
const { order, cart, key, currency, target, locale, theme } = script.dataset;
if ((order || cart) && !script.causeway) {
  script.causeway = true;
  const element = document.createElement(NAME);
  if (locale) element.setAttribute("locale", locale);
  if (theme) element.setAttribute("theme", theme);
  if (order) element.setAttribute("order", order);
  const place = () => {
    const within = target && document.getElementById(target.replace(/^#/, ""));
    if (within) within.append(element);
    else if (script.closest("body")) script.after(element);
    else document.body.append(element);
    if (!order) buy(element);
  };
  // Its place may stand below the script.
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
}

// Has the cart priced by the worker, from the store's own price book, and shows the order. Another
// load of the same cart in this tab finds the same order, unless that can no longer be paid.
async function buy(element) {
  const name = "causeway:" + [key, currency, cart];
  try {
    const kept = memory(name);
    let entry = kept?.id ? kept : newEntry();
    let made = await post(name, entry);
    const over = ["cancelled", "expired"].includes(made.state);
    if (entry === kept && (over || [409, 422].includes(made.status))) {
      entry = newEntry();
      made = await post(name, entry);
    }
    if (!made.client_token) throw made;
    // Paid: shown at one more load, so that nobody is asked for the money again at a reload, or
    // back from a gateway. Then the same cart is a new order.
    element.addEventListener("paid", () => memory(name, !entry.paid && { ...entry, paid: true }));
    element.setAttribute("order", made.client_token);
  } catch (problem) {
    element.tell("failed", { reason: problem?.code || "unavailable" });
  }
}

function newEntry() {
  const back = new URL(location);
  back.hash = "";
  back.searchParams.delete("causeway_order");
  const body = { items: JSON.parse(cart), currency, return_url: back.href };
  const language = locale || document.documentElement.lang;
  if (language) body.locale = language;
  return { id: String([...crypto.getRandomValues(new Uint32Array(4))]), body };
}

async function post(name, { id, body }) {
  // Before it is sent: the answer may get lost.
  memory(name, { id, body });
  const answer = await fetch(pay + "/v1/carts", {
    method: "POST",
    headers: {
      authorization: "Bearer " + key,
      "content-type": "application/json",
      "idempotency-key": id,
    },
    body: JSON.stringify(body),
  });
  return answer.json();
}

// What the tab remembers of a cart: reads it; or writes it, where an entry is given; `false`
// forgets it. It may fail (private windows, blocked storage), which costs no more than the memory.
function memory(name, entry) {
  try {
    if (entry) sessionStorage.setItem(name, JSON.stringify(entry));
    else if (entry === false) sessionStorage.removeItem(name);
    else return JSON.parse(sessionStorage.getItem(name));
  } catch {
    // As above.
  }
}

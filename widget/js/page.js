// The page's elements: what is read from them, what is shown in them, what happens to them.

import { attach, detach } from "./link.js";
import { applyThemeOf, leave, meetShop } from "./shop.js";
import {
  changeLanguage,
  learn,
  learnNames,
  localised,
  say,
  text,
  time,
  writeAmounts,
} from "./words.js";

// In the order in which `Which` has them (src/card_form.rs).
const FIELDS = ["number", "expiry", "cvc", "holder"];

const byId = (id) => document.getElementById(id);
const methods = () => [...document.querySelectorAll("input[name=method]")];

let frame;
let ending;
let latest = {};
// How far the worker's clock is ahead of the shopper's.
let aheadMs = 0;
let clock;

// What the worker wrote into the page for the script; `null` if this is no checkout frame.
export function readData() {
  try {
    const data = JSON.parse(byId("causeway-data").textContent);
    learn(data, byId("total").value);
    return data;
  } catch {
    return null;
  }
}

// A value inside plain data as text; `undefined` where there is none.
export function get(value, path) {
  for (const key of path.split(".")) value = value?.[key];
  return value === undefined || value === null ? undefined : String(value);
}

export const getValue = (value, key) => value?.[key];

// Connects the page's events to the frame, and starts it.
export function wire(adopted, data) {
  ending?.abort();
  ending = new AbortController();
  const { signal } = ending;
  frame = adopted;
  attach(frame, data.token, data.device);
  const on = (target, type, run) =>
    target?.addEventListener(type, (event) => safely(() => run(event)), { signal });
  applyThemeOf(location.hash);
  on(byId("form"), "submit", (event) => {
    event.preventDefault();
    frame.submit();
  });
  on(byId("again"), "click", () => frame.go_on());
  on(byId("other"), "click", () => frame.give_up());
  on(byId("challenge-cancel"), "click", () => frame.give_up());
  on(byId("challenge"), "cancel", (event) => {
    // The dialog closes once the order says that the attempt is over.
    event.preventDefault();
    frame.give_up();
  });
  on(byId("go"), "click", (event) => {
    const href = byId("go").dataset.leave;
    if (href && leave(href)) event.preventDefault();
  });
  on(byId("language"), "change", (event) => changeLanguage(event.target.value));
  FIELDS.forEach((id, which) => wireField(on, byId(id), which));
  on(window, "online", () => frame.hurry());
  // Back from a gateway, into a page that the browser had kept.
  on(window, "pageshow", (event) => event.persisted && frame.hurry());
  on(document, "visibilitychange", () => document.hidden || frame.hurry());
  writeAmounts();
  meetShop(data.parent, data.early, signal);
  safely(() => {
    if (!frame.begin(data.snapshot)) throw new Error("the page brought no snapshot");
  });
  for (const id of ["pay", "language"]) byId(id)?.removeAttribute("disabled");
}

function wireField(on, input, which) {
  const typed = (event) => {
    // While an input method composes, the text is not the shopper's yet.
    if (!event.isComposing) frame.typed(which);
  };
  on(input, "input", typed);
  on(input, "compositionend", typed);
  // Later, because showing something may take the focus away in the middle of a call.
  on(input, "blur", () => queueMicrotask(() => safely(() => frame?.left(which))));
  on(input, "keydown", (event) => {
    // Delete in front of a space would take only the space away, which would come back.
    const { selectionStart: start, selectionEnd: end, value } = input;
    if (event.key === "Delete" && start === end && value[start] === " ") {
      input.setSelectionRange(start + 1, start + 1);
    }
  });
}

// Lets go of the page.
export function unwire() {
  ending?.abort();
  detach();
  clearInterval(clock);
  frame = undefined;
}

// A fault of ours must not look like a page that works.
function safely(run) {
  try {
    run();
  } catch (fault) {
    byId("broken").hidden = false;
    throw fault;
  }
}

// What was typed, where the caret stands, and writing it back.
export const has = (id) => byId(id) !== null;
export const value = (id) => byId(id)?.value ?? "";
export const caret = (id) => byId(id)?.selectionStart ?? 0;

export function put(id, typed, caretAt) {
  const input = byId(id);
  if (!input) return;
  input.value = typed;
  // As www/checkout/checkout.js does for what is typed.
  input.autocomplete = typed ? "off" : (input.dataset.fill ?? "");
  // A field that the browser filled in is not the one with the caret.
  if (document.activeElement === input) input.setSelectionRange(caretAt, caretAt);
}

export const focus = (id) => byId(id)?.focus();

// Marks a field with what is wrong with it, or with nothing.
export function mark(id, key, count) {
  const slot = byId(id + "-error");
  if (!slot) return;
  slot.dataset.count = count;
  say(slot.id, key);
  byId(id).setAttribute("aria-invalid", String(Boolean(key)));
}

// Shows the brand, and how long its security code is.
export function showBrand(brand, length) {
  say("brand", brand === "unknown" ? "" : "brand." + brand);
  say("cvc-help", length === 4 ? "field.cvc_help_4" : "field.cvc_help");
  const cvc = byId("cvc");
  if (cvc) cvc.placeholder = length === 4 ? "1234" : "123";
}

// This year and month on the shopper's clock, as one number: 202611.
export function thisMonth() {
  const now = new Date();
  return now.getFullYear() * 100 + now.getMonth() + 1;
}

// The chosen method, its account and its flow; empty if none is chosen.
export function chosen() {
  const input = methods().find((input) => input.checked && !input.disabled);
  return input ? [input.value, input.dataset.account, input.dataset.flow].join(" ") : "";
}

export function choose(method) {
  const input = methods().find((input) => input.value === method && !input.disabled);
  if (input) input.checked = true;
}

// Takes from a snapshot what only the page needs: names for the texts, clocks, methods.
export function note(snapshot) {
  latest = snapshot;
  const { attempt, refunded } = snapshot;
  const { method, card } = attempt ?? {};
  learnNames({ method, refunded: refunded?.amount, brand: card?.brand, last4: card?.last4 });
  aheadMs = (Date.parse(snapshot.now) || Date.now()) - Date.now();
  const until = byId("until");
  const open = ["created", "processing", "requires_action"].includes(snapshot.state);
  const expires = open ? Date.parse(snapshot.expires_at) : NaN;
  if (until) {
    until.dataset.ms = expires || "";
    until.dataset.time = expires ? time(expires) : "";
    say("until", expires ? "summary.until" : "");
  }
  offer(snapshot.methods);
}

// Hides methods that the order no longer has.
function offer(offered) {
  if (!offered?.length) return;
  for (const input of methods()) {
    const { account } = input.dataset;
    const gone = !offered.some((one) => one.method === input.value && one.account === account);
    input.disabled = gone;
    input.closest(".method").hidden = gone;
  }
  if (!chosen()) choose(methods().find((input) => !input.disabled)?.value);
}

// How long the order can still be paid, in milliseconds.
export const leftMs = () => Date.parse(latest.expires_at) - aheadMs - Date.now() || 0;

// The form, with what went wrong before.
export function showForm(alert) {
  byId("status").hidden = true;
  byId("choose").hidden = false;
  byId("alert").hidden = !alert;
  byId("alert-title").hidden = !alert.startsWith("decline.");
  say("alert-text", alert);
}

// Everything else: heading, text, hint, a button that goes on, one that gives up.
export function showPanel(kind, title, words, hint, again, other) {
  byId("choose").hidden = true;
  const status = byId("status");
  status.hidden = false;
  status.dataset.kind = kind;
  const texts = {
    "status-title": title,
    "status-text": words,
    "status-hint": hint,
    again,
    other,
    go: "",
    "status-notice": "",
  };
  for (const [id, key] of Object.entries(texts)) say(id, key);
}

// The link that leaves for a gateway.
export function showLeave(href) {
  const go = byId("go");
  go.href = localised(href);
  go.dataset.leave = href;
  say("go", "leave.go");
}

// The link back to the shop.
export function showReturn() {
  const url = latest.return_url;
  if (!/^https?:\/\//.test(url)) return;
  const go = byId("go");
  go.href = url;
  delete go.dataset.leave;
  say("go", "return.button");
}

// Draws the payment code of the latest snapshot, and counts down; `false` if its time is over.
export function showCode() {
  const { svg_path: path, size, expires_at: expires } = latest.attempt.action;
  const end = Date.parse(expires) - aheadMs;
  const tick = () => {
    const seconds = Math.floor((end - Date.now()) / 1000);
    const left = byId("qr-left");
    left.dataset.time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds > 0) say("qr-left", "qr.left");
    // Also when the time is not known: a dead code must not be scanned.
    return seconds > 0;
  };
  hideCode();
  if (!tick()) return false;
  const code = byId("qr-code");
  // The light modules round the code are part of it.
  code.setAttribute("viewBox", `0 0 ${size} ${size}`);
  code.dataset.tLabel = "qr.alt";
  code.setAttribute("aria-label", text("qr.alt"));
  code.firstElementChild.setAttribute("d", path);
  byId("qr").hidden = false;
  clock = setInterval(() => tick() || safely(() => frame?.code_expired()), 1000);
  return true;
}

export function hideCode() {
  clearInterval(clock);
  byId("qr").hidden = true;
}

// Opens the dialog with our page that frames the issuer's. The browser keeps the focus inside and
// gives it back afterwards. It begins at the heading: on the button, Enter would cancel.
export function openChallenge(href) {
  const inner = document.createElement("iframe");
  inner.title = text("challenge.frame");
  inner.allow = "publickey-credentials-get";
  inner.src = localised(href);
  byId("challenge-body").replaceChildren(inner);
  const dialog = byId("challenge");
  if (!dialog.open) dialog.showModal();
  byId("challenge-title").focus();
}

export function closeChallenge() {
  byId("challenge-body").replaceChildren();
  byId("challenge").close();
}

// Asks WeChat to ask the shopper, as soon as it has put its bridge into the page. Its answer proves
// nothing, so the worker is asked.
export function callBridge() {
  const { WeixinJSBridge: bridge } = window;
  if (!bridge) {
    document.addEventListener("WeixinJSBridgeReady", callBridge, { once: true });
    return;
  }
  // The attempt may be over meanwhile.
  const { parameters } = latest.attempt?.action ?? {};
  if (parameters) bridge.invoke("getBrandWCPayRequest", parameters, () => frame?.hurry());
}

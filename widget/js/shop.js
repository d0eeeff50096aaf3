// Messages to and from the loader in the shop's page.
//
// They go to one origin, which the worker found among the store's, and come from that origin and
// that window alone. None carries anything that was typed.

import { applyTheme } from "./theme.js";
import { changeLanguage } from "./words.js";

let origin = null;

// Greets the shop's page, hears it, and keeps it told how high the frame is.
export function meetShop(allowed, signal) {
  if (!allowed || window.parent === window) return;
  origin = allowed;
  addEventListener("message", hear, { signal });
  const frame = document.getElementById("frame");
  const observer = new ResizeObserver(() => post({ type: "height", px: frame.offsetHeight }));
  observer.observe(frame);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    origin = null;
  });
  post({ type: "ready" });
}

function hear({ data, origin: from, source }) {
  if (source !== window.parent || from !== origin || data?.causeway !== 1) return;
  if (data.type === "locale") changeLanguage(data.locale);
  if (data.type === "theme") applyTheme(data.theme);
}

function post(message) {
  if (origin) window.parent.postMessage({ causeway: 1, ...message }, origin);
}

export const tell = (type, key, value) => post({ type, ...(key && { [key]: value }) });

export function tellChange(state, method, attempt) {
  post({ type: "change", state, ...(method && { method, attempt_state: attempt }) });
}

// Leaves for one of our pages that leads to a gateway. False where only the shopper can: in a
// frame whose shop may not hear us, by following the link.
export function leave(href) {
  if (origin) post({ type: "leave", href });
  else if (window.parent === window) location.assign(href);
  else return false;
  return true;
}

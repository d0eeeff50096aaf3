// The shop's page: messages to and from its loader, and its theme.
//
// Messages go to one origin, which the worker found among the store's, and come from that origin
// and that window alone. None carries anything that was typed.

import { changeLanguage, localised } from "./words.js";

let origin = null;
// What is kept back until the loader says hello; `null` where it was there before.
let held = null;

// Greets the shop's page, hears it, and keeps it told how high the frame is. `early`: the frame
// stands in the page's markup, and may be there before the loader, or without one.
export function meetShop(allowed, early, signal) {
  if (!allowed || window.parent === window) return;
  origin = allowed;
  if (early) {
    post({ type: "here" });
    held = [];
  }
  addEventListener("message", hear, { signal });
  const frame = document.getElementById("frame");
  const observer = new ResizeObserver(() => post({ type: "height", px: frame.offsetHeight }));
  observer.observe(frame);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    origin = held = null;
  });
  post({ type: "ready" });
}

function hear({ data, origin: from, source }) {
  if (source !== window.parent || from !== origin || data?.causeway !== 1) return;
  const { type, locale, theme } = data;
  if (type === "locale" || (type === "hello" && locale)) changeLanguage(locale);
  if (type === "theme" || type === "hello") applyTheme(theme);
  if (type === "hello") {
    const messages = held ?? [];
    held = null;
    messages.forEach(post);
  }
}

function post(message) {
  if (held) held.push(message);
  else if (origin) window.parent.postMessage({ causeway: 1, ...message }, origin);
}

export const tell = (type, key, value) => post({ type, ...(key && { [key]: value }) });

export function tellChange(state, method, attempt) {
  post({ type: "change", state, ...(method && { method, attempt_state: attempt }) });
}

// Leaves for one of our pages that leads to a gateway. False where only the shopper can: in a
// frame whose shop may not hear us, by following the link.
export function leave(href) {
  const to = localised(href);
  if (origin && !held) post({ type: "leave", href: to });
  else if (window.parent === window) location.assign(to);
  else return false;
  return true;
}

// The theme is a short list of CSS custom properties, with values that can be nothing else than
// colours, lengths and font names.
//
// --causeway-accent       colour of the Pay button and of what is chosen
// --causeway-accent-text  colour of the text on it; found by itself for a hexadecimal accent
// --causeway-background   colour behind everything
// --causeway-surface      colour of fields and boxes
// --causeway-text         colour of text
// --causeway-muted        colour of secondary text
// --causeway-border       colour of the lines round fields
// --causeway-radius       0, or up to 32 of px, em or rem: how round corners are
// --causeway-font         names of fonts that the shopper has; none is loaded
// --causeway-scheme       `light` or `dark`, where the shop's page knows only one of them
const COLOUR = new RegExp(
  [
    /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/,
    /^((rgb|hsl)a?|okl(ch|ab))\([\d ,.%/deg-]{1,48}\)$/,
    /^[a-z]{3,20}$/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);
const LENGTH = /^(0|([0-9]|[12]\d|3[012])(\.\d{1,2})?(px|r?em))$/;
// Names in other scripts too: no character beyond ASCII means anything to CSS.
const FONT = /^([\w .,-]|[^\0-\x7f]|"[^"'\0-\x1f\\;{}()]*"|'[^"'\0-\x1f\\;{}()]*'){1,200}$/;
const SCHEME = /^(light|dark)$/;

const ALLOWED = {
  accent: COLOUR,
  "accent-text": COLOUR,
  background: COLOUR,
  surface: COLOUR,
  text: COLOUR,
  muted: COLOUR,
  border: COLOUR,
  radius: LENGTH,
  font: FONT,
};

// Applies a theme: an object of names and values. Names that are not listed and values that are
// not valid are passed over; what is left out goes back to its default.
export function applyTheme(theme) {
  const root = document.documentElement;
  const valid = (name, form) => {
    const value = theme?.["--causeway-" + name];
    return typeof value === "string" && form.test(value) ? value : "";
  };
  // Through CSSOM, which a CSP without inline styles allows.
  for (const [name, form] of Object.entries(ALLOWED)) {
    root.style.setProperty("--causeway-" + name, valid(name, form));
  }
  if (!valid("accent-text", COLOUR)) {
    root.style.setProperty("--causeway-accent-text", textOn(valid("accent", COLOUR)));
  }
  const scheme = valid("scheme", SCHEME);
  if (scheme) root.dataset.scheme = scheme;
  else delete root.dataset.scheme;
}

// Applies the theme in the page's address: `#theme=` and URL-encoded JSON.
export function applyThemeOf(hash) {
  try {
    applyTheme(JSON.parse(decodeURIComponent(/^#theme=(.*)/.exec(hash)[1])));
  } catch {
    // No theme, or none that can be read: the default is one too.
  }
}

// Black or white, whichever can be read better on a hexadecimal colour (WCAG's luminance).
function textOn(colour) {
  if (colour[0] !== "#") return "";
  const digits = colour.length < 6 ? colour.replace(/[\da-f]/gi, "$&$&") : colour;
  const light = (start, weight) => {
    const part = parseInt(digits.slice(start, start + 2), 16) / 255;
    return weight * (part > 0.04045 ? ((part + 0.055) / 1.055) ** 2.4 : part / 12.92);
  };
  // Both contrasts are the same at a luminance of 0.179.
  return light(1, 0.2126) + light(3, 0.7152) + light(5, 0.0722) > 0.179 ? "#111" : "#fff";
}

// What makes the dashboard quicker than its pages alone: links and forms without a reload, times in
// the reader's zone, a key for the search, lists that change by themselves. All works without it.

import htmx from "htmx.org/dist/htmx.esm.js";
import { follow } from "./parts/amounts.js";
import { watch } from "./parts/live.js";
import { paint } from "./parts/looks.js";
import { offer, submit } from "./parts/passkey.js";
import { offerFiles } from "./parts/table.js";

const MINUTE = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const formats = [MINUTE, { ...MINUTE, year: "numeric" }].map(
  (parts) => new Intl.DateTimeFormat(document.documentElement.lang, parts),
);
/** A moment to the minute; of another year than this one, with its year. */
const write = (moment) => {
  const [within, beyond] = formats;
  return (moment.getFullYear() === new Date().getFullYear() ? within : beyond).format(moment);
};

/** The largest picture that the API takes. */
const LOGO_BYTES = 32 * 1024;

/** Writes the moments of a part of the page for the reader's clock. */
function writeTimes(part) {
  for (const element of part.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = write(moment);
    element.title = element.dateTime;
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const field = document.querySelector("#find");
  field?.focus();
  field?.select();
});

// A form that was refused comes back with what was typed, but for secrets, which the server never
// sends back, and pictures, which it does not keep: those stay in the browser. After a success they
// must not.
let kept = [];
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const isDone = detail.xhr.status < 400;
  const fields = isDone ? [] : document.querySelectorAll("[data-secret], [data-logo]");
  kept = Array.from(fields, ({ id, value, files }) => ({ id, value, files }));
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  for (const { id, value, files } of kept.splice(0)) {
    const field = document.getElementById(id);
    if (files?.length) field.files = files;
    else if (field && !files) field.value = value;
    if (files?.length) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  enliven();
  if (detail.target !== document.body) return;
  focusFirst("[aria-invalid='true']", "[role='alert']", "#page");
});

/** Moves the focus to the first of these that the page has. */
function focusFirst(...selectors) {
  selectors.map((selector) => document.querySelector(selector)).find(Boolean)?.focus();
}

/** Brings the name of this page into sight where the menu is wider than the screen. */
function showPlace(menu) {
  const place = menu?.querySelector("[aria-current]");
  if (place) menu.scrollLeft = place.offsetLeft - (menu.clientWidth - place.offsetWidth) / 2;
}

/** What a page has besides its text. */
async function enliven() {
  writeTimes(document);
  showPlace(document.querySelector(".menu"));
  offer(document);
  offerFiles(document);
  paint(document);
  const chart = document.querySelector("#chart");
  if (chart && !chart.firstChild) {
    const { draw } = await import(chart.dataset.script);
    draw(chart);
  }
}

document.addEventListener("submit", submit);

document.addEventListener("input", (event) => {
  follow(event, document.documentElement.lang);
  if (event.target.closest("[data-looks]")) paint(document);
});

// A picture travels in the form's own fields: the API takes it as base64.
document.addEventListener("change", async ({ target }) => {
  if (!target.matches?.("input[data-logo]") || !target.files[0]) return;
  const [file] = target.files;
  target.setCustomValidity(file.size > LOGO_BYTES ? target.dataset.logo : "");
  if (!target.reportValidity()) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const values = { type: file.type, data: btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")) };
  for (const [name, value] of Object.entries(values)) {
    const field = target.form.elements[`logo.${name}`] ?? document.createElement("input");
    Object.assign(field, { type: "hidden", name: `logo.${name}`, value });
    target.form.append(field);
  }
});

enliven();
watch(document, htmx);

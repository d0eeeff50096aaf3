// Every form that a person can fill in on pages of ours, read from where they are written; and how
// one is filled in wrongly, sent, and looked at when it comes back.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { accessibilityFaults, isTooWide } from "./checkout.mjs";

const ROOT = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, ROOT), "utf8");

/**
 * What forms of the dashboard do: each has its line in `acts.rs`, or it is refused. One template,
 * `form.html`, writes them.
 */
export function actsOfDashboard() {
  const source = read("worker/src/dashboard/acts.rs");
  const found = source.matchAll(/"([a-z]+\.[a-z_]+)"(?= =>| \||\s+if )/g);
  return new Set(Array.from(found, ([, act]) => act));
}

/** Forms that templates write themselves: `FILE NUMBER` and their text. */
export function formsOfTemplates() {
  const forms = new Map();
  for (const folder of ["www/dashboard/", "www/orders/"]) {
    for (const file of readdirSync(new URL(folder, ROOT), { recursive: true })) {
      if (!file.endsWith(".html") || `${folder}${file}` === "www/dashboard/form.html") continue;
      const texts = read(folder + file).match(/<form\b[\s\S]*?<\/form>/g) ?? [];
      texts.forEach((text, index) => forms.set(`${folder.slice(4)}${file} ${index + 1}`, text));
    }
  }
  return forms;
}

/** Whether a form, as its template writes it, has anything to fill in. */
export const hasFields = (text) => /<(?:input(?![^>]*type="hidden")|select|textarea)\b/.test(text);

/** A form of the dashboard by what it does; `filter` says which, where a page has several. */
export const formOf = (page, act, filter = "") =>
  page.locator(`form:has(input[name="act"][value="${act}"])${filter}`).first();

/**
 * Opens what a form is folded into, and leaves it to the server to say what is wrong. Until it is
 * open, the page may put the whole list that it stands in anew.
 */
export async function unfold(form) {
  const isOpen = (element) =>
    element.isConnected && element.noValidate && element.closest("details")?.open !== false;
  while (!(await form.evaluate(isOpen))) {
    await form.evaluate((element) => {
      const fold = element.closest("details");
      if (fold) fold.open = true;
      element.noValidate = true;
    });
  }
}

const fieldOf = (form, name) => form.locator(`[name="${name}"]:not([type=hidden])`);

/** Fills in fields by name. A choice can be given a value that it does not offer. */
export async function fillIn(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = fieldOf(form, name);
    const [kind, options] = await field.first().evaluate((element) => [
      element.localName === "select" ? "select" : element.type,
      Array.from(element.options ?? [], (option) => option.value),
    ]);
    if (kind === "select" && !options.includes(value)) {
      await field.evaluate((element, text) => element.add(new Option(text, text)), value);
    }
    if (kind === "select") await field.selectOption(value);
    else if (kind === "checkbox" && value.startsWith?.("!")) await odd(field.first(), value);
    else if (kind === "checkbox") await form.locator(`[name="${name}"][value="${value}"]`).check();
    else if (kind === "radio") await form.locator(`[name="${name}"][value="${value}"]`).check();
    else if (["number", "color"].includes(kind)) await typeAnything(field, value);
    else await field.fill(value);
  }
}

/** A box that stands for something that is not offered. */
async function odd(box, value) {
  await box.evaluate((element, text) => {
    element.value = text;
    element.checked = true;
  }, value);
}

/** Browsers let only numbers into a field for numbers; programs send what they are given. */
async function typeAnything(field, value) {
  await field.evaluate((element) => {
    element.type = "text";
  });
  await field.fill(value);
}

/** What stands in the fields of a form. */
export async function valuesOf(form, names) {
  const values = {};
  for (const name of names) {
    values[name] = await fieldOf(form, name).evaluateAll((elements) => {
      const boxes = elements.filter(({ type }) => type === "checkbox" || type === "radio");
      if (boxes.length === 0) return elements[0].value;
      return boxes.filter(({ checked }) => checked).map(({ value }) => value).join(",");
    });
  }
  return values;
}

/** Sends a form; resolves to the answer. */
export async function send(page, form) {
  const answer = page.waitForResponse((one) => /text\/html/.test(one.headers()["content-type"]));
  await form.locator("button:not([type=button])").last().click();
  return answer;
}

/**
 * The form came back: what is wrong is said at the field `wrong`, where the focus stands; all else
 * that was typed is still there, and no secret came from the server.
 */
export async function assertSaidAt(page, form, { typed, wrong, offered = true, secrets = [] }, answer) {
  assert.ok([200, 422].includes(answer.status()), `the status ${answer.status()}`);
  const html = await answer.text();
  const field = fieldOf(form, wrong).first();
  await page.locator('[aria-invalid="true"]').first().waitFor();
  // Until then htmx leaves classes as they were in the page before.
  await page.locator(".htmx-settling").first().waitFor({ state: "hidden" });
  const seen = await field.evaluate((element) => ({
    invalid: element.getAttribute("aria-invalid"),
    visible: element.checkVisibility(),
    focus: element === document.activeElement,
    said: [...(element.closest("fieldset[aria-describedby]") ?? element)
      .getAttribute("aria-describedby")?.split(" ") ?? []]
      .map((id) => document.getElementById(id))
      .filter((one) => one?.matches(".error, .problem"))
      .map((one) => one.textContent.trim()).join(" "),
    ids: [...document.querySelectorAll("[id]")].map(({ id }) => id)
      .filter((id, index, all) => all.indexOf(id) !== index),
  }));
  assert.notEqual(seen.said, "", `nothing is said at ${wrong}`);
  assert.deepEqual({ ...seen, said: undefined },
    { invalid: "true", visible: true, focus: true, said: undefined, ids: [] }, wrong);
  for (const name of secrets) assert.ok(!html.includes(typed[name]), `${name} came back`);
  const names = Object.keys(typed)
    .filter((name) => !secrets.includes(name) && (offered || name !== wrong));
  assert.deepEqual(await valuesOf(form, names),
    Object.fromEntries(names.map((name) => [name, typed[name]])));
  return seen.said;
}

/**
 * Nothing is wrong for those who read otherwise, and nothing stands out of the side. The first can
 * be asked only where scripts run.
 */
export async function assertSound(page, hasScripts = true) {
  if (hasScripts) assert.deepEqual(await accessibilityFaults(page.mainFrame()), []);
  assert.equal(await isTooWide(page.mainFrame()), false, "it stands out of the side");
}

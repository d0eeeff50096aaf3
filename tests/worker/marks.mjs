// Looking for secrets in bytes: a mark is found however it is written, plain, in groups, in
// base64, hex, URL encoding or UTF-16, backwards, and a number also as an integer of a database.

import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** The bytes of every way to write bytes as text; base64 at each of the three places of a group. */
function written(bytes) {
  const hex = bytes.toString("hex");
  const forms = { hex, HEX: hex.toUpperCase() };
  for (const shift of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const text = padded.toString("base64").replace(/=+$/, "");
    // Characters that hold bits of the neighbours as well are left out.
    const inner = text.slice([0, 2, 3][shift], padded.length % 3 === 0 ? undefined : -1);
    forms[`base64+${shift}`] = inner;
    forms[`base64url+${shift}`] = inner.replace(/\+/g, "-").replace(/\//g, "_");
  }
  return forms;
}

/** Every way to write a text: `[[how, bytes], …]`. */
export function formsOfText(text) {
  const percent = [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`);
  const forms = {
    plain: text,
    url: encodeURIComponent(text),
    form: new URLSearchParams({ "": text }).toString().slice(1),
    percent: percent.join(""),
    PERCENT: percent.join("").toUpperCase(),
    json: JSON.stringify(text).slice(1, -1),
    backwards: [...text].reverse().join(""),
    ...written(Buffer.from(text)),
  };
  const list = Object.entries(forms).map(([how, form]) => [how, Buffer.from(form)]);
  return [...list, ["UTF-16", Buffer.from(text, "utf16le")]];
}

/** Every way to write bytes, raw among them. */
export function formsOfBytes(bytes) {
  const list = Object.entries(written(bytes)).map(([how, form]) => [how, Buffer.from(form)]);
  return [...list, ["raw", bytes]];
}

/** Every way to write a card number: also in groups, as an integer, and all but the last four. */
export function formsOfNumber(number) {
  const groups = number.match(/.{1,4}/g);
  const forms = [
    ...formsOfText(number),
    ["all but the last four", Buffer.from(number.slice(0, -4))],
    ...[" ", "-", "+", "%20", "\u00a0"].flatMap((between) =>
      formsOfText(groups.join(between)).map(([how, form]) => [`in groups, ${how}`, form])),
  ];
  const integer = Buffer.alloc(8);
  integer.writeBigInt64BE(BigInt(number));
  const digits = integer.subarray(integer.findIndex((byte) => byte !== 0));
  return [...forms, ["integer", digits], ["integer, reversed", Buffer.from(digits).reverse()]];
}

/** A security code is too short to be looked for alone: its name stands before it. */
export function formsOfCvc(code) {
  const names = [`"cvc":"${code}"`, `"cvc": "${code}"`, `"cvc":${code}`, `cvc]=${code}`,
    `cvc%5D=${code}`, `cvc=${code}`, `cvc: ${code}`, `"cvc\\":\\"${code}`];
  return names.flatMap((text) => formsOfText(text));
}

/** A key in PEM, or its base64: a line of it, as text and as bytes. */
function formsOfPrivateKey(key) {
  const text = key.replace(/-----[^-]+-----|\s/g, "");
  const part = text.slice(256, 320);
  return [...formsOfText(part), ...formsOfBytes(Buffer.from(part, "base64"))];
}

/** A webhook secret: as it is shown, and the key inside. */
export const formsOfWebhookSecret = (secret) =>
  [...formsOfText(secret), ...formsOfBytes(Buffer.from(secret.replace("whsec_", ""), "base64"))];

/** A key of ours: whole, and its secret part. */
export const formsOfKey = (key) => [...formsOfText(key), ...formsOfText(key.split("_").at(-1))];

/** The secrets among merchants' credentials, as marks: `{channel: {credentials}}`. */
export function marksOfAccounts(merchants) {
  return Object.entries(merchants).flatMap(([channel, { credentials }]) =>
    Object.entries(credentials)
      .filter(([name]) => /private_key|secret|api_v3_key/.test(name))
      .map(([name, value]) => [`${channel} ${name}`,
        /private_key/.test(name) ? formsOfPrivateKey(value) : formsOfText(value)]));
}

/** How many values three bytes have. */
const TRIPLES = 1 << 24;

/** Looks for many marks in one pass. `marks` is `[[name, forms], …]`. */
export class Search {
  #starts = new Uint8Array(TRIPLES);
  #needles = new Map();

  constructor(marks) {
    for (const [name, forms] of marks) {
      for (const [how, form] of forms) {
        if (form.length < 6) throw new Error(`${name}, ${how}: too short to be looked for`);
        const start = form.readUIntLE(0, 3);
        this.#starts[start] = 1;
        const known = this.#needles.get(start) ?? [];
        this.#needles.set(start, [...known, { name, how, form }]);
      }
    }
  }

  /** What is found in bytes or text: `["name, how, at place", …]`; empty if nothing is. */
  in(content, where = "") {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    const found = [];
    for (let at = 0; at + 2 < bytes.length; at += 1) {
      const start = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
      if (this.#starts[start] === 0) continue;
      for (const { name, how, form } of this.#needles.get(start)) {
        if (bytes.subarray(at, at + form.length).equals(form)) {
          found.push(`${name}, ${how}, ${where} at ${at}`);
        }
      }
    }
    return found;
  }
}

/** All files below a folder, but those that `isLeftOut` by their path: `[{path, bytes}, …]`. */
export function filesBelow(folder, isLeftOut = () => false) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !isLeftOut(relative(folder, path)))
    .flatMap((path) => {
      try {
        return [{ path: relative(folder, path), bytes: readFileSync(path) }];
      } catch (error) {
        // A database at work makes and removes journals.
        if (error.code === "ENOENT") return [];
        throw error;
      }
    });
}

/** The digit that makes a number a card's (ISO/IEC 7812-1, annex B), put at its end. */
export function withCheckDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = Number(digit) * (place % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

// The shop's static files, and the Content-Security-Policy that a shop with Causeway needs.

import { readFile } from "node:fs/promises";
import { extname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { createHash } from "node:crypto";
import { Problem } from "./answers.mjs";

const PUBLIC = fileURLToPath(new URL("../public/", import.meta.url));

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".mjs": "text/javascript; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Sends a file of `public/`. `pathname` is still percent-encoded. */
export async function sendFile(request, response, settings, pathname) {
  const page = await findFile(pathname === "/" ? "/index.html" : pathname);
  const status = page ? 200 : 404;
  const { name, bytes } = page ?? (await findFile("/404.html"));
  const body = extname(name) === ".html" ? fillIn(bytes, settings) : bytes;
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const headers = { ...headersFor(name, settings), etag, "content-length": body.length };
  if (status === 200 && request.headers["if-none-match"] === etag) {
    delete headers["content-length"];
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(status, headers);
  response.end(request.method === "HEAD" ? undefined : body);
}

async function findFile(pathname) {
  let name;
  try {
    name = decodeURIComponent(pathname).slice(1);
  } catch {
    throw new Problem(400, "bad_address", "The address is malformed.");
  }
  // Only plain names inside public/: no dot files, no climbing out, no other kinds of file.
  const parts = name.split("/");
  if (parts.some((part) => !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(part)) || !TYPES[extname(name)]) {
    return null;
  }
  try {
    return { name, bytes: await readFile(PUBLIC + parts.join(sep)) };
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "EISDIR") return null;
    throw error;
  }
}

/** The pages hold sample addresses, as a merchant would write them; ours go in here. */
function fillIn(bytes, settings) {
  const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return Buffer.from(
    bytes
      .toString("utf8")
      .replaceAll("https://pay.shop.example", escaped(settings.causewayUrl))
      .replaceAll("pk_live_demo_YOUR_PUBLISHABLE_KEY", escaped(settings.publishableKey)),
  );
}

function headersFor(name, settings) {
  const headers = {
    "content-type": TYPES[extname(name)],
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
  };
  if (extname(name) === ".svg") {
    // The checkout frame, on its own origin, shows these pictures in the order's summary.
    headers["cross-origin-resource-policy"] = "cross-origin";
    headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'";
  }
  if (extname(name) === ".html") {
    headers["content-security-policy"] = policyFor(name, settings.causewayUrl);
    headers["permissions-policy"] =
      `payment=(self "${settings.causewayUrl}"), camera=(), microphone=()`;
  }
  return headers;
}

/** What each page may load. The pages that take a payment allow the pay origin, and only they. */
export function policyFor(name, payOrigin) {
  const policy = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    // Forms are read by scripts; one that is sent too early must not put an address into a URL.
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
  };
  if (name === "checkout.html" || name === "no-server.html") {
    policy["script-src"] += ` ${payOrigin}`; // causeway.js
    policy["frame-src"] = payOrigin; // the checkout frame
  }
  if (name === "no-server.html") {
    policy["connect-src"] += ` ${payOrigin}`; // data-cart posts the basket to the pay origin
  }
  return Object.entries(policy)
    .map(([key, value]) => `${key} ${value}`)
    .join("; ");
}

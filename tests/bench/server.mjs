// The shop's own server: one page for each checkout that is measured, and the peers' bundles, in
// Brotli. Browsers find any name below `localhost` on this machine; which names are of one site,
// see `SHOP` and `PAY`.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

/** The shop's host. */
export const SHOP = "shop.localhost";
/** The worker's, where it is of the shop's site: `pay.shop.example` beside `shop.example`. */
export const PAY = `pay.${SHOP}`;
/** The worker's, where it is of a site of its own. */
export const APART = "127.0.0.1";

const TYPES = { css: "text/css", js: "text/javascript" };

/** Starts it over a folder of bundles. `pages` says what stands in a page, by its path. */
export async function serveShop(folder, pages) {
  const server = createServer((request, response) => {
    answer(folder, pages, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://${SHOP}:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(folder, pages, request, response) {
  const url = new URL(request.url, `http://${SHOP}`);
  const page = pages[url.pathname];
  if (page) {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(whole(page(url.searchParams)));
    return;
  }
  const [, name, ending] = /^\/([\w.-]+\.(\w+))$/.exec(url.pathname) ?? [];
  const file = name && join(folder, `${name}.br`);
  const content = file && (await readFile(file).catch(() => undefined));
  if (!content) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": `${TYPES[ending]}; charset=utf-8`,
    "content-encoding": "br",
    "cache-control": "public, max-age=31536000, immutable",
  });
  response.end(content);
}

function whole({ head, body }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A shop</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
<main>
<h1>Checkout</h1>
${body}
</main>
</body>
</html>
`;
}

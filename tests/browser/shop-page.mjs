// A shop's page as small as it can be, on a free port of `localhost`, which is another site than
// the pay origin. It embeds the checkout in the three ways there are, writes down the events it
// hears, and takes webhooks, which it verifies with the public Standard Webhooks library.

import { once } from "node:events";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { STEP_MS, at } from "./stack.mjs";

const EVENTS = ["ready", "change", "paid", "failed", "cancelled"];

/** Writes each event of the checkout into the page, so that tests can wait for it. */
const TOLD_JS = `
for (const type of ${JSON.stringify(EVENTS)}) {
  document.addEventListener(type, (event) => {
    if (event.target.localName !== "causeway-checkout") return;
    const item = document.createElement("li");
    item.dataset.type = type;
    item.dataset.state = event.detail?.state ?? "";
    item.textContent = type + " " + JSON.stringify(event.detail ?? null);
    document.getElementById("told").append(item);
  }, true);
}
`;

/** Starts the page; `close()` ends it. */
export async function startShopPage() {
  const webhooks = new Webhooks();
  const server = createServer((request, response) => {
    answer(request, response, webhooks).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const origin = `http://localhost:${port}`;
  return {
    origin,
    webhookUrl: `http://127.0.0.1:${port}/webhooks`,
    listenWith: (secret) => webhooks.listenWith(secret),
    event: (type, orderId) => webhooks.event(type, orderId),
    events: (orderId) => webhooks.of(orderId),
    /** The address of a page that embeds the checkout; see `embed` for the wishes. */
    url: (wishes) => `${origin}/?${new URLSearchParams({ wishes: JSON.stringify(wishes) })}`,
    returnUrl: `${origin}/return`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The webhooks that came in and were signed rightly. */
class Webhooks {
  #verifiers = [];
  #kept = new Map(); // webhook-id → event
  #waiting = new Set();

  listenWith(secret) {
    this.#verifiers.push(new Webhook(secret));
  }

  /** Takes one in; returns the status to answer with. */
  take(body, headers) {
    const isTrue = this.#verifiers.some((webhook) => {
      try {
        webhook.verify(body, headers, { jsonParse: false });
        return true;
      } catch {
        return false;
      }
    });
    if (!isTrue) return 401;
    this.#kept.set(headers["webhook-id"], JSON.parse(body));
    for (const look of this.#waiting) look();
    return 204;
  }

  of(orderId) {
    return [...this.#kept.values()].filter((event) => event.data.order.id === orderId);
  }

  /** The event of this type for this order, which may still be on its way. */
  event(type, orderId) {
    return new Promise((done, fail) => {
      const look = () => {
        const found = this.of(orderId).find((event) => event.type === type);
        if (!found) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        done(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const came = this.of(orderId).map((event) => event.type);
        fail(new Error(`no ${type} came for ${orderId}; what came: ${came.join(", ")}`));
      }, STEP_MS);
      this.#waiting.add(look);
      look();
    });
  }
}

async function answer(request, response, webhooks) {
  const url = new URL(request.url, "http://localhost");
  const send = (status, type, body) =>
    response.writeHead(status, { "content-type": `${type}; charset=utf-8`, ...POLICY }).end(body);
  if (request.method === "POST" && url.pathname === "/webhooks") {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const status = webhooks.take(Buffer.concat(chunks).toString(), request.headers);
    response.writeHead(status).end();
  } else if (url.pathname === "/told.js") {
    send(200, "text/javascript", TOLD_JS);
  } else if (url.pathname === "/return") {
    const order = url.searchParams.get("causeway_order") ?? "";
    send(
      200,
      "text/html",
      pageOf("en", `<h1>Back in the shop</h1><p id="order">${escape(order)}</p>`),
    );
  } else if (url.pathname === "/") {
    const wishes = JSON.parse(url.searchParams.get("wishes") ?? "{}");
    send(200, "text/html", pageOf(wishes.lang ?? "en", embed(wishes)));
  } else {
    response.writeHead(404).end();
  }
}

/** What a shop has to allow, and nothing more. */
const POLICY = {
  "content-security-policy": [
    "default-src 'none'",
    `script-src 'self' ${at.pay}`,
    `frame-src ${at.pay}`,
    `connect-src ${at.pay}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; "),
};

/**
 * `{order, locale?, theme?}` is the element; with `url` it has the frame in the markup instead of
 * the order, and with `late: true` no loader yet; with `script: true` the script tag alone;
 * `{cart, key, currency}` the script tag of a shop without a server.
 */
function embed({ order, url, late, locale, theme, script, cart, key, currency }) {
  const attributes = (values) =>
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}="${escape(value)}"`)
      .join("");
  const tag = (data) =>
    `<div id="place"></div><script async${attributes({ src: `${at.pay}/causeway.js`, ...data })}></script>`;
  const target = { "data-target": "#place" };
  if (cart) {
    const data = { "data-cart": JSON.stringify(cart), "data-key": key, "data-currency": currency };
    return tag({ ...data, ...target });
  }
  if (script) return tag({ "data-order": order, ...target });
  const themeText = theme && JSON.stringify(theme);
  if (url) {
    const frame = `<iframe${attributes({ src: url, allow: "payment" })}></iframe>`;
    const element = `<causeway-checkout${attributes({ locale, theme: themeText })}>`;
    return `${late ? "" : tag({})}${element}${frame}</causeway-checkout>`;
  }
  return (
    tag({}) +
    `<causeway-checkout${attributes({ order, locale, theme: themeText })}></causeway-checkout>`
  );
}

function pageOf(lang, body) {
  return `<!doctype html><html lang="${escape(lang)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>
<script src="/told.js"></script></head>
<body><main><h1>Checkout</h1>${body}</main><ol id="told" hidden></ol></body></html>`;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

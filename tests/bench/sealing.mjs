// How long it takes to seal a card: in our frame, as its Pay button does it, beside libraries.
//
// Ours is measured in the page that the worker serves, with the module that was built, from the
// submission of the form to the request that goes out: fields read and checked, sealed, written as
// text. A library is measured from the card's text to the sealed text.

import { generateKeyPairSync } from "node:crypto";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { XWing } from "@hpke/hybridkem-x-wing";
import { makeOrder, makeStore } from "../browser/stack.mjs";
import { Page } from "./conditions.mjs";
import { serveShop } from "./server.mjs";

/** How many further cards are sealed one after another: a browser's clock is coarse. */
const FURTHER = 20;

/** RSA as long as card channels have it. */
const RSA_BITS = 2048;

/** Takes the requests for attempts from the frame, and refuses them. */
const TAKE = `
{
  const real = globalThis.fetch;
  globalThis.fetch = (url, options) => {
    if (options?.method !== "POST") return real(url, options);
    globalThis.taken = { at: performance.now(), body: options.body };
    return Promise.resolve(new Response("{}", { status: 422 }));
  };
}
`;

/** Seals by the form, and tells how long it took. */
const SEAL = `
{
  const FIELDS = {
    number: "4242 4242 4242 4242",
    expiry: "11/39",
    cvc: "123",
    holder: "Ada Martin",
  };
  const once = async () => {
    for (const [id, text] of Object.entries(FIELDS)) document.getElementById(id).value = text;
    taken = undefined;
    const begun = performance.now();
    document.getElementById("form").requestSubmit();
    if (!(JSON.parse(taken.body).envelope?.length > 1000)) throw new Error("nothing was sealed");
    const { at } = taken;
    // The refusal comes back, and the form with it.
    const choose = document.getElementById("choose");
    do await new Promise((done) => setTimeout(done));
    while (choose.hidden);
    return at - begun;
  };
  globalThis.sealing = {
    async first() {
      const scripts = performance.getEntriesByType("resource");
      const arrived = scripts.find(({ name }) => name.includes("/assets/checkout.")).responseEnd;
      const pay = document.getElementById("pay");
      if (pay.disabled) {
        await new Promise((done) => {
          new MutationObserver(() => pay.disabled || done()).observe(pay, { attributes: true });
        });
      }
      await once();
      return taken.at - arrived;
    },
    async further(count) {
      let sum = 0;
      for (let done = 0; done < count; done += 1) sum += await once();
      return sum / count;
    },
  };
}
`;

/** Starts with the page. */
const BEGIN = `
addEventListener("DOMContentLoaded", () => { sealing.begun = sealing.first(); });
`;

/** Ours and the libraries, each measured in its turn. */
export class Sealing {
  #browser;
  #shop;
  #store;

  static async prepare(browser, bundles) {
    const sealing = new Sealing();
    sealing.#browser = browser;
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: RSA_BITS });
    const page = (name, key) => () => ({
      head: `<script type="module" src="/${name}.js"></script>`,
      body: `<script type="application/json" id="key">${JSON.stringify(key)}</script>`,
    });
    sealing.#shop = await serveShop(bundles, {
      "/jose": page("jose", publicKey.export({ format: "jwk" })),
      "/hpke": page("hpke", { x_wing: await xWingKey() }),
    });
    const { origin } = sealing.#shop;
    const shopPage = { origin, webhookUrl: `${origin}/webhooks`, listenWith() {} };
    sealing.#store = await makeStore(shopPage);
    return sealing;
  }

  close() {
    return this.#shop.close();
  }

  /** Ours: {first, further} in milliseconds. */
  async ours(slower) {
    const order = await makeOrder(this.#store);
    const url = `${process.env.CAUSEWAY_URL}/checkout/${order.client_token}`;
    return this.#measure(slower, url, TAKE + SEAL + BEGIN, "sealing.begun");
  }

  jose(slower) {
    return this.#measure(slower, `${this.#shop.origin}/jose`, "", "sealing.first()");
  }

  hpke(slower) {
    return this.#measure(slower, `${this.#shop.origin}/hpke`, "", "sealing.first()");
  }

  async #measure(slower, url, probe, firstly) {
    const page = await Page.open(this.#browser, slower, { probe: probe + LOADED });
    try {
      await page.go(url);
      await page.mark("loaded");
      const first = await page.run(firstly);
      const further = await page.run(`sealing.further(${FURTHER})`);
      if (page.troubles.length > 0) throw new Error(page.troubles.join("\n"));
      return { first, further };
    } finally {
      await page.close();
    }
  }
}

const LOADED = `addEventListener("load", () => causewayMark("loaded"));`;

async function xWingKey() {
  const kem = new XWing();
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
  const { publicKey } = await suite.kem.generateKeyPair();
  return Buffer.from(await suite.kem.serializePublicKey(publicKey)).toString("base64");
}

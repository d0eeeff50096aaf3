// How long until a shopper can type a card and pay, beside the forms of others: on a desktop, and
// on a slow phone with a slow network.
//
// Ours is measured until its own field is drawn and takes what is typed. The peers' fields come
// from their own hosts, which are not asked here, and without which both keep their form under a
// loading sign: a peer's form stands as soon as the labels of its card form are in the page, which
// is earlier than they are seen, and much earlier than a card can be typed.
//
// The worker has a name below the shop's, as README.md has it. Chromium gives a frame of another
// site a process of its own: ours is measured there too, and an empty one beside it.

import { makeOrder, makeStore } from "../browser/stack.mjs";
import { Page } from "./conditions.mjs";
import { braintreeAnswers, fieldFrames } from "./hosts.mjs";
import { APART, PAY, SHOP, serveShop } from "./server.mjs";

/** Looks at every frame that the browser draws; marks what is there, once it is drawn. */
const watch = (marks, there) => `
{
  const marks = ${JSON.stringify(marks)};
  const there = ${there};
  const look = () => {
    for (const [name, selectors] of Object.entries(marks)) {
      if (!selectors.every(there)) continue;
      delete marks[name];
      // After this frame was drawn.
      setTimeout(() => causewayMark(name));
    }
    if (Object.keys(marks).length > 0) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
`;

/** Looks in frames alone, and does not have the page round them at work while they come. */
const inFrames = (script) => `if (window !== top) ${script}`;

const SHOWN = `(selector) => {
  const element = document.querySelector(selector);
  return element && element.getClientRects().length > 0 && !element.disabled
    && getComputedStyle(element).visibility === "visible";
}`;

const PRESENT = "(selector) => document.querySelector(selector)";

const OURS = inFrames(
  watch(
    {
      typable: ["#frame #number"],
      payable: ["#frame #number", "#frame #pay"],
      paid: ['#frame #status[data-kind="paid"]'],
    },
    SHOWN,
  ),
);

const BARE = inFrames(watch({ typable: ["#number"] }, SHOWN));

const ADYEN = watch(
  {
    stands: [
      ".adyen-checkout__field--cardNumber .adyen-checkout__label",
      ".adyen-checkout__field--expiryDate .adyen-checkout__label",
      ".adyen-checkout__field--securityCode .adyen-checkout__label",
    ],
  },
  PRESENT,
);

const BRAINTREE = watch(
  {
    stands: [
      '[data-braintree-id="number-field-group"] .braintree-form__label',
      '[data-braintree-id="expiration-date-field-group"] .braintree-form__label',
      '[data-braintree-id="cvv-field-group"] .braintree-form__label',
    ],
  },
  PRESENT,
);

const FRAME =
  'allow="payment; autofill; publickey-credentials-get"' +
  ' style="display: block; width: 100%; height: 640px; border: 0"';
const LOADER = `<script async src="${process.env.CAUSEWAY_URL}/causeway.js"></script>`;

/** As a page names the worker when it is of the shop's site. */
const near = (text) => text.replace(`//${APART}:`, `//${PAY}:`);

/** A number that the simulator of Stripe knows, and one key after another. */
const CARD = { number: "4242424242424242", expiry: "1139", cvc: "123", holder: "Ada Martin" };

/** The forms, each measured in its turn. */
export class Forms {
  #browser;
  #shop;
  #fields;
  #store;

  static async prepare(browser, bundles) {
    const forms = new Forms();
    forms.#browser = browser;
    const peer = (name) => () => ({
      head:
        `<link rel="stylesheet" href="/${name}.css">\n` +
        `<script type="module" src="/${name}.js"></script>`,
      body: '<div id="checkout"></div>',
    });
    const style = "braintree-dropin-stylesheet";
    forms.#shop = await serveShop(bundles, {
      "/adyen": peer("adyen"),
      "/braintree": () => {
        const { head, body } = peer("braintree")();
        // With this id it does not ask its own host for the style.
        return { head: head.replace("<link", `<link id="${style}"`), body };
      },
      // As README.md embeds it: with the frame in the markup, or with the order's name alone.
      "/ours": (query) => ({
        head: "",
        body:
          `<causeway-checkout><iframe src="${query.get("url")}" ${FRAME}></iframe>` +
          `</causeway-checkout>${query.get("url").includes(PAY) ? near(LOADER) : LOADER}`,
      }),
      "/named": (query) => ({
        head: near(LOADER),
        body: `<causeway-checkout order="${query.get("order")}"></causeway-checkout>`,
      }),
      "/bare": (query) => ({ head: "", body: `<iframe src="${query.get("url")}"></iframe>` }),
    });
    forms.#fields = await serveShop(bundles, {
      "/field": () => ({ head: "", body: '<input id="number">' }),
    });
    const { origin } = forms.#shop;
    // The store's webhooks find nothing there, and are no part of this.
    const shopPage = { origin, webhookUrl: `${origin}/webhooks`, listenWith() {} };
    forms.#store = await makeStore(shopPage);
    return forms;
  }

  async close() {
    await Promise.all([this.#shop.close(), this.#fields.close()]);
  }

  /**
   * Ours, in milliseconds: `typable` and `payable` since the shop's page was asked for, `paid`
   * since Pay was pressed. And the bytes that came until it was payable.
   */
  ours(condition) {
    return this.#pay(condition, ({ checkout_url: url }) => ["ours", { url: near(url) }]);
  }

  /** Ours where the worker is of another site than the shop. */
  apart(condition) {
    return this.#pay(condition, ({ checkout_url: url }) => ["ours", { url }]);
  }

  /** Ours where the page names the order, and the loader makes the frame. */
  named(condition) {
    return this.#pay(condition, ({ client_token: order }) => ["named", { order }]);
  }

  async #pay(condition, embedded) {
    const [path, query] = embedded(await makeOrder(this.#store));
    const page = await Page.open(this.#browser, condition, { probe: OURS });
    try {
      await page.go(`${this.#shop.origin}/${path}?${new URLSearchParams(query)}`);
      const typable = await page.mark("typable");
      const { frame } = typable;
      // What is typed at that moment has to stay.
      await page.click("#number", frame);
      await page.type(CARD.number.slice(0, 4));
      const payable = await page.mark("payable");
      page.checkNetwork();
      const bytes = page.bytes();
      const kept = await page.run('document.getElementById("number").value', frame);
      if (kept !== CARD.number.slice(0, 4)) throw new Error(`The field holds "${kept}".`);
      await page.type(CARD.number.slice(4));
      for (const id of ["expiry", "cvc", "holder"]) {
        await page.click(`#${id}`, frame);
        await page.type(CARD[id]);
      }
      const pressed = await page.run(PRESS, frame);
      const paid = await page.mark("paid");
      if (page.troubles.length > 0) throw new Error(page.troubles.join("\n"));
      return {
        typable: typable.ms,
        payable: payable.ms,
        paid: paid.at - pressed,
        ...bytes,
      };
    } finally {
      await page.close();
    }
  }

  /**
   * The least that a frame of another site takes: one field in it and nothing else, from a server
   * like the shop's, and no loader.
   */
  async bare(condition) {
    const page = await Page.open(this.#browser, condition, { probe: BARE });
    try {
      // At the worker's address, which is another site than the shop's.
      const url = `${this.#fields.origin.replace(SHOP, APART)}/field`;
      await page.go(`${this.#shop.origin}/bare?${new URLSearchParams({ url })}`);
      const { ms } = await page.mark("typable");
      page.checkNetwork();
      return { typable: ms, ...page.bytes() };
    } finally {
      await page.close();
    }
  }

  /** Adyen's: `stands` in milliseconds since the page was asked for, and bytes. */
  adyen(condition) {
    const frames = fieldFrames("https://checkoutshopper-test.adyen.com/");
    return this.#peer("adyen", condition, ADYEN, [frames]);
  }

  /** Braintree's, likewise. */
  braintree(condition) {
    const frames = fieldFrames("https://assets.braintreegateway.com/");
    return this.#peer("braintree", condition, BRAINTREE, [...braintreeAnswers(), frames]);
  }

  async #peer(name, condition, probe, answers) {
    const page = await Page.open(this.#browser, condition, { probe, answers });
    try {
      await page.go(`${this.#shop.origin}/${name}`);
      const { ms } = await page.mark("stands");
      const ours = ({ url }) => url.startsWith(this.#shop.origin);
      page.requests = page.requests.filter(ours);
      page.checkNetwork();
      return { stands: ms, ...page.bytes() };
    } finally {
      await page.close();
    }
  }
}

/** Presses Pay; gives the moment by the clock of all frames. */
const PRESS = `
(() => {
  const at = performance.timeOrigin + performance.now();
  document.getElementById("pay").click();
  return at;
})()
`;

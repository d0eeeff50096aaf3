// What is asked of each library that seals: the same card, as base64url text for a request's body.

/** A card as it is sealed, and what it is bound to where that is possible. */
export const CARD = JSON.stringify({
  number: "4242424242424242",
  exp_month: 11,
  exp_year: 2039,
  cvc: "123",
  name: "Ada Martin",
});
export const BINDING = "01JD8Q9Z3V0000000000000000 att_01JD8Q9Z3V0000000000000000 USD 3320";

/** The recipient's public key, which the page carries. */
export const publicKey = () => JSON.parse(document.getElementById("key").textContent);

/**
 * Tells the bench how long the first sealing took, since the library's bytes were there, and how
 * long each of some further ones. `make` prepares the key, which is kept; what it gives seals.
 */
export function measure(make) {
  const scripts = performance.getEntriesByType("resource");
  const arrived = scripts.find(({ initiatorType }) => initiatorType === "script").responseEnd;
  const ready = make();
  const once = async () => {
    const text = await (await ready)();
    if (text.length < 200) throw new Error("nothing was sealed");
  };
  const first = once().then(() => performance.now() - arrived);
  globalThis.sealing = {
    first: () => first,
    async further(count) {
      const begun = performance.now();
      for (let done = 0; done < count; done += 1) await once();
      return (performance.now() - begun) / count;
    },
  };
}

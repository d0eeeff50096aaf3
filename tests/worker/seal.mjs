// Seals a card as the frame does, with an HPKE library that is not ours, so that our opening is
// checked by foreign code. The format: `shared/src/seal.rs`, `seal/binding.rs`, `card/plain.rs`.

import { createHash, randomBytes } from "node:crypto";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

const SUITE = new CipherSuite({
  kem: new XWing(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
});
const INFO = new TextEncoder().encode("causeway seal v1");
const VERSION = Buffer.of(1);

/** Cards that the simulator of Stripe knows, as Stripe publishes them for test mode. */
export const CARDS = {
  paid: "4242424242424242",
  declined: "4000000000000002",
  poor: "4000000000009995",
  challenged: "4000002500003155",
  refundPending: "4000000000007726",
  refundFails: "4000000000005126",
};

/** The plaintext of a card. */
export function plain(number, { month = 12, year = 2039, cvc = "123", name = "" } = {}) {
  return `{"number":"${number}","exp_month":${month},"exp_year":${year},"cvc":"${cvc}",`
    + `"name":${JSON.stringify(name)}}`;
}

/** The associated data of an attempt. */
export function associatedData({ order, attempt, account, amountMinor, currency }) {
  const amount = Buffer.alloc(8);
  amount.writeBigInt64BE(BigInt(amountMinor));
  return Buffer.concat([VERSION, field(order), field(attempt), field(account), amount,
    field(currency)]);
}

function field(text) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

/** Seals text to a public key (base64url) for an attempt. Returns the envelope as base64url. */
export async function seal(publicKey, binding, text) {
  const bytes = Buffer.from(publicKey, "base64url");
  const recipientPublicKey = await SUITE.kem.deserializePublicKey(bytes);
  const sender = await SUITE.createSenderContext({ recipientPublicKey, info: INFO });
  const sealed = await sender.seal(Buffer.from(text), associatedData(binding));
  const keyId = createHash("sha256").update(bytes).digest().subarray(0, 8);
  const parts = [VERSION, keyId, Buffer.from(sender.enc), Buffer.from(sealed)];
  return Buffer.concat(parts).toString("base64url");
}

/** The id of a new attempt: `att_` and 128 random bits in Crockford's base32. */
export function newAttemptId() {
  const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let number = BigInt(`0x${randomBytes(16).toString("hex")}`);
  let text = "";
  for (let i = 0; i < 26; i += 1) {
    text = digits[Number(number & 31n)] + text;
    number >>= 5n;
  }
  return `att_${text}`;
}

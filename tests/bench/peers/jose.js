// `jose`: a compact JWE, RSA-OAEP-256 with A256GCM, by the browser's own cryptography. It has no
// associated data of ours, and a recording of it is open to a later quantum computer.

import { CompactEncrypt, importJWK } from "jose";
import { CARD, measure, publicKey } from "./lib/sealing.js";

const HEADER = { alg: "RSA-OAEP-256", enc: "A256GCM" };

measure(async () => {
  const key = await importJWK(publicKey(), HEADER.alg);
  const card = new TextEncoder();
  return () => new CompactEncrypt(card.encode(CARD)).setProtectedHeader(HEADER).encrypt(key);
});

// `hpke-js`: the suite that ours has, X-Wing with ChaCha20-Poly1305, in JavaScript.

import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { BINDING, CARD, measure, publicKey } from "./lib/sealing.js";

measure(async () => {
  const suite = new CipherSuite({
    kem: new XWing(),
    kdf: new HkdfSha256(),
    aead: new Chacha20Poly1305(),
  });
  const key = Uint8Array.from(atob(publicKey().x_wing), (sign) => sign.charCodeAt(0));
  const recipientPublicKey = await suite.kem.deserializePublicKey(key.buffer);
  const text = new TextEncoder();
  const info = text.encode("causeway seal v1");
  return async () => {
    const sender = await suite.createSenderContext({ recipientPublicKey, info });
    const sealed = await sender.seal(text.encode(CARD), text.encode(BINDING));
    return base64url(new Uint8Array(sender.enc)) + base64url(new Uint8Array(sealed));
  };
});

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

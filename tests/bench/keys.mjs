// Throw-away keys and credentials of the bench: a merchant and a gateway for each channel.

import { generateKeyPairSync, randomBytes } from "node:crypto";

function rsa() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

/** The base64 between the lines of a PEM text. */
export function pemBody(pem) {
  return pem.replace(/-----[^-]+-----|\s/g, "");
}

/** `count` random characters of a lower-case hexadecimal text. */
export function randomHex(count) {
  return randomBytes(Math.ceil(count / 2)).toString("hex").slice(0, count);
}

/** Fresh keys, and the credentials that a merchant would enter. */
export function makeKeys() {
  const merchant = rsa();
  const gateway = rsa();
  const keys = {
    merchant,
    gateway,
    stripe: { secret_key: `sk_test_${randomHex(64)}`, webhook_secret: `whsec_${randomHex(32)}` },
    alipay: {
      app_id: "2021000000000001",
      seller_id: "2088000000000001",
      private_key: pemBody(merchant.privateKey),
      alipay_public_key: pemBody(gateway.publicKey),
    },
    wechat_pay: {
      mchid: "1900000001",
      appid: "wx0123456789abcdef",
      merchant_serial: randomBytes(20).toString("hex").toUpperCase(),
      merchant_private_key: merchant.privateKey,
      api_v3_key: randomHex(32),
      public_key_id: "PUB_KEY_ID_0119000000012026112200000000000001",
      public_key: gateway.publicKey,
    },
  };
  return keys;
}

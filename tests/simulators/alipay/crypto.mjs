/**
 * Signing and verifying as Alipay does it, with the functions of `alipay-sdk`.
 *
 * The package exports only the class; its own RSA2 signing (`signatureV3`: RSA with SHA-256 over a
 * given text) and certificate serial numbers (`getSN`) are taken from the files beside its entry.
 * What it lacks, because merchants never do it, is the text of a response or notice to sign.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AlipaySdk } from 'alipay-sdk';
import { makeAuthority, makeCertificate, makeEllipticAuthority, makeRsaKeys, pemBody,
  strangerPrivateKey } from '../keys.mjs';

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('alipay-sdk'));
const { signatureV3 } = require(join(folder, 'util.js'));
const { getSN } = require(join(folder, 'antcertutil.js'));

/** Signs `text` for this merchant with Alipay's key, or with a stranger's. RSA2, base64. */
export function sign(merchant, text, { forged = false } = {}) {
  return signatureV3(text, forged ? strangerPrivateKey() : merchant.data.keys.alipayPrivateKey);
}

/** `k=v&k=v` sorted by key, values raw; what Alipay signs of a notice or a return. */
export function sortedText(params) {
  return Object.keys(params).sort().map((key) => `${key}=${params[key]}`).join('&');
}

/**
 * Whether the merchant's app signed this request. `sign_type` is part of the signed text, and empty
 * values are not; the text itself is put together by the SDK.
 */
export function isSignedRequest(merchant, params) {
  const signed = Object.fromEntries(Object.entries(params)
    .filter(([key, value]) => key !== 'sign' && value !== ''));
  const sdk = new AlipaySdk({
    appId: merchant.id,
    // The constructor wants a private key; verifying does not use it.
    privateKey: merchant.data.keys.alipayPrivateKey,
    keyType: 'PKCS8',
    alipayPublicKey: pemBody(merchant.data.keys.appPublicKey),
  });
  return sdk.notifyRSACheck(signed, params.sign, 'RSA2', true);
}

/** Keys and credentials of a merchant in mode `key`. */
export async function makeKeyCredentials() {
  const [app, alipay] = await Promise.all([makeRsaKeys(), makeRsaKeys()]);
  return {
    keys: keysOf(app, alipay),
    credentials: {
      private_key: pemBody(app.privateKey),
      alipay_public_key: pemBody(alipay.publicKey),
    },
  };
}

let authorities;

/**
 * Alipay's authorities: a root bundle like the real one, which holds roots with RSA keys and with
 * other keys (there SM2, here P-256), and the issuer of apps' and Alipay's certificates.
 */
function alipayAuthorities() {
  authorities ??= Promise.all([
    makeEllipticAuthority('C=CN, O=Simulator NRCAC, CN=SIMULATOR ROOTCA'),
    makeAuthority('C=CN, O=Simulator Financial, OU=Certification Authority, '
      + 'CN=Simulator Certification Authority R1'),
    makeAuthority('C=CN, O=Simulator Trust Network, CN=Simulator Trust Network CA G1'),
    makeAuthority('C=CN, O=Simulator Financial, OU=Certification Authority, '
      + 'CN=Simulator Certification Authority Class 2 R1'),
  ]).then(([elliptic, first, second, issuer]) => ({
    roots: [elliptic, first, second].map(({ certificate }) => certificate).join('\n'),
    issuer,
  }));
  return authorities;
}

/** Keys, certificates and credentials of a merchant in mode `cert`. */
export async function makeCertCredentials(sellerId, appId) {
  const [app, alipay, { roots, issuer }] = await Promise.all([
    makeRsaKeys(), makeRsaKeys(), alipayAuthorities(),
  ]);
  const [appCert, alipayCert] = await Promise.all([
    makeCertificate(issuer, `C=CN, O=模拟商家, OU=Alipay, CN=${sellerId}-${appId}`, app),
    makeCertificate(issuer, `C=CN, O=模拟支付网络, OU=Alipay, CN=模拟支付-${sellerId}`, alipay),
  ]);
  return {
    keys: keysOf(app, alipay),
    serials: {
      app: getSN(appCert.pem), alipay: getSN(alipayCert.pem), root: getSN(roots, true),
    },
    credentials: {
      private_key: pemBody(app.privateKey),
      app_cert: appCert.pem,
      alipay_cert: alipayCert.pem,
      alipay_root_cert: roots,
    },
  };
}

function keysOf(app, alipay) {
  return { appPublicKey: app.publicKey, alipayPrivateKey: alipay.privateKey };
}

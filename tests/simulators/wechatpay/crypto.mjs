/**
 * Signing, verifying and encrypting as WeChat Pay does it, with `wechatpay-axios-plugin`: its
 * `Formatter` puts the signed texts together, its `Rsa` and `Aes` do the rest.
 */
import wechatpay from 'wechatpay-axios-plugin';
import { beijingRfc3339, randomText, unixSeconds } from '../common.mjs';
import { makeAuthority, makeCertificate, makeRsaKeys, strangerPrivateKey } from '../keys.mjs';

const { Aes, Formatter, Rsa } = wechatpay;

/** What a signature starts with that WeChat Pay sends to see whether it is checked. */
const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/';

const SCHEME = 'WECHATPAY2-SHA256-RSA2048';

/** The fields of an Authorization header; `null` unless it has all five, once each. */
export function parseAuthorization(header = '') {
  if (!header.startsWith(`${SCHEME} `)) return null;
  const fields = {};
  for (const part of header.slice(SCHEME.length + 1).split(',')) {
    const match = /^\s*([a-z_]+)="([^"]*)"\s*$/.exec(part);
    if (!match || Object.hasOwn(fields, match[1])) return null;
    [, , fields[match[1]]] = match;
  }
  const needed = ['mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no'];
  return needed.every((name) => fields[name]) ? fields : null;
}

/** The text that a request's signature covers. */
export function requestText(context, { timestamp, nonce_str: nonce }) {
  return Formatter.request(context.method, context.url, timestamp, nonce, context.text);
}

/** Whether the merchant signed `text`. */
export function isSignedByMerchant(merchant, text, signature) {
  return Rsa.verify(text, signature, merchant.data.keys.merchantPublicKey);
}

/** The four headers that sign a body, of an answer or of a notice. */
export function signatureHeaders(merchant, body, { forged, skewSeconds = 0, probe } = {}) {
  const timestamp = unixSeconds() + skewSeconds;
  const nonce = Formatter.nonce();
  const key = forged ? strangerPrivateKey() : merchant.data.keys.platformPrivateKey;
  const signature = Rsa.sign(Formatter.response(timestamp, nonce, body), key);
  return {
    'wechatpay-nonce': nonce,
    'wechatpay-serial': merchant.data.platform.id,
    'wechatpay-signature': probe ? PROBE_PREFIX + signature : signature,
    'wechatpay-signature-type': SCHEME,
    'wechatpay-timestamp': String(timestamp),
  };
}

/** Encrypts for the merchant: AEAD_AES_256_GCM under its APIv3 key. */
export function encrypted(merchant, plaintext, associatedData) {
  const nonce = randomText(12);
  const key = merchant.data.credentials.api_v3_key;
  return {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Aes.AesGcm.encrypt(plaintext, key, nonce, associatedData),
    associated_data: associatedData,
    nonce,
  };
}

/** Whether `paySign` of the parameters for WeixinJSBridge is the merchant's. */
export function isSignedForBridge(merchant, parameters) {
  const { appId, timeStamp, nonceStr, package: prepay, signType, paySign } = parameters;
  if (signType !== 'RSA' || typeof paySign !== 'string') return false;
  const text = Formatter.joinedByLineFeed(appId, timeStamp, nonceStr, prepay);
  return Rsa.verify(text, paySign, merchant.data.keys.merchantPublicKey);
}

let authority;

/** Keys of a merchant and of the platform it talks to; in mode `certificate` with a certificate. */
export async function makeKeys(mode, publicKeyId) {
  const [merchant, platform] = await Promise.all([makeRsaKeys(), makeRsaKeys()]);
  const keys = {
    merchantPublicKey: merchant.publicKey, platformPrivateKey: platform.privateKey,
  };
  if (mode === 'public_key') {
    return { merchant, platform, keys, identity: { id: publicKeyId, certificate: null } };
  }
  authority ??= makeAuthority('C=CN, O=Simulator Tenpay, OU=Simulator CA Center, '
    + 'CN=Simulator Tenpay Root CA');
  const { pem, serial } = await makeCertificate(await authority,
    'C=CN, ST=Guangdong, L=Shenzhen, O=Simulator Tenpay, CN=Simulator Tenpay sign', platform);
  return { merchant, platform, keys, identity: { id: serial, certificate: pem } };
}

/** GET /v3/certificates: the platform certificate, encrypted for the merchant. */
export function certificateList(merchant) {
  const { id, certificate } = merchant.data.platform;
  const day = 24 * 3600 * 1000;
  return {
    data: [{
      serial_no: id,
      effective_time: beijingRfc3339(Date.now() - day),
      expire_time: beijingRfc3339(Date.now() + 5 * 365 * day),
      encrypt_certificate: encrypted(merchant, certificate, 'certificate'),
    }],
  };
}

/**
 * Keys and certificates of simulated merchants and gateways. None of them is of any worth.
 *
 * Keys come from node:crypto, certificates from @peculiar/x509: no channel SDK makes either.
 * Everything is handed around as PEM text, so that it can be saved.
 */
// Its polyfill has to be there before @peculiar/x509 is loaded.
import 'reflect-metadata';
import {
  createPrivateKey, createPublicKey, generateKeyPair, randomBytes, webcrypto,
} from 'node:crypto';
import { promisify } from 'node:util';
import * as x509 from '@peculiar/x509';

const generate = promisify(generateKeyPair);
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** Pairs that are handed out in turn, once `shareKeys` was called. */
let shared = null;
let turn = 0;

/** From now on `count` pairs are handed out in turn: a thousand merchants need not so many. */
export async function shareKeys(count) {
  shared = await Promise.all(Array.from({ length: count }, generateKeys));
}

/** An RSA key pair of 2048 bits: `{privateKey, publicKey}` as PKCS#8 and SPKI PEM; a fresh one. */
export async function makeRsaKeys() {
  if (shared === null) return generateKeys();
  turn += 1;
  return shared[turn % shared.length];
}

function generateKeys() {
  return generate('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

let stranger;

/** Makes the key pair that belongs to nobody, with which forgeries are signed; once a process. */
export async function prepareStranger() {
  stranger ??= await makeRsaKeys();
}

/** The private key of nobody, as PEM; `prepareStranger` must have been awaited. */
export function strangerPrivateKey() {
  return stranger.privateKey;
}

/** The base64 between the lines of a PEM text. */
export function pemBody(pem) {
  return pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
}

/** A certificate authority: `{certificate, keys, name}`, the certificate being self-signed. */
export async function makeAuthority(name, algorithm = RSA) {
  const keys = algorithm === RSA ? await importedKeys(await makeRsaKeys())
    : await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    notBefore: new Date(Date.now() - YEAR_MS),
    notAfter: new Date(Date.now() + 20 * YEAR_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { certificate: certificate.toString('pem'), keys, name };
}

/** A self-signed authority with an elliptic key: stands where Alipay's SM2 root stands. */
export function makeEllipticAuthority(name) {
  return makeAuthority(name, EC);
}

/** A certificate for `keys`, issued by `authority`: `{pem, serial}`, serial in upper-case hex. */
export async function makeCertificate(authority, name, keys) {
  const serial = serialNumber();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: name,
    issuer: authority.name,
    notBefore: new Date(Date.now() - 24 * 3600 * 1000),
    notAfter: new Date(Date.now() + 5 * YEAR_MS),
    signingAlgorithm: RSA,
    publicKey: (await importedKeys(keys)).publicKey,
    signingKey: authority.keys.privateKey,
  });
  return { pem: certificate.toString('pem'), serial: serial.toUpperCase() };
}

/** 20 bytes in hex; the first is kept in 0x40..0x7f so that DER adds and drops none. */
export function serialNumber() {
  const bytes = randomBytes(20);
  bytes[0] = 0x40 | (bytes[0] & 0x3f);
  return bytes.toString('hex');
}

async function importedKeys({ privateKey, publicKey }) {
  const pkcs8 = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, RSA, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, RSA, true, ['verify']),
  };
}

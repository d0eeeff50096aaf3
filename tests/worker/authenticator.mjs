// A passkey in software: what an authenticator and a browser would hand over (WebAuthn Level 3,
// sections 5.8.1 and 6.1), with as many faults as a test asks for.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const PRESENT = 0x01;
const VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

const sha256 = (data) => createHash("sha256").update(data).digest();
export const text = (bytes) => Buffer.from(bytes).toString("base64url");

/** The head of a CBOR item: its kind and its number or length. */
function head(major, argument) {
  if (argument < 24) return Buffer.from([(major << 5) | argument]);
  if (argument < 256) return Buffer.from([(major << 5) | 24, argument]);
  return Buffer.from([(major << 5) | 25, argument >> 8, argument & 255]);
}

/** A value in CBOR; a `Map` keeps its order. */
export function cbor(value) {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, value.length), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const entries = [...value].flatMap(([key, one]) => [cbor(key), cbor(one)]);
  return Buffer.concat([head(5, value.size), ...entries]);
}

/** A passkey of a site (`party`) whose pages have this origin. */
export class Authenticator {
  count = 0;

  constructor(party, origin) {
    Object.assign(this, { party, origin, id: randomBytes(32) });
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.privateKey = privateKey;
    const { x, y } = publicKey.export({ format: "jwk" });
    [this.x, this.y] = [x, y].map((number) => Buffer.from(number, "base64url"));
  }

  #clientData(type, challenge, { origin = this.origin, client = {} }) {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...client }));
  }

  #data(flags, { party = this.party, count = this.count }, more = Buffer.alloc(0)) {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(count);
    return Buffer.concat([sha256(party), Buffer.from([flags]), counted, more]);
  }

  /** Makes the passkey: what `navigator.credentials.create` gives, as bytes. */
  create({ challenge, type = "webauthn.create", flags = PRESENT | VERIFIED, ...faults }) {
    const { x = this.x, y = this.y, alg = -7 } = faults;
    const key = cbor(new Map([[1, 2], [3, alg], [-1, 1], [-2, x], [-3, y]]));
    const length = Buffer.from([this.id.length >> 8, this.id.length & 255]);
    const made = Buffer.concat([Buffer.alloc(16), length, this.id, key]);
    const data = this.#data(flags | HAS_CREDENTIAL, faults, made);
    const attestation = cbor(new Map([["fmt", "none"], ["attStmt", new Map()],
      ["authData", data]]));
    return { id: this.id, clientData: this.#clientData(type, challenge, faults), attestation };
  }

  /** Uses the passkey: what `navigator.credentials.get` gives, as bytes. */
  get({ challenge, type = "webauthn.get", flags = PRESENT | VERIFIED, ...faults }) {
    const clientData = this.#clientData(type, challenge, faults);
    const data = this.#data(flags, faults);
    const signed = Buffer.concat([data, sha256(clientData)]);
    const signature = sign("sha256", signed, faults.key ?? this.privateKey);
    return { id: this.id, clientData, data, signature };
  }
}

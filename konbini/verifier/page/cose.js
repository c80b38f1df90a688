// COSE_Sign1 (RFC 9052) with ES256, as docs/paper-seal.md has it: one beginning, one envelope, WebCrypto for the rest.

import { decode, encode, Malformed } from "./cbor.js";

const START = Uint8Array.of(0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0);
const PROTECTED = Uint8Array.of(0xa1, 0x01, 0x26);
const NOTHING = new Uint8Array(0);
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE_BYTES = 64;

/** What is signed stands for one kind and one sender. */
export const Kind = Object.freeze({ PAGE_SEAL: 220, ISSUER_LIST: 221, STATUS_LIST: 222 });

/**
 * Read a message before its signature is checked.
 * @param {Uint8Array} message
 * @returns {{ payload: Uint8Array, signature: Uint8Array }}
 */
export function unchecked(message) {
  if (!START.every((byte, index) => message[index] === byte)) throw new Malformed("not our COSE_Sign1");
  const rest = new Uint8Array(message.length - START.length + 1);
  rest[0] = 0x82;
  rest.set(message.subarray(START.length), 1);
  const parts = decode(rest);
  if (!Array.isArray(parts) || parts.length !== 2) throw new Malformed("not our COSE_Sign1");
  const [payload, signature] = parts;
  if (!(payload instanceof Uint8Array) || !(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) {
    throw new Malformed("not our COSE_Sign1");
  }
  return { payload, signature };
}

/**
 * Say whether a message is signed with a key, as this kind and from this sender.
 * @param {Uint8Array} message
 * @param {Uint8Array} point the key, an uncompressed point
 * @param {number} kind
 * @param {string} sender
 */
export async function isSigned(message, point, kind, sender) {
  const { payload, signature } = unchecked(message);
  const context = encode(["konbini/1", kind, sender, "*", NOTHING, 0, 1, NOTHING]);
  const signed = encode(["Signature1", PROTECTED, context, payload]);
  const key = await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, signed);
}

/**
 * Give a key's id: SHA-256 of its point, the first 8 bytes, in hexadecimal.
 * @param {Uint8Array} point
 */
export async function keyId(point) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", point)).subarray(0, 8));
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
export function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

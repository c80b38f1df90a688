// Reads deterministic CBOR (RFC 8949, 4.2.1) as our seals and lists use it: integers, bytes, text, booleans, null,
// arrays, and at the outside the one tag and the one map of COSE_Sign1. What is not the shortest writing of a value,
// and whatever follows it, is refused. Numbers above 2^53 - 1 are refused: nothing of ours has one.

const MOST_DEPTH = 8;
const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Malformed extends Error {}

/** A tagged value. */
export class Tagged {
  /** @param {number} tag @param {unknown} value */
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/**
 * Decode exactly one value.
 * @param {Uint8Array} data
 * @returns {unknown} numbers, strings, booleans, null, Uint8Array, arrays, Map, Tagged
 */
export function decode(data) {
  const reader = new Reader(data);
  const value = reader.value(MOST_DEPTH);
  if (reader.position !== data.length) throw new Malformed("bytes after the value");
  return value;
}

class Reader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.position = 0;
  }

  /** @param {number} depth @returns {unknown} */
  value(depth) {
    if (depth === 0) throw new Malformed("nested too deep");
    const [major, argument] = this.head();
    switch (major) {
      case 0: return argument;
      case 1: return -1 - argument;
      case 2: return this.take(argument).slice();
      case 3: return this.text(argument);
      case 4: return this.array(argument, depth);
      case 5: return this.map(argument, depth);
      case 6: return new Tagged(argument, this.value(depth - 1));
      default: return simple(argument);
    }
  }

  head() {
    const first = this.take(1)[0];
    const major = first >> 5;
    const short = first & 31;
    if (major === 7 || short < 24) return [major, short];
    const width = { 24: 1, 25: 2, 26: 4, 27: 8 }[short];
    if (width === undefined) throw new Malformed("a length that is not of this subset");
    const argument = [...this.take(width)].reduce((sum, byte) => sum * 256 + byte, 0);
    const least = { 1: 24, 2: 256, 4: 65536, 8: 4294967296 }[width];
    if (argument < least || argument > Number.MAX_SAFE_INTEGER) throw new Malformed("not the shortest writing");
    return [major, argument];
  }

  /** @param {number} count */
  take(count) {
    if (count > this.data.length - this.position) throw new Malformed("cut short");
    this.position += count;
    return this.data.subarray(this.position - count, this.position);
  }

  /** @param {number} count */
  text(count) {
    try {
      return TEXT.decode(this.take(count));
    } catch (error) {
      throw error instanceof Malformed ? error : new Malformed("not UTF-8");
    }
  }

  /** @param {number} count @param {number} depth */
  array(count, depth) {
    if (count > this.data.length - this.position) throw new Malformed("cut short");
    return Array.from({ length: count }, () => this.value(depth - 1));
  }

  /** @param {number} count @param {number} depth */
  map(count, depth) {
    const found = new Map();
    for (let index = 0; index < count; index += 1) {
      const key = this.value(depth - 1);
      if (found.has(key)) throw new Malformed("a key twice");
      found.set(key, this.value(depth - 1));
    }
    return found;
  }
}

/** @param {number} argument */
function simple(argument) {
  if (argument === 20 || argument === 21) return argument === 21;
  if (argument === 22) return null;
  throw new Malformed("a type that is not of this subset");
}

/**
 * Encode arrays, text, bytes and small integers: what a Sig_structure is made of.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function encode(value) {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return value < 0 ? start(1, -1 - value) : start(0, value);
  }
  if (typeof value === "string") {
    const text = new TextEncoder().encode(value);
    return joined([start(3, text.length), text]);
  }
  if (value instanceof Uint8Array) return joined([start(2, value.length), value]);
  if (Array.isArray(value)) return joined([start(4, value.length), ...value.map(encode)]);
  throw new Malformed("cannot be written");
}

/** @param {number} major @param {number} argument */
function start(major, argument) {
  if (argument < 24) return Uint8Array.of((major << 5) | argument);
  if (argument < 256) return Uint8Array.of((major << 5) | 24, argument);
  if (argument < 65536) return Uint8Array.of((major << 5) | 25, argument >> 8, argument & 255);
  const bytes = new Uint8Array(5);
  bytes[0] = (major << 5) | 26;
  new DataView(bytes.buffer).setUint32(1, argument);
  return bytes;
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

// Opens what is signed: page seals, the issuer list, status lists (docs/paper-seal.md). Nothing is inflated, and nothing
// of a seal believed, before its signature holds. Fails with a Refusal, whose reason is a name of sentences.json.

import { decode, Malformed } from "./cbor.js";
import { hex, isSigned, Kind, keyId, unchecked } from "./cose.js";
import { dayAfter, inEra } from "./era.js";

const FORMAT = 1;
const PAGES_USE = 1;
const STATUS_USE = 2;
const MOST_SEAL_BYTES = 2953;
const MOST_BODY_BYTES = 16384;
const MOST_PACKED_BYTES = 4096;
const MOST_STATUS_BYTES = 1 << 22;
const MOST_PLACES = 12;
const MOST_INDEX = 2 ** 24 - 1;
const MOST_TEXT = 256;
const FIRST_ISSUE = "2000-01-01";
const FIRST_DAY = "1873-01-01";
const WITHHELD = [5, 6];
const IMAGE = 27;
const IMAGE_BYTES = 16;

/** @typedef {{ person: number, item: number, text?: string, mark?: string, digest?: string }} Fact */
/** @typedef {{ municipality: string, name: string, nameEnglish: string, use: number, point: Uint8Array, begins: number, ends: number, id: string }} Key */
/** @typedef {{ version: number, issued: number, expires: number, keys: Map<string, Key> }} Issuers */
/** @typedef {{ municipality: string, incarnation: number, issued: number, expires: number, count: number, bytes: Uint8Array }} Status */
/** @typedef {{ number: string, municipality: string, incarnation: number, issuedOn: string, index: number, page: number, pages: number, setHash: string, kind: number, scope: number, facts: Fact[], key: Key }} Page */

export class Refusal extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** @param {boolean} holds @param {string} why */
function need(holds, why) {
  if (!holds) throw new Malformed(why);
}

/** @param {unknown} value @param {number} most @returns {number} */
function natural(value, most) {
  need(Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most, "a number out of range");
  return Number(value);
}

/**
 * Open a page's seal.
 * @param {Uint8Array} code
 * @param {Issuers} issuers
 * @returns {Promise<Page>}
 */
export async function openPage(code, issuers) {
  need(code.length <= MOST_SEAL_BYTES, "too long");
  const payload = decode(unchecked(code).payload);
  need(Array.isArray(payload) && Number.isInteger(payload[0]), "not a page seal");
  const [version, id, coding, packed, ...rest] = /** @type {unknown[]} */ (payload);
  if (version !== FORMAT) throw new Refusal("seal_newer");
  need(id instanceof Uint8Array && id.length === 8 && packed instanceof Uint8Array && rest.length === 0, "not a page seal");
  need(Number.isInteger(coding), "not a page seal");
  const key = issuers.keys.get(`${PAGES_USE}:${hex(/** @type {Uint8Array} */ (id))}`);
  if (key === undefined) throw new Refusal("key_unknown");
  if (!(await isSigned(code, key.point, Kind.PAGE_SEAL, key.municipality))) throw new Refusal("signature_wrong");
  const page = readBody(await unpack(coding, /** @type {Uint8Array} */ (packed)), key);
  if (page.municipality !== key.municipality) throw new Refusal("key_unknown");
  if (!inForce(key, page.issuedOn)) throw new Refusal("key_expired");
  return page;
}

/** @param {unknown} coding @param {Uint8Array} packed */
async function unpack(coding, packed) {
  need(packed.length <= MOST_PACKED_BYTES && (coding === 0 || coding === 1), "an unknown coding");
  return coding === 0 ? packed : inflate(packed, "deflate-raw", MOST_BODY_BYTES);
}

/** @param {Uint8Array} packed @param {CompressionFormat} way @param {number} most */
async function inflate(packed, way, most) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream(way)).getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: null }));
    if (value === null) throw new Malformed("not deflated");
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Malformed("too long");
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** @param {Uint8Array} body @param {Key} key @returns {Page} */
function readBody(body, key) {
  const values = decode(body);
  need(Array.isArray(values) && values.length > 9, "not a body");
  const [ward, day, serial, index, page, pages, set, kind, scope, ...groups] = /** @type {unknown[]} */ (values);
  need(set instanceof Uint8Array && set.length === 8, "no set hash");
  const municipality = String(natural(ward, 999_999)).padStart(6, "0");
  const issuedOn = dayAfter(FIRST_ISSUE, natural(day, 36_524));
  const places = natural(pages, MOST_PLACES);
  const place = natural(page, places);
  need(place > 0, "page 0");
  const digits = String(natural(serial, 99_999_999)).padStart(8, "0");
  return {
    number: numberOf(municipality, issuedOn, digits),
    municipality,
    incarnation: Number(digits[0]),
    issuedOn,
    index: natural(index, MOST_INDEX),
    page: place,
    pages: places,
    setHash: hex(/** @type {Uint8Array} */ (set)).toUpperCase(),
    kind: natural(kind, 255),
    scope: natural(scope, 255),
    facts: factsOf(groups),
    key,
  };
}

/** @param {unknown[]} groups */
function factsOf(groups) {
  /** @type {Fact[]} */
  const facts = [];
  let before = -1;
  for (const group of groups) {
    need(Array.isArray(group) && group.length > 2, "not a person's items");
    const [who, bits, ...values] = /** @type {unknown[]} */ (group);
    const person = natural(who, MOST_PLACES);
    need(person > before, "people not in their order");
    before = person;
    const items = [...natural(bits, 2 ** 48).toString(2)].reverse().flatMap((bit, item) => (bit === "1" ? [item] : []));
    need(items.length === values.length, "other items than values");
    facts.push(...items.map((item, place) => ({ person, item, ...valueOf(item, values[place]) })));
  }
  need(facts.length > 0, "no items");
  return facts;
}

/** @param {number} item @param {unknown} value @returns {{ text?: string, mark?: string, digest?: string }} */
function valueOf(item, value) {
  const isWithheld = WITHHELD.includes(item);
  if (value instanceof Uint8Array) {
    need(item === IMAGE && value.length === IMAGE_BYTES, "an image out of place");
    return { digest: hex(value) };
  }
  need(item !== IMAGE, "an image is missing");
  if (typeof value === "number") {
    if (value >= 0) {
      need(!isWithheld, "a number that may not stand here");
      return { text: inEra(dayAfter(FIRST_DAY, value)) };
    }
    const mark = { "-1": "omitted", "-2": "unused", "-3": "blank", "-4": "printed" }[String(value)];
    need(mark !== undefined && (mark !== "printed" || isWithheld), "an unknown mark");
    return { mark };
  }
  need(typeof value === "string" && !isWithheld && value.length > 0 && [...String(value)].length <= MOST_TEXT, "no value");
  need(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(String(value)), "no printed text");
  return { text: String(value) };
}

/** ISO/IEC 7064 MOD 11,10. @param {string} ward @param {string} day @param {string} serial */
function numberOf(ward, day, serial) {
  const date = day.slice(2).replaceAll("-", "");
  let product = 10;
  for (const digit of ward + date + serial) {
    product = (((product + Number(digit)) % 10 || 10) * 2) % 11;
  }
  return `${ward}-${date}-${serial}-${(11 - product) % 10}`;
}

/** @param {Key} key @param {string} day yyyy-mm-dd */
function inForce(key, day) {
  const number = Number(day.replaceAll("-", ""));
  return key.begins <= number && number <= key.ends;
}

/**
 * Open the issuer list.
 * @param {Uint8Array} signed
 * @param {Uint8Array} authority the directory authority's point
 * @param {number} newestSeen
 * @returns {Promise<Issuers>}
 */
export async function openIssuers(signed, authority, newestSeen) {
  if (!(await isSigned(signed, authority, Kind.ISSUER_LIST, "directory authority"))) throw new Refusal("lists_unusable");
  const values = decode(unchecked(signed).payload);
  need(Array.isArray(values) && values.length === 4 && Array.isArray(values[3]), "not an issuer list");
  const [version, issued, expires, listed] = /** @type {any[]} */ (values);
  if (natural(version, Number.MAX_SAFE_INTEGER) < newestSeen) throw new Refusal("lists_unusable");
  /** @type {Map<string, Key>} */
  const keys = new Map();
  for (const entry of listed) {
    need(Array.isArray(entry) && entry.length === 7 && entry[4] instanceof Uint8Array, "not a key");
    const [municipality, name, nameEnglish, use, point, begins, ends] = entry;
    need(/^[0-9]{6}$/.test(municipality), "no municipality code");
    const id = await keyId(point);
    need(!keys.has(`${PAGES_USE}:${id}`) && !keys.has(`${STATUS_USE}:${id}`), "a key twice");
    keys.set(`${use}:${id}`, { municipality, name, nameEnglish, use, point, begins, ends, id });
  }
  return { version, issued: natural(issued, 2 ** 40), expires: natural(expires, 2 ** 40), keys };
}

/**
 * Open a status list.
 * @param {Uint8Array} signed
 * @param {Issuers} issuers
 * @returns {Promise<Status>}
 */
export async function openStatus(signed, issuers) {
  const values = decode(unchecked(signed).payload);
  need(Array.isArray(values) && values.length === 9 && values[0] === FORMAT, "not a status list");
  const [, id, municipality, incarnation, issued, expires, bits, count, packed] = /** @type {any[]} */ (values);
  need(id instanceof Uint8Array && packed instanceof Uint8Array && bits === 2, "not a status list");
  const key = issuers.keys.get(`${STATUS_USE}:${hex(id)}`);
  if (key === undefined) throw new Refusal("key_unknown");
  if (!(await isSigned(signed, key.point, Kind.STATUS_LIST, key.municipality))) throw new Refusal("signature_wrong");
  const made = new Date((natural(issued, 2 ** 40) + 9 * 3600) * 1000).toISOString().slice(0, 10);
  if (municipality !== key.municipality || !inForce(key, made)) throw new Refusal("key_expired");
  const bytes = await inflate(packed, "deflate", MOST_STATUS_BYTES);
  need(bytes.length === Math.ceil(natural(count, MOST_INDEX + 1) / 4), "of another size than it says");
  return { municipality, incarnation: natural(incarnation, 9), issued, expires: natural(expires, 2 ** 40), count, bytes };
}

/**
 * Give a paper's status: "valid", "withdrawn", "unsettled", "void", or null where the list ends before it.
 * @param {Status} list
 * @param {number} index
 */
export function statusOf(list, index) {
  if (index >= list.count) return null;
  return ["valid", "withdrawn", "unsettled", "void"][(list.bytes[index >> 2] >> (2 * (index & 3))) & 3];
}

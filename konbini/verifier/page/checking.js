// Judges pages together, as `konbini verify` does (konbini/verifier/checking.py): whole sets, statuses, the gravest reason.

import { Malformed } from "./cbor.js";
import { openPage, Refusal, statusOf } from "./seal.js";

/** @typedef {import("./seal.js").Page} Page */
/** @typedef {import("./seal.js").Issuers} Issuers */
/** @typedef {import("./seal.js").Status} Status */
/** @typedef {{ issuers: Issuers, statuses: Status[] }} Lists */
/** @typedef {{ pages: Page[], missing: number[], listed: Status | undefined, reason: string }} Certificate */

const GRAVEST_FIRST = ["forged", "key", "revoked", "incomplete", "not_checkable", "valid"];

/**
 * Judge one code: the page whose seal holds, or the reason against it; null where it is no seal at all.
 * @param {Uint8Array} code
 * @param {Issuers} issuers
 * @returns {Promise<Page | string | null>}
 */
export async function judgeCode(code, issuers) {
  try {
    return await openPage(code, issuers);
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    if (error instanceof Malformed || error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Put pages together by issuance number; where several are begun, each must be whole.
 * @param {Page[]} pages
 * @param {Lists} lists
 * @param {number} moment Unix seconds
 * @param {Record<string, { verdict: string }>} sentences
 * @returns {Certificate[]}
 */
export function certificatesOf(pages, lists, moment, sentences) {
  const groups = Map.groupBy === undefined ? grouped(pages) : Map.groupBy(pages, (page) => page.number);
  const found = [...groups.values()].map((group) => certificate(group, lists, moment));
  const isMixed = found.length > 1 && found.some((one) => one.missing.length > 0);
  return found.map(({ reasons, ...one }) => {
    const all = isMixed && one.missing.length > 0 ? [...reasons, "pages_mixed"] : reasons;
    return { ...one, reason: gravest(all, sentences) };
  });
}

/** @param {Page[]} pages */
function grouped(pages) {
  /** @type {Map<string, Page[]>} */
  const groups = new Map();
  for (const page of pages) groups.set(page.number, [...(groups.get(page.number) ?? []), page]);
  return groups;
}

/** @param {Page[]} pages @param {Lists} lists @param {number} moment */
function certificate(pages, lists, moment) {
  const different = [...new Map(pages.map((page) => [said(page), page])).values()].sort((one, other) => one.page - other.page);
  const places = new Set(different.map((page) => page.page));
  const first = different[0];
  const missing = Array.from({ length: first.pages }, (_, index) => index + 1).filter((place) => !places.has(place));
  /** @type {string[]} */
  const reasons = [];
  if (new Set(different.map(setOf)).size > 1 || places.size !== different.length) reasons.push("pages_mixed");
  else if (missing.length > 0) reasons.push("pages_missing");
  if (moment >= lists.issuers.expires) reasons.push("issuers_outdated");
  const listed = lists.statuses
    .filter((list) => list.municipality === first.municipality && list.incarnation === first.incarnation)
    .sort((one, other) => other.issued - one.issued)[0];
  reasons.push(statusReason(first, listed, moment));
  return { pages: different, missing, listed, reasons };
}

/** @param {Page} page @param {Status | undefined} listed @param {number} moment */
function statusReason(page, listed, moment) {
  if (listed === undefined) return "status_missing";
  const status = statusOf(listed, page.index);
  if (status === "void" || status === "withdrawn") return status;
  if (moment >= listed.expires) return "status_outdated";
  if (status === null) return "status_earlier";
  return status === "unsettled" ? "status_unsettled" : "valid";
}

/** @param {Page} page */
function said(page) {
  return JSON.stringify({ ...page, key: page.key.id });
}

/** @param {Page} page */
function setOf(page) {
  return JSON.stringify([page.number, page.setHash, page.index, page.pages, page.kind, page.scope]);
}

/**
 * Give the reason that is told: the gravest, of equally grave ones the first.
 * @param {string[]} reasons
 * @param {Record<string, { verdict: string }>} sentences
 */
export function gravest(reasons, sentences) {
  const grave = (/** @type {string} */ reason) => GRAVEST_FIRST.indexOf(sentences[reason].verdict);
  return reasons.reduce((worst, reason) => (grave(reason) < grave(worst) ? reason : worst));
}

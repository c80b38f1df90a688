// The lists that were published beside this page. The newest version seen is remembered, so that none goes back.

import { unhex } from "./cose.js";
import { openIssuers, openStatus } from "./seal.js";

const NEWEST = "newest-issuer-list";

/** @typedef {{ authority: string, issuers: string, statuses: string[], items: Record<string, string[]>, kinds: Record<string, string[]>, scopes: Record<string, string[]> }} Published */

/** @param {string} name @returns {Promise<any>} */
export async function json(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.json();
}

/** @param {string} name */
async function bytes(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * Open every list; fails where one is not what it should be.
 * @param {Published} published
 */
export async function openLists(published) {
  const seen = Number(localStorage.getItem(NEWEST) ?? 0);
  const issuers = await openIssuers(await bytes(published.issuers), unhex(published.authority), seen);
  localStorage.setItem(NEWEST, String(issuers.version));
  const signed = await Promise.all(published.statuses.map(bytes));
  return { issuers, statuses: await Promise.all(signed.map((one) => openStatus(one, issuers))) };
}

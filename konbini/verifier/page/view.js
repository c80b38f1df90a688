// Draws a result. Text goes in as text alone, never as markup.

import { inEra } from "./era.js";
import { filled, WORDS } from "./words.js";

const SIGNS = {
  good: ["M24 4l17 7v12c0 11-7 18-17 21C14 41 7 34 7 23V11z", "M16 24l6 6 11-12"],
  bad: ["M15 4h18l11 11v18L33 44H15L4 33V15z", "M16.5 16.5l15 15M31.5 16.5l-15 15"],
  care: ["M24 6l20 35H4z", "M24 19v10M24 34.5v.5"],
};
const LOOKS = { valid: "good", not_checkable: "care", incomplete: "care", forged: "bad", revoked: "bad", key: "bad" };
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {import("./checking.js").Certificate} Certificate */
/** @typedef {import("./lists.js").Published} Published */
/** @typedef {"ja" | "en"} Language */

/** @param {string} name @param {Record<string, string>} [marks] @param {(Node | string)[]} inside */
export function made(name, marks = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(marks)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

/** @param {number} moment Unix seconds @param {Language} language */
export function when(moment, language) {
  const zone = { timeZone: "Asia/Tokyo" };
  const locale = language === "ja" ? "ja-JP" : "en-GB";
  return new Intl.DateTimeFormat(locale, { ...zone, dateStyle: "long", timeStyle: "short" }).format(moment * 1000);
}

/** @param {string} day yyyy-mm-dd @param {Language} language */
function dayIn(day, language) {
  if (language === "ja") return inEra(day);
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(Date.parse(day));
}

/** @param {string} look @param {string} sentence */
function verdict(look, sentence) {
  const sign = document.createElementNS(SVG, "svg");
  sign.setAttribute("viewBox", "0 0 48 48");
  sign.setAttribute("aria-hidden", "true");
  for (const line of SIGNS[/** @type {keyof SIGNS} */ (look)]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    sign.append(path);
  }
  return made("div", { class: `card verdict ${look}` }, sign, made("div", {}, made("h2", {}, sentence)));
}

/** @param {[string, string, string?][]} entries */
export function list(entries) {
  return made("dl", {}, ...entries.map(([term, value, mark]) => made("div", {}, made("dt", {}, term), made("dd", mark ? { class: mark } : {}, value))));
}

/**
 * A sentence alone: nothing of a certificate was read.
 * @param {string} reason
 * @param {Record<string, Record<string, string>>} sentences
 * @param {Language} language
 */
export function sentenceAlone(reason, sentences, language) {
  const look = LOOKS[/** @type {keyof LOOKS} */ (sentences[reason].verdict)];
  return verdict(look, sentences[reason][language]);
}

/**
 * One certificate: what is said of it, what is proved and what not, and every fact.
 * @param {Certificate} one
 * @param {Published} published
 * @param {Record<string, Record<string, string>>} sentences
 * @param {Language} language
 */
export function certificate(one, published, sentences, language) {
  const words = WORDS[language];
  const first = one.pages[0];
  const told = {
    issuer: language === "ja" ? first.key.name : first.key.nameEnglish,
    issued: dayIn(first.issuedOn, language),
    as_of: one.listed === undefined ? "—" : when(one.listed.issued, language),
    pages: first.pages,
    missing: one.missing.join(", "),
  };
  const kind = sentences[one.reason].verdict;
  const parts = [verdict(LOOKS[/** @type {keyof LOOKS} */ (kind)], filled(sentences[one.reason][language], told))];
  if (kind !== "forged" && kind !== "key") parts.push(proofs(one, told, language));
  parts.push(facts(one, published, told, language));
  return made("article", { "data-reason": one.reason, "data-verdict": kind, "data-number": first.number }, ...parts, pages(one, words));
}

/** @param {Certificate} one @param {Record<string, unknown>} told @param {Language} language */
function proofs(one, told, language) {
  const words = WORDS[language];
  const first = one.pages[0];
  const isValid = one.reason === "valid";
  const proved = [words.provedContent];
  if (one.missing.length === 0) proved.push(first.pages === 1 ? words.provedOne : words.provedSet);
  if (isValid) proved.push(words.provedStatus);
  const not = [words.notPaper, words.notOriginal, ...(isValid ? [words.notSince] : [])];
  const items = (/** @type {string[]} */ texts) => made("ul", {}, ...texts.map((text) => made("li", {}, filled(text, told))));
  return made("div", { class: "card proof" },
    made("section", {}, made("h2", {}, words.proved), items(proved)),
    made("section", { class: "not" }, made("h2", {}, words.notProved), items(not)));
}

/** @param {Certificate} one @param {Published} published @param {Record<string, unknown>} told @param {Language} language */
function facts(one, published, told, language) {
  const words = WORDS[language];
  const side = language === "ja" ? 0 : 1;
  const first = one.pages[0];
  const card = made("section", { class: "card facts" }, made("h2", {}, words.compare), made("p", { class: "note" }, words.compareNote),
    made("h3", {}, words.whole),
    list([
      [words.kind, published.kinds[first.kind]?.[side] ?? String(first.kind)],
      [words.scope, published.scopes[first.scope]?.[side] ?? String(first.scope)],
      [words.issuer, String(told.issuer)],
      [words.issuedOn, inEra(first.issuedOn)],
      [words.number, first.number],
      [words.setHash, first.setHash],
    ]));
  let shown = 0;
  for (const page of one.pages) {
    const people = [...new Set(page.facts.map((fact) => fact.person))];
    for (const person of people.filter((each) => each > 0 || page === first)) {
      const title = person === 0 ? null : filled(words.person, { n: person });
      if (page.page !== shown && first.pages > 1) card.append(made("h3", {}, filled(words.page, { n: page.page })));
      shown = page.page;
      if (title !== null) card.append(made("h3", {}, title));
      card.append(list(page.facts.filter((fact) => fact.person === person).map((fact) => entry(fact, published, words, side))));
    }
  }
  return card;
}

/**
 * @param {import("./seal.js").Fact} fact
 * @param {Published} published
 * @param {Record<string, string>} words
 * @param {number} side
 * @returns {[string, string, string?]}
 */
function entry(fact, published, words, side) {
  const label = published.items[fact.item]?.[side] ?? filled(words.unknownItem, { n: fact.item });
  if (fact.text !== undefined) return [label, fact.text];
  if (fact.digest !== undefined) return [label, filled(words.digest, { digest: fact.digest }), "mark"];
  return [label, words[String(fact.mark)], "mark"];
}

/** @param {Certificate} one @param {Record<string, string>} words */
function pages(one, words) {
  const total = one.pages[0].pages;
  if (total === 1) return "";
  const seen = new Set(one.pages.map((page) => page.page));
  const marks = Array.from({ length: total }, (_, index) =>
    made("li", seen.has(index + 1) ? { class: "seen" } : {}, `${seen.has(index + 1) ? "✓ " : ""}${index + 1} / ${total}`));
  return made("section", { class: "card" }, made("h2", {}, words.pagesRead), made("ul", { class: "pages" }, ...marks),
    one.missing.length > 0 ? made("p", { class: "note" }, words.more) : "");
}

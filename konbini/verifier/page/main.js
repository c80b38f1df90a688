// Ties the page together: lists, camera, files, and what is shown of them.

import { Camera } from "./camera.js";
import { certificatesOf, judgeCode } from "./checking.js";
import { codesInPicture, prepare } from "./codes.js";
import { json, openLists } from "./lists.js";
import { certificate, list, made, sentenceAlone, when } from "./view.js";
import { filled, WORDS } from "./words.js";

const MOST_FILE_BYTES = 48 * 2 ** 20;
const LANGUAGE = "language";

/** @template {HTMLElement} T @param {string} id @returns {T} */
const element = (id) => /** @type {T} */ (document.getElementById(id));

const result = element("result");
const busy = element("busy");
/** @type {HTMLButtonElement} */
const cameraButton = element("camera");
/** @type {HTMLInputElement} */
const fileInput = element("file");

/** @type {"ja" | "en"} */
let language = localStorage.getItem(LANGUAGE) === "en" || (localStorage.getItem(LANGUAGE) === null && !navigator.language.startsWith("ja")) ? "en" : "ja";
/** @type {Record<string, Record<string, string>>} */
let sentences = {};
/** @type {import("./lists.js").Published | null} */
let published = null;
/** @type {import("./checking.js").Lists | null} */
let lists = null;
/** @type {Map<string, import("./seal.js").Page>} */
let pages = new Map();
/** @type {Set<string>} */
let against = new Set();
let saying = "";

const camera = new Camera(element("video"), (codes) => void take(codes));

/** @param {string} word a name of WORDS, or nothing */
function say(word) {
  saying = word;
  busy.textContent = word === "" ? "" : WORDS[language][/** @type {keyof typeof WORDS.ja} */ (word)];
}

function showWords() {
  const words = /** @type {Record<string, string>} */ (WORDS[language]);
  document.documentElement.lang = language;
  document.title = words.title;
  for (const place of document.querySelectorAll("[data-words]")) {
    place.textContent = words[/** @type {HTMLElement} */ (place).dataset.words ?? ""];
  }
  const button = element("language");
  button.textContent = words.language;
  button.lang = language === "ja" ? "en" : "ja";
  element("camera-words").textContent = camera.isRunning ? words.cameraStop : words.camera;
  say(saying);
  showLists();
  showResult();
}

function showLists() {
  const words = WORDS[language];
  const state = element("lists-state");
  if (lists === null) {
    state.replaceChildren(words.listsNone);
    return;
  }
  const { issuers, statuses } = lists;
  const spoken = (/** @type {{ issued: number, expires: number }} */ one) => ({ issued: when(one.issued, language), expires: when(one.expires, language) });
  const named = (/** @type {string} */ code) => {
    const key = [...issuers.keys.values()].find((each) => each.municipality === code);
    return key === undefined ? code : language === "ja" ? key.name : key.nameEnglish;
  };
  state.replaceChildren(...list([
    [words.listsIssuers, filled(words.listsIssuersState, { version: issuers.version, ...spoken(issuers) })],
    ...statuses.map((one) => /** @type {[string, string]} */ ([words.listsStatus, filled(words.listsStatusState, { name: named(one.municipality), ...spoken(one) })])),
  ]).children);
}

function showResult() {
  if (lists === null || published === null || (pages.size === 0 && against.size === 0)) return;
  const moment = Math.floor(Date.now() / 1000);
  const shown = [...against].map((reason) => sentenceAlone(reason, sentences, language));
  for (const one of certificatesOf([...pages.values()], lists, moment, sentences)) {
    shown.push(certificate(one, published, sentences, language));
  }
  const again = made("button", { type: "button", class: "second again" }, WORDS[language].again);
  again.addEventListener("click", forget);
  result.replaceChildren(...shown, again);
  result.hidden = false;
}

function forget() {
  pages = new Map();
  against = new Set();
  result.hidden = true;
  result.replaceChildren();
  say("");
  element("title").scrollIntoView();
}

/**
 * Judge codes and show what came of them.
 * @param {Uint8Array[]} codes
 * @returns {Promise<boolean>} whether any of them was a seal
 */
async function take(codes) {
  if (lists === null) return false;
  let isSeal = false;
  let isNew = false;
  for (const code of codes) {
    const judged = await judgeCode(code, lists.issuers);
    if (judged === null) continue;
    isSeal = true;
    if (typeof judged === "string") {
      isNew ||= !against.has(judged);
      against.add(judged);
    } else {
      const key = JSON.stringify({ ...judged, key: judged.key.id });
      isNew ||= !pages.has(key);
      pages.set(key, judged);
    }
  }
  if (isNew) {
    against.delete("seal_missing");
    showResult();
    if (camera.isRunning && isComplete()) stopCamera();
    result.focus({ preventScroll: camera.isRunning });
    if (!camera.isRunning) result.scrollIntoView({ block: "start" });
  }
  return isSeal;
}

function isComplete() {
  const articles = [...result.querySelectorAll("article")];
  return articles.length > 0 && articles.every((each) => each.dataset.verdict !== "incomplete");
}

function stopCamera() {
  camera.stop();
  element("sight").hidden = true;
  element("camera-words").textContent = WORDS[language].camera;
  if (saying === "aim") say("");
}

async function toggleCamera() {
  if (camera.isRunning) {
    stopCamera();
    return;
  }
  try {
    element("sight").hidden = false;
    await camera.start();
    element("camera-words").textContent = WORDS[language].cameraStop;
    say("aim");
  } catch (error) {
    stopCamera();
    say("noCamera");
    console.info(error instanceof Error ? error.name : "camera");
  }
}

/** @param {File[]} files */
async function look(files) {
  say("looking");
  for (const file of files) {
    const reason = await lookAt(file);
    if (reason !== null) {
      against.add(reason);
      showResult();
    }
  }
  say("");
}

/** @param {File} file @returns {Promise<string | null>} the reason why nothing was read */
async function lookAt(file) {
  if (file.size > MOST_FILE_BYTES) return "file_unreadable";
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return "file_unreadable";
  }
  try {
    return (await take(await codesInPicture(picture))) ? null : "seal_missing";
  } finally {
    picture.close();
  }
}

async function begin() {
  element("language").addEventListener("click", () => {
    language = language === "ja" ? "en" : "ja";
    localStorage.setItem(LANGUAGE, language);
    showWords();
  });
  cameraButton.addEventListener("click", () => void toggleCamera());
  fileInput.addEventListener("change", () => {
    const files = [...(fileInput.files ?? [])];
    fileInput.value = "";
    void look(files);
  });
  showWords();
  sentences = await json("sentences.json");
  try {
    published = await json("published.json");
    lists = await openLists(/** @type {import("./lists.js").Published} */ (published));
    await prepare();
    cameraButton.disabled = false;
    fileInput.disabled = false;
  } catch (error) {
    lists = null;
    result.replaceChildren(sentenceAlone("lists_unusable", sentences, language));
    result.hidden = false;
    console.info(error instanceof Error ? `${error.name}: ${error.message}` : "lists");
  }
  showLists();
  document.documentElement.dataset.ready = lists === null ? "no" : "yes";
  if ("serviceWorker" in navigator) await navigator.serviceWorker.register("offline.js");
}

void begin();

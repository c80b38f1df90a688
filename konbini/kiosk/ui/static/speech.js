// Says what the page lists under #speech, clip by clip; the page decides what, this file when. Whatever is said is told
// to the document as it happens: "saying", "said" and "cut" events with the words in their detail.
const AT_ONCE = ["screen", "news", "choice"];
const ANEW = ["news", "setting"];
const player = new Audio();
let [queue, clips, words, heard, scene] = [[], [], "", new Set(), ""];

export const speech = () => document.getElementById("speech");
export const isOn = () => "audio" in speech().dataset;
const items = (...roles) => [...speech().children].filter((each) => roles.includes(each.dataset.role));
const tell = (kind) => document.dispatchEvent(new CustomEvent(kind, { detail: words }));

function adjust() {
  player.volume = speech().dataset.volume / 5;
  player.playbackRate = player.defaultPlaybackRate = speech().dataset.rate / 100;
}

function advance() {
  if (clips.length) {
    player.src = `/clip/${clips.shift()}`;
    adjust();
    player.play().catch(() => {}); // an interrupted clip rejects; one that cannot be played has its "error" event
    return;
  }
  if (words) tell("said");
  words = "";
  const next = queue.shift();
  if (!next) return;
  [words, clips] = [next.words, next.clips.split(" ").filter(Boolean)];
  tell("saying");
  advance();
}

export function interrupt() {
  queue = clips = [];
  player.pause();
  if (words) tell("cut");
  words = "";
}

function say(list) {
  if (!isOn()) return;
  interrupt();
  queue = list;
  advance();
}

// A choice with how it stands: ticked or not is known here alone until the form is sent.
export function utterance(item, control) {
  const { clips: own, ticked, tickedText, unticked, untickedText } = item.dataset;
  const stands = ticked === undefined ? ["", ""] : control?.checked ? [ticked, tickedText] : [unticked, untickedText];
  return { clips: `${own} ${stands[0]}`.trim(), words: `${item.textContent} ${stands[1]}`.trim() };
}

export const sayItem = (item, control) => say([utterance(item, control)]);
export const sayAll = (find) => say(items(...AT_ONCE).map((each) => utterance(each, find(each))));
const cued = (name) => items("cue").find((each) => each.dataset.cue === name);
export function cue(name) {
  if (cued(name)) sayItem(cued(name));
}

// The seconds that are left break nothing off: they come after what is being said.
export function cueNext(name) {
  if (!isOn() || !cued(name)) return;
  queue.unshift(utterance(cued(name)));
  if (!words) advance();
}

// After the page has changed: another screen or dialog is said whole, the same one only where it has news.
export function follow(find) {
  const { step } = document.documentElement.dataset;
  const now = `${step} ${speech().dataset.over} ${document.documentElement.lang} ${isOn()}`;
  const fresh = items(...ANEW).filter((each) => !heard.has(each.textContent));
  heard = new Set([...speech().children].map((each) => each.textContent));
  if (!isOn()) interrupt();
  else if (now !== scene) sayAll(find);
  else if (words && fresh.every((each) => each.dataset.role === "setting")) adjust(); // heard in what is being said
  else if (fresh.length) say(fresh.map((each) => utterance(each)));
  scene = now;
}

player.addEventListener("ended", advance);
player.addEventListener("error", () => {
  tell("mute");
  advance();
});

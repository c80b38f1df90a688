// The keypad: a number or an arrow steps to a choice of the page's list, Enter takes it, as a finger would. Works with
// and without speech. PIN and postcode take the digits themselves: each is one tone, and no digit of a PIN is ever said.
import { beep } from "./chime.js";
import { cue, interrupt, isOn, sayAll, sayItem, speech } from "./speech.js";

const [DIGIT, GONE] = [880, 440];
const ACTS = { "+": "volume.louder", "-": "volume.softer", ArrowRight: "rate.faster", ArrowLeft: "rate.slower" };
let [at, typed, filled] = ["", "", 0];

const entries = () => [...speech().querySelectorAll("[data-for]")].filter(control);
const field = () => document.querySelector("#pin, #digits");
const isOver = () => speech().dataset.over !== "";

export function control(entry) {
  if (!entry.dataset.for) return null;
  const scope = document.querySelector(".dialog") ?? document.querySelector(".kiosk");
  const found = [...scope.querySelectorAll("button, input")].find((each) => `${each.name}=${each.value}` === entry.dataset.for);
  return found?.type === "hidden" ? found.form.querySelector("button.main") : found;
}

function step(entry) {
  at = entry.dataset.for;
  control(entry).focus();
  sayItem(entry, control(entry));
}

function move(way) {
  const all = entries();
  const here = all.findIndex((each) => each.dataset.for === at);
  const next = here < 0 ? (way > 0 ? 0 : all.length - 1) : (here + way + all.length) % all.length;
  if (all[next]) step(all[next]);
}

// "1" and then "2" is the twelfth choice where there is one, else the second.
function number(digit) {
  const all = entries();
  typed = all[typed + digit - 1] ? typed + digit : digit;
  if (all[typed - 1]) step(all[typed - 1]);
  else typed = "";
}

function enter(event) {
  const focused = document.activeElement;
  if (focused.matches("[type=checkbox], [type=radio]")) {
    event.preventDefault();
    focused.click();
    const entry = entries().find((each) => control(each) === focused);
    if (entry) sayItem(entry, focused);
  } else if (focused === field() && focused.value.length < focused.maxLength) cue(`entered-${focused.value.length}`);
  else if (!focused.matches("button, input")) cue("choose");
}

function leave(name) {
  const entry = entries().find((each) => each.dataset.for === name);
  if (entry) step(entry);
}

// Tones for what is typed; a postcode's digits are said where the page has words for them: with headphones alone.
export function typing() {
  const length = field()?.value.length ?? 0;
  if (length !== filled && field() && isOn()) {
    beep(length > filled ? DIGIT : GONE);
    if (length > filled && field().id === "digits") cue(`digit-${field().value.at(-1)}`);
  }
  filled = length;
}

export function reset() {
  [at, typed, filled] = ["", "", field()?.value.length ?? 0];
}

export function keypad(event, send) {
  const { key } = event;
  const input = isOver() ? null : field();
  if (!(key in ACTS)) interrupt();
  if (!/^\d$/.test(key)) typed = "";
  if (key === "*") isOn() ? sayAll(control) : speech().dataset.canSpeak === "true" && send("audio.on");
  else if (key in ACTS && isOn()) send(ACTS[key]);
  else if (key === "ArrowDown" || key === "ArrowUp") move(key === "ArrowDown" ? 1 : -1);
  else if (/^\d$/.test(key) && !input) number(key);
  else if (key === "Backspace" && !input?.value) leave(isOver() ? "act=panel.closed" : "act=back");
  else if (key === "Escape") leave(isOver() ? "act=panel.closed" : "act=cancel");
  else {
    if (key === "Enter") enter(event);
    return;
  }
  event.preventDefault();
}

// Keeps the page in step with the visit: follows the version in the event stream, posts forms without a reload,
// keeps what is half typed when only the language or a figure changed. Without this file every form still works.
import { chime } from "./chime.js";
import { count, press } from "./keypad.js";
import { control, keypad, reset, typing } from "./keys.js";
import { cue, cueNext, follow as speak } from "./speech.js";

const root = document.documentElement;
const [QUIET_BETWEEN_PINGS, RETRY] = [5000, 500];
let [wanted, fetching, pinged] = [null, false, 0];
const inputs = () => [...document.querySelectorAll("main input:not([type=hidden])")];
const named = (control) => (control?.name ? `${control.name}=${control.value}` : "");

function settle(isNewStep) {
  chime(document.body.dataset.sound);
  count();
  if (isNewStep) reset();
  const dialog = document.querySelector("[role=alertdialog] h2, [role=dialog] h2");
  if (dialog) dialog.focus();
  else if (isNewStep) (document.querySelector("[data-focus]") ?? document.querySelector("h1")).focus();
  speak(control);
}

async function load() {
  const answer = await fetch("/");
  if (!answer.ok) throw new Error(`page: ${answer.status}`);
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const isNewStep = next.documentElement.dataset.step !== root.dataset.step;
  const kept = isNewStep ? [] : inputs().map(({ type, value, checked }) => ({ type, value, checked }));
  const held = isNewStep ? "" : named(document.activeElement);
  root.removeAttribute("aria-busy");
  for (const { name, value } of next.documentElement.attributes) root.setAttribute(name, value);
  document.title = next.title;
  document.body.replaceWith(next.body);
  inputs().slice(0, kept.length).forEach((input, index) => {
    input.checked = kept[index].checked;
    if (input.type === "password") input.value = kept[index].value;
  });
  settle(isNewStep);
  if (held) document.querySelectorAll("button, input").forEach((each) => named(each) === held && each.focus());
}

async function follow(version) {
  wanted = version;
  if (fetching) return;
  fetching = true;
  while (wanted !== null && wanted !== root.dataset.version) {
    wanted = null;
    await load().catch(() => setTimeout(() => follow(version), RETRY));
  }
  fetching = false;
}

function listen() {
  const stream = new EventSource("/events");
  stream.onopen = () => delete root.dataset.lost;
  stream.onmessage = ({ data }) => follow(data);
  stream.onerror = () => {
    root.dataset.lost = "";
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, RETRY);
  };
}

function post(form, button, act) {
  const body = new URLSearchParams(new FormData(form, button));
  if (act) body.set("act", act);
  return fetch("/act", { method: "POST", body, redirect: "manual" }).catch(() => null);
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const least = form.querySelector("[data-least-words]");
  if (least && !form.querySelector("input:checked")) {
    least.textContent = least.dataset.leastWords;
    cue("least");
  } else if (root.getAttribute("aria-busy") !== "true") {
    root.setAttribute("aria-busy", "true");
    await post(form, event.submitter);
    if (form.classList.contains("pin")) form.reset();
    await follow("");
  }
});

function ping() {
  if (Date.now() - pinged < QUIET_BETWEEN_PINGS) return;
  pinged = Date.now();
  post(here());
}

const here = () => document.getElementById("here");
document.addEventListener("keydown", (event) => keypad(event, (act) => post(here(), null, act)));
for (const kind of ["click", "keydown"]) document.addEventListener(kind, press);
for (const kind of ["click", "keydown", "input"]) document.addEventListener(kind, typing);
// Who listens is there; the warning itself is no sign of anybody.
document.addEventListener("saying", () => document.querySelector("[role=alertdialog]") ?? ping());
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, ping);
document.addEventListener("input", count);
setInterval(() => {
  const place = document.querySelector("[data-countdown]");
  if (!place) return;
  place.dataset.countdown = Math.max(0, place.dataset.countdown - 1);
  place.textContent = place.dataset.words.replace("#", place.dataset.countdown);
  cueNext(`seconds-${place.dataset.countdown}`);
}, 1000);

root.classList.add("js");
settle(true);
listen();

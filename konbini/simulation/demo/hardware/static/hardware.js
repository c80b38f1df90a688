// The hardware page: tells the devices what a hand does, and shows twice a second what an eye would see.
"use strict";

const token = document.querySelector("meta[name=token]").content;
const at = (id) => document.getElementById(id);
let shown = "";
let quiet = 0;
let asked = 0;

function say(text) {
  at("said").textContent = text;
  at("said").hidden = false;
  clearTimeout(quiet);
  quiet = setTimeout(() => { at("said").hidden = true; }, 2600);
}

async function act(name, value) {
  const answer = await fetch("/do", { method: "POST", body: new URLSearchParams({ token, act: name, value: value || "" }) });
  if (!answer.ok) say(await answer.text());
  await look();
}

function showCard(card, tries) {
  at("card").hidden = !card;
  at("no-card").hidden = !!card;
  at("pull").disabled = !card;
  for (const one of document.querySelectorAll(".people li button")) one.disabled = !!card;
  at("tries").textContent = card && card.pin ? `残り ${tries} 回 ${tries} tries left` : "";
  if (!card) return;
  at("holder").textContent = card.name;
  at("about").textContent = card.japanese;
  at("pin").textContent = card.pin;
  at("pin-of-card").hidden = !card.pin;
}

function picture(name) {
  const link = document.createElement("a");
  link.href = `/papers/${name}`;
  link.target = "_blank";
  link.rel = "noopener";
  const image = document.createElement("img");
  image.src = link.href;
  image.alt = name;
  link.append(image);
  return link;
}

function showPapers(papers, sheets) {
  at("take").disabled = !sheets;
  at("sheets").textContent = sheets ? `${sheets}枚 ${sheets} on the tray` : "";
  at("newest").classList.toggle("taken", !sheets);
  if (papers.join() === shown) return;
  shown = papers.join();
  at("no-paper").hidden = papers.length > 0;
  at("newest").hidden = !papers.length;
  if (papers.length) {
    at("newest").href = `/papers/${papers[0]}`;
    at("newest").firstChild.src = at("newest").href;
  }
  at("older").replaceChildren(...papers.slice(1, 5).map(picture));
}

const REASONS = {
  "media-jam": "紙づまり jam", "cover-open": "カバー開 cover", "toner-empty": "トナー切れ toner", "media-empty": "用紙切れ no paper",
};

function state(id, text, wrong) {
  const place = at(id);
  if (!place) return;
  place.textContent = text;
  place.classList.toggle("wrong", wrong);
}

function showPrinter(printer) {
  const reasons = printer.reasons.map((word) => REASONS[word]).filter(Boolean);
  const head = !printer.works ? "応答なし no answer" : reasons.length ? reasons.join("・") : printer.jobs ? "印刷中 printing" : "待機中 idle";
  const paper = printer.sheets < 0 ? "" : `　用紙 ${printer.sheets} sheets`;
  state("state-printer", `${head}${paper}　枚数 ${printer.counter} counted　ジョブ ${printer.jobs} jobs`, !printer.works || reasons.length > 0);
}

function showCoins(coins) {
  at("escrow").textContent = coins.escrow;
  const waits = coins.asked && coins.escrow < coins.asked;
  at("asked").textContent = !coins.works ? "応答なし no answer" : waits ? `${coins.asked}円を待っています waiting for ${coins.asked} yen` : at("coins").querySelector(".taps") ? "決済端末は待っていません the terminal asks for nothing" : "投入口は閉じています the slot is shut";
  for (const one of document.querySelectorAll(".coin, .taps")) one.disabled = !waits;
  for (const name of ["taken", "returned", "owed"]) at(name).textContent = coins[name];
  at("take-coins").disabled = !coins.dish;
  state("state-terminal", coins.works ? (waits ? "カード待ち waiting for a card" : "待機中 idle") : "応答なし no answer", !coins.works);
  state("state-coins", coins.works ? (coins.dish ? "返却口にお金 coins in the dish" : "待機中 idle") : "応答なし no answer", !coins.works);
}

function show(seen) {
  showCard(seen.card, seen.tries);
  showCoins(seen.coins);
  showPrinter(seen.printer);
  state("state-power", seen.power ? "通電中 on" : "切 off", !seen.power);
  for (const one of document.querySelectorAll("[data-fault]")) {
    one.setAttribute("aria-pressed", seen.broken.includes(one.dataset.fault));
  }
  showPapers(seen.papers, seen.sheets);
}

async function look() {
  try {
    const answer = await fetch("/seen");
    if (answer.ok) show(await answer.json());
  } catch {
    say("町は止まっています The town has stopped");
  }
}

function resident(one) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.act = "put";
  button.dataset.value = one.key;
  const part = (kind, text) => {
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = text;
    button.append(span);
    return span;
  };
  part("who name", one.name);
  const english = document.createElement("span");
  english.lang = "en";
  english.textContent = one.english;
  part("why", one.japanese).append(english);
  const pin = part("pin", "");
  const label = document.createElement("small");
  label.textContent = "PIN";
  pin.append(label, one.pin);
  item.append(button);
  return item;
}

async function search() {
  const words = at("words").value.trim();
  asked += 1;
  const mine = asked;
  const answer = words ? await fetch(`/residents?${new URLSearchParams({ words })}`) : null;
  const found = answer && answer.ok ? await answer.json() : [];
  if (mine !== asked) return;
  at("residents").hidden = !!words;
  at("found").hidden = !words;
  at("found").replaceChildren(...found.map(resident));
  await look();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.fault) {
    act(button.getAttribute("aria-pressed") === "true" ? "mend" : "break", button.dataset.fault);
  } else if (button.dataset.act) {
    act(button.dataset.act, button.dataset.value);
  }
});
at("words").addEventListener("input", search);
setInterval(look, 500);
look();

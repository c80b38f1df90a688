// A form is sent once, however often its button is pressed; whoever is idle is asked before the screen locks.
"use strict";

for (const form of document.querySelectorAll("form[method=post]:not([data-passkey])")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}

const WARNED_SECONDS = 60;
const locks = Number(document.body.dataset.locks || 0);
const locking = document.getElementById("locking");
let timers = [];

const wait = () => {
  timers.forEach(clearTimeout);
  timers = [
    setTimeout(() => {
      locking.hidden = false;
      locking.querySelector("button").focus();
    }, Math.max(0, locks - WARNED_SECONDS) * 1000),
    setTimeout(() => window.location.replace("/locked"), locks * 1000),
  ];
};

if (locks) {
  locking.querySelector("button").addEventListener("click", async () => {
    const answer = await fetch("/manual", { redirect: "manual" });
    if (answer.type === "opaqueredirect") window.location.replace("/locked");
    locking.hidden = true;
    wait();
  });
  wait();
}

const again = document.querySelector("[data-again]");
if (again) setTimeout(() => window.location.reload(), Number(again.dataset.again) * 1000);

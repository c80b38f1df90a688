// A kiosk has no wheel: where a screen is longer than it is high, two buttons turn it as one turns pages.
const STEP = 0.8;
const area = () => document.querySelector(".scroll");
const buttons = () => document.querySelectorAll("[data-turn]");

function mark() {
  const { scrollTop, scrollHeight, clientHeight } = area();
  const left = { "-1": scrollTop, 1: scrollHeight - clientHeight - scrollTop };
  for (const button of buttons()) button.ariaDisabled = String(left[button.dataset.turn] < 1);
}

export function measure() {
  const [scroll, more] = [area(), document.querySelector(".more")];
  more.hidden = true;
  more.hidden = scroll.scrollHeight <= scroll.clientHeight + 1;
  scroll.toggleAttribute("tabindex", !more.hidden);
  if (!more.hidden) scroll.tabIndex = 0;
  mark();
}

function turn(event) {
  const button = event.target.closest("[data-turn]");
  if (!button) return;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  area().scrollBy({ top: button.dataset.turn * STEP * area().clientHeight, behavior });
}

document.addEventListener("scroll", mark, true);
document.addEventListener("click", turn);
addEventListener("resize", measure);
document.fonts.addEventListener("loadingdone", measure); // letters that come late are of another size

// What lies over the screen: the page beneath is inert, and the Tab key goes round in the dialog.
export const modal = () => document.querySelector("[aria-modal]");

document.addEventListener("keydown", (event) => {
  const dialog = modal();
  if (!dialog) return;
  if (event.key === "Escape") dialog.querySelector("[data-escape]")?.click();
  if (event.key !== "Tab") return;
  event.preventDefault();
  const stops = [...dialog.querySelectorAll("button")];
  const here = stops.indexOf(document.activeElement);
  stops.at(event.shiftKey ? Math.max(here, 0) - 1 : (here + 1) % stops.length).focus();
});

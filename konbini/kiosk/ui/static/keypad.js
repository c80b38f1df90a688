// The number pad on the screen and the number keys of a keyboard fill the same field; of a PIN the screen shows dots alone.
const field = () => document.querySelector("#pin, #digits");

export function count() {
  const input = field();
  if (!input) return;
  input.value = input.value.replace(/\D/g, "").slice(0, input.maxLength);
  const dots = input.closest(".dots");
  if (!dots) return;
  dots.querySelectorAll("i").forEach((dot, index) => dot.classList.toggle("full", index < input.value.length));
  const said = input.form.querySelector(".said");
  said.textContent = input.value ? dots.dataset.words.replace("#", input.value.length) : "";
}

export function press(event) {
  const input = field();
  const key = event.type === "click" ? event.target.closest("[data-key]")?.dataset.key : event.key;
  if (!input || key === undefined || document.activeElement === input && event.type === "keydown") return;
  if (/^\d$/.test(key)) input.value = (input.value + key).slice(0, input.maxLength);
  else if (key === "delete" || key === "Backspace") input.value = input.value.slice(0, -1);
  else if (key === "clear") input.value = "";
  else if (key === "Enter" && !event.target.closest("button")) input.form.requestSubmit();
  count();
}

// Measures the page that is shown, when all its letters are there: what can be touched, what is cut off, and where each line of text stands.
async () => {
  await document.fonts.ready;
  await new Promise(requestAnimationFrame); // the page has heard of it too
  const dialog = document.querySelector("[aria-modal]");
  const scope = dialog ?? document.querySelector(".kiosk");
  const scroll = document.querySelector(".scroll");
  const isHidden = (each) => !each.checkVisibility() || getComputedStyle(each).clipPath !== "none";
  const shown = (each) => { for (let at = each; at && at !== scope; at = at.parentElement) if (isHidden(at)) return false; return true; };
  const area = (each) => (dialog ? "dialog" : each.closest(".scroll") ? "scroll" : "frame");
  const box = ({ x, y, width, height }) => ({ x, y, width, height });
  const all = (selector) => [...scope.querySelectorAll(selector)].filter(shown);
  const boxes = all("button, label").map((each) => ({
    text: each.innerText.trim(), area: area(each), ...box(each.getBoundingClientRect()),
    main: each.matches(".main, .choice, .tile, .pad button, .either label"),
  }));
  const clipped = all("*")
    .filter((each) => each.clientWidth && each.tagName !== "INPUT" && !each.closest("svg"))
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
    .map((each) => each.outerHTML.slice(0, 120));
  // In a flex or grid box each text and each element beside it stands apart: a word with readings would be torn.
  const torn = all("*")
    .filter((each) => /flex|grid/.test(getComputedStyle(each).display))
    .filter((each) => each.querySelector(":scope > :is(ruby, bdi)") && [...each.childNodes].filter((node) => node.textContent.trim()).length > 1)
    .map((each) => each.innerText.trim());
  const lines = [];
  const outside = [];
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), index = 0; node; node = walker.nextNode(), index += 1) {
    const parent = node.parentElement;
    if (!node.data.trim() || !shown(parent)) continue;
    // Readings overhang their neighbours of the same line on purpose: a text with readings is one.
    const read = parent.closest("ruby")?.parentElement ?? (parent.querySelector(":scope > ruby") && parent);
    const text = read ? [...scope.querySelectorAll("*")].indexOf(read) : `n${index}`;
    const range = document.createRange();
    range.selectNodeContents(node);
    const edge = (parent.closest("button, label") ?? scope).getBoundingClientRect();
    for (const each of range.getClientRects()) {
      if (each.left < edge.left - 1 || each.right > edge.right + 1) outside.push(node.data.trim());
      lines.push({ text: node.data.trim(), node: text, area: area(parent), ...box(each) });
    }
  }
  // What stands above the first line of the text that can be turned is never seen.
  const top = scroll.getBoundingClientRect().top - scroll.scrollTop;
  const lost = lines.filter((each) => each.area === "scroll" && each.y + each.height / 2 < top).map((each) => each.text);
  const frame = [...document.querySelectorAll(".top, .scroll, .more, .bottom")].filter((each) => each.checkVisibility())
    .map((each) => ({ name: each.className, ...box(each.getBoundingClientRect()) }));
  const root = document.documentElement;
  return {
    boxes, clipped, torn, lines, lost, outside, frame,
    isLong: scroll.scrollHeight > scroll.clientHeight + 1,
    isTurned: document.querySelector(".more").checkVisibility(),
    dialogIsLong: dialog !== null && dialog.scrollHeight > dialog.clientHeight + 1,
    over: root.scrollHeight - innerHeight,
    height: innerHeight,
  };
}

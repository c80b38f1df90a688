// Puts each board that the console sends in the place of the last one, and draws the charts from the tables beside them.
"use strict";

const board = document.getElementById("board");
const stream = document.getElementById("stream");
// The one place where text becomes a page: it comes from this console, which wrote every name on it escaped.
const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy("board", { createHTML: (html) => html })
  : { createHTML: (html) => html };
let drawn = [];
let said = board.querySelector(".verdict h2").textContent;

const BARS = { 1: ["#2c5f8a"], 2: ["#b7cbdd", "#2c5f8a"] };
const measured = document.createElement("canvas").getContext("2d");
const number = (cell) => Number(cell.textContent.replace(/,/g, ""));
// A row for each name, with the columns that the table says are drawn, the longest bar first: later ones stand before it.
const figures = (tables) =>
  [...tables].flatMap((table) => {
    const columns = (table.dataset.drawn ?? "1").split(" ").map(Number);
    return [...table.tBodies[0].rows]
      .filter((row) => row.cells.length > 1)
      .map((row) => [row.cells[0].textContent.trim(), columns.map((at) => number(row.cells[at]))])
      .filter(([, counts]) => counts.every(Number.isFinite));
  });

const draw = () => {
  drawn.forEach((chart) => chart.destroy());
  drawn = [];
  for (const place of board.querySelectorAll("[data-chart]")) {
    const rows = figures(board.querySelectorAll(`table[data-for="${place.dataset.chart}"]`));
    if (rows.length === 0 || place.clientWidth === 0) continue;
    const names = rows.map(([name]) => name);
    const most = Math.max(1, ...rows.flatMap(([, counts]) => counts));
    const every = names.length > 12 ? 3 : 1;
    const room = (place.clientWidth - 52) / names.length;
    const font = `${names.length > 4 ? 11 : 12}px "BIZ UDPGothic", sans-serif`;
    measured.font = font;
    const fits = (name) => measured.measureText(name).width <= room;
    const short = (name) => {
      if (fits(name)) return name;
      let letters = [...name];
      while (letters.length > 1 && !fits(`${letters.join("")}…`)) letters = letters.slice(0, -1);
      return `${letters.join("")}…`;
    };
    drawn.push(
      new uPlot(
        {
          width: place.clientWidth,
          height: 180,
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false, range: [-0.6, names.length - 0.4] }, y: { range: [0, Math.ceil(most * 1.1)] } },
          axes: [
            { font, splits: () => names.map((_, at) => at).filter((at) => at % every === 0), values: (_, at) => at.map((one) => (every > 1 ? names[one] : short(names[one]))), grid: { show: false }, gap: 4 },
            { font, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
          ],
          series: [
            {},
            ...BARS[rows[0][1].length].map((bar) => ({ fill: bar, stroke: bar, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 48] }) })),
          ],
        },
        [names.map((_, at) => at), ...rows[0][1].map((_, series) => rows.map(([, counts]) => counts[series]))],
        place,
      ),
    );
  }
};

const show = (html) => {
  const focused = board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const fresh = document.createElement("template");
  fresh.innerHTML = policy.createHTML(html);
  board.replaceChildren(fresh.content);
  if (focused) board.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  draw();
  const says = board.querySelector(".verdict h2").textContent;
  stream.textContent = says === said ? "" : says;
  said = says;
};

const source = new EventSource("/live/events");
source.addEventListener("board", (event) => show(event.data));
source.addEventListener("locked", () => {
  source.close();
  window.location.replace("/locked");
});
source.addEventListener("error", () => {
  stream.textContent = board.dataset.lost;
});
window.addEventListener("resize", draw);
draw();

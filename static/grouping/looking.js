// Looking closely: one picture large, or two side by side with the same zoom and place.
import { board, cardOf, photoOf, tiles, tilesOf, isGroup } from "./desk.js";

const dialog = document.getElementById("preview");
const panes = dialog.querySelector(".panes");
const words = document.getElementById("preview-name");
let shown = []; // the tiles, left to right
let view = { scale: 1, x: 0, y: 0 };
let grip = null;
let opener = null;

export const isLooking = () => dialog.open;

export function look(some) {
  if (!some.length) return;
  opener = document.activeElement;
  shown = some.slice(0, 2);
  fit();
  draw();
  if (!dialog.open) dialog.showModal();
}

function draw() {
  panes.replaceChildren(...shown.map((tile) => {
    const image = new Image();
    const label = tile.querySelector("input").getAttribute("aria-label");
    image.src = `/photos/${photoOf(tile)}/1280`;
    image.alt = label;
    image.draggable = false;
    image.addEventListener("error", () => { image.src = tile.querySelector("img")?.currentSrc ?? ""; }, { once: true });
    const pane = document.createElement("div");
    pane.className = "pane";
    pane.append(image);
    return pane;
  }));
  words.textContent = shown.map((tile) => `${isGroup(cardOf(tile)) ? cardOf(tile).querySelector(".name").textContent.trim() : "Unsorted"}: ${tile.querySelector("input").getAttribute("aria-label")}`).join("  ·  ");
  place();
}

function fit() { view = { scale: 1, x: 0, y: 0 }; }

function place() {
  for (const image of panes.querySelectorAll("img")) image.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
}

function zoom(factor, x = 0, y = 0) {
  const scale = Math.min(8, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  view = scale === 1 ? { scale: 1, x: 0, y: 0 } : { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
  place();
}

// The last picture goes on; with two, the left one stays for comparison.
function step(by) {
  const last = shown.at(-1);
  const row = shown.length > 1 ? tilesOf(cardOf(last)) : tiles();
  const next = row[row.indexOf(last) + by];
  if (!next || next === shown[0]) return;
  shown = [...shown.slice(0, -1), next];
  if (shown.length === 1) fit();
  draw();
}

const KEYS = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4),
  0: () => { fit(); place(); }, " ": () => dialog.close(), v: () => dialog.close(),
};

dialog.addEventListener("keydown", (event) => {
  const run = KEYS[event.key];
  if (!run || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  run();
});
dialog.addEventListener("wheel", (event) => {
  const pane = event.target.closest(".pane");
  if (!pane) return;
  event.preventDefault();
  const box = pane.getBoundingClientRect();
  zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
}, { passive: false });
panes.addEventListener("pointerdown", (event) => { grip = { x: event.clientX - view.x, y: event.clientY - view.y }; panes.setPointerCapture(event.pointerId); });
panes.addEventListener("pointermove", (event) => {
  if (!grip || view.scale === 1) return;
  view = { ...view, x: event.clientX - grip.x, y: event.clientY - grip.y };
  place();
});
panes.addEventListener("pointerup", () => { grip = null; });
dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-close]")) dialog.close(); });
dialog.addEventListener("close", () => {
  const tile = shown.length === 1 && shown[0].isConnected ? shown[0].querySelector("input") : opener;
  panes.replaceChildren();
  tile?.focus({ preventScroll: false });
});
board.addEventListener("dblclick", (event) => {
  const tile = event.target.closest(".tile");
  if (tile) look([tile]);
});

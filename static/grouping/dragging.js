// Dragging photos: mouse at once, touch after a long press, several when they are chosen.
//
// One listener for all cards, so a thousand tiles cost nothing. The target is what lies under the pointer when it
// is let go, so that a quick flick lands right. While photos are in the air no card changes its width.
import { board, cardOf, chosenTiles, desk, tiles, tilesOf } from "./desk.js";

const THRESHOLD = 4;
const LONG_PRESS = 260;
const WOBBLE = 10;
const EDGE = 72;

let drop = () => {};
let start = null; // {x, y, tile, id, touch, timer}
let drag = null; // {some, ghost, x, y, over}
let frame = 0;

export function dragging(onDrop) {
  drop = onDrop;
  board.addEventListener("pointerdown", down);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", up);
  document.addEventListener("pointercancel", cancel);
  // A touch that became a drag must not scroll; only a listener that is not passive may say so.
  document.addEventListener("touchmove", (event) => { if (drag && event.cancelable) event.preventDefault(); }, { passive: false });
  board.addEventListener("contextmenu", (event) => { if (start?.touch || drag) event.preventDefault(); });
  board.addEventListener("dragstart", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag) return;
    event.stopImmediatePropagation();
    cancel();
  }, true);
  document.getElementById("groups").dataset.ready = "true";
}

function down(event) {
  const tile = event.target.closest?.(".tile");
  if (!tile || event.button !== 0 || !event.isPrimary) return;
  const touch = event.pointerType !== "mouse";
  start = { x: event.clientX, y: event.clientY, tile, id: event.pointerId, touch };
  if (touch) start.timer = setTimeout(() => lift(start), LONG_PRESS);
}

function move(event) {
  if (!start || event.pointerId !== start.id) return;
  const far = Math.hypot(event.clientX - start.x, event.clientY - start.y);
  if (!drag) {
    if (start.touch && far > WOBBLE) return forget();
    if (start.touch || far < THRESHOLD) return;
    lift(start);
  }
  drag.x = event.clientX;
  drag.y = event.clientY;
  frame ||= requestAnimationFrame(follow);
}

function up(event) {
  if (!start || event.pointerId !== start.id) return;
  if (drag) {
    const { some } = drag;
    const [target, index] = under(event.clientX, event.clientY, some);
    swallowClick();
    end();
    if (target) drop(some, target, index);
  }
  forget();
}

function cancel() {
  if (drag) { swallowClick(); end(); }
  forget();
}

function forget() {
  clearTimeout(start?.timer);
  start = null;
}

function lift({ tile, x, y, touch }) {
  const chosen = chosenTiles();
  const some = chosen.includes(tile) ? tiles().filter((each) => chosen.includes(each)) : [tile];
  freeze();
  drag = { some, x, y, ghost: ghostOf(some) };
  for (const each of some) each.classList.add("lifted");
  desk.classList.add("dragging");
  if (touch) navigator.vibrate?.(12);
  follow();
}

function ghostOf(some) {
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.setAttribute("aria-hidden", "true");
  for (const tile of some.slice(0, 3)) {
    const image = tile.querySelector("img")?.cloneNode();
    if (!image) continue;
    image.removeAttribute("loading");
    ghost.append(image);
  }
  if (some.length > 1) ghost.append(Object.assign(document.createElement("b"), { textContent: some.length }));
  document.body.append(ghost);
  return ghost;
}

// All widths are read before any is written: one layout, not one for each card.
function freeze() {
  const sizes = [...board.querySelectorAll(".group, .tray")].map((card) => [card, card.offsetWidth]);
  for (const [card, width] of sizes) if (width) card.style.width = `${width}px`;
  desk.classList.add("frozen");
}

function thaw() {
  for (const card of board.querySelectorAll(".group, .tray")) card.style.width = "";
  desk.classList.remove("frozen");
}

function follow() {
  frame = 0;
  if (!drag) return;
  drag.ghost.style.transform = `translate(${drag.x}px, ${drag.y}px)`;
  show(under(drag.x, drag.y, drag.some));
  if (scroll(drag.y)) frame = requestAnimationFrame(follow);
}

function show([target, index]) {
  document.querySelector(".over")?.classList.remove("over");
  document.querySelector(".insert-before")?.classList.remove("insert-before");
  target?.classList.add("over");
  if (!target || index === undefined) return;
  staying(target, drag.some)[index]?.classList.add("insert-before");
}

// Where a release at this point would put the photos: a card (or a drop zone) and a place among those that stay.
function under(x, y, some) {
  const element = document.elementFromPoint(x, y);
  const zone = element?.closest?.(".zone");
  if (zone) return [zone];
  const card = cardOf(element);
  if (!card) return [];
  const rest = staying(card, some);
  const at = rest.findIndex((tile) => {
    const box = tile.getBoundingClientRect();
    return y < box.bottom && (y < box.top || x < box.left + box.width / 2);
  });
  return [card, at < 0 ? rest.length : at];
}

const staying = (card, some) => tilesOf(card).filter((tile) => !some.includes(tile));

const scroller = () => {
  const main = document.getElementById("main");
  return main.scrollHeight > main.clientHeight + 1 && getComputedStyle(main).overflowY === "auto" ? main : document.scrollingElement;
};

function scroll(y) {
  const box = scroller();
  const top = box === document.scrollingElement ? 96 : box.getBoundingClientRect().top;
  const bottom = box === document.scrollingElement ? innerHeight : box.getBoundingClientRect().bottom;
  const speed = y < top + EDGE ? y - top - EDGE : y > bottom - EDGE ? y - bottom + EDGE : 0;
  if (!speed) return false;
  const was = box.scrollTop;
  box.scrollTop += speed / 4;
  return box.scrollTop !== was;
}

function end() {
  cancelAnimationFrame(frame);
  frame = 0;
  show([]);
  for (const tile of drag.some) tile.classList.remove("lifted");
  drag.ghost.remove();
  desk.classList.remove("dragging");
  thaw();
  drag = null;
}

// The release of a drag is not a click on what lies there.
function swallowClick() {
  const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
  document.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", stop, { capture: true }), 50);
}

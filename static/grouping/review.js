// The review page: what each key, button and click does. The edits themselves are in edits.js.
import {
  attend, board, boxOf, cardOf, chosenTiles, clearChoice, count, current, desk, focusCard, focusTile, focusedTile,
  isGroup, meant, photoOf, tiles, tilesOf, visible,
} from "./desk.js";
import { dragging } from "./dragging.js";
import * as edits from "./edits.js";
import { answerMatch, takeName, toggle as toggleInspector } from "./inspector.js";
import { wire } from "./keys.js";
import * as layers from "./layers.js";
import "./live.js";
import { look } from "./looking.js";
import { onSettled } from "./sending.js";

const batch = desk.dataset.batch;

// Moving about. Passing the last loaded card loads the next chunk first.
let loading = null;
export function more() {
  const place = document.getElementById("more-groups");
  if (!place || loading) return loading;
  loading = edits.look(place.dataset.next).then((html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = [...page.querySelectorAll(".group")].filter((card) => !document.getElementById(card.id));
    document.getElementById("groups").append(...fresh);
    const rest = page.getElementById("more-groups");
    if (rest) place.replaceWith(rest);
    else place.remove();
    watch();
  }).catch(() => {}).finally(() => { loading = null; });
  return loading;
}

const nearTheEnd = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) more(); }, { rootMargin: "1500px" });
function watch() {
  nearTheEnd.disconnect();
  const place = document.getElementById("more-groups");
  if (place) nearTheEnd.observe(place);
}

async function goGroup(step) {
  const row = visible();
  const at = row.indexOf(current());
  if (at + step >= row.length) await more();
  const next = visible()[at < 0 ? 0 : at + step];
  if (next) focusCard(next);
}

function goPhoto(step, { choose = false } = {}) {
  const row = tiles();
  const from = focusedTile();
  const at = row.indexOf(from);
  const next = row[at < 0 ? 0 : at + step];
  if (!next) return void more();
  if (choose) for (const tile of [from, next]) if (tile) boxOf(tile).checked = true;
  focusTile(next);
  count();
}

function goRow(step) {
  const from = focusedTile();
  if (!from) return goPhoto(0);
  const here = from.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  const found = tiles().map((tile) => [tile, tile.getBoundingClientRect()])
    .filter(([, box]) => (step > 0 ? box.top >= here.bottom - 4 : box.bottom <= here.top + 4));
  if (!found.length) return;
  const edge = step > 0 ? Math.min(...found.map(([, box]) => box.top)) : Math.max(...found.map(([, box]) => box.bottom));
  const row = found.filter(([, box]) => Math.abs((step > 0 ? box.top : box.bottom) - edge) < here.height / 2);
  row.sort(([, a], [, b]) => Math.abs(a.left + a.width / 2 - middle) - Math.abs(b.left + b.width / 2 - middle));
  focusTile(row[0][0]);
}

async function acceptAndNext() {
  const card = current();
  if (!card) return goGroup(0);
  edits.accept(card);
  let next = after(card);
  if (!next && (await more()) !== null) next = after(card);
  if (next) focusCard(next);
}

const after = (card) => {
  const row = visible();
  const rest = row.slice(row.indexOf(card) + 1);
  return rest.find((other) => other.dataset.state === "open") ?? rest[0];
};

// Choosing.
let lastChosen = null;
board.addEventListener("click", (event) => {
  const tile = event.target.closest(".tile");
  if (!tile || event.target.tagName === "INPUT") return; // the label's click on its own box comes back here
  if (event.shiftKey && lastChosen?.isConnected) {
    event.preventDefault();
    const row = tiles();
    const [from, to] = [row.indexOf(lastChosen), row.indexOf(tile)].sort((a, b) => a - b);
    for (const each of row.slice(from, to + 1)) boxOf(each).checked = true;
    count();
  }
  lastChosen = tile;
});
board.addEventListener("change", count);
board.addEventListener("reset", () => setTimeout(count));
document.addEventListener("focusin", (event) => {
  const card = cardOf(event.target);
  if (isGroup(card) && card !== current()) attend(card, { scroll: false });
});

function choose() {
  const tile = focusedTile() ?? (current() && tilesOf(current())[0]);
  if (!tile) return;
  boxOf(tile).checked = !boxOf(tile).checked;
  lastChosen = tile;
  focusTile(tile);
  count();
}

function chooseAll() {
  const card = current();
  if (!card) return;
  const boxes = tilesOf(card).map(boxOf);
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
  count();
}

// Renaming in place: Enter and a click outside save, Esc goes back.
function rename(card = current()) {
  if (!isGroup(card) || card.querySelector(".renaming")) return;
  const heading = card.querySelector(".name");
  const link = heading.querySelector("a");
  const input = Object.assign(document.createElement("input"), { className: "control renaming", value: link.textContent, maxLength: 120, autocomplete: "off" });
  input.setAttribute("aria-label", `Name of ${link.textContent}`);
  let over = false;
  const end = (save) => {
    if (over) return;
    over = true;
    const focused = document.activeElement === input;
    input.remove();
    link.hidden = false;
    if (save) edits.rename(card, input.value);
    if (focused) boxOf(tilesOf(card)[0])?.focus({ preventScroll: true });
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); end(event.key === "Enter"); }
  });
  input.addEventListener("blur", () => end(true));
  link.hidden = true;
  heading.append(input);
  input.select();
  input.focus();
}

const wantsTwo = () => {
  const chosen = chosenTiles();
  if (chosen.length >= 2) return chosen.slice(0, 2);
  const tile = focusedTile();
  const other = tile && tilesOf(cardOf(tile)).find((each) => each !== tile);
  return tile && other ? [tile, other] : [];
};

const openTargets = () => {
  const some = meant();
  if (!some.length) return;
  const near = current()?.dataset.position ?? "";
  layers.open(`/b/${batch}/targets/?${new URLSearchParams({ photo: some.map(photoOf).join(","), near })}`);
};
const openSure = () => { edits.flush(); layers.open(`/b/${batch}/sure/`); };
const openHistory = () => layers.openHistory(`/b/${batch}/edits/`);

function focusMode(on = !desk.classList.contains("focused")) {
  desk.classList.toggle("focused", on);
  const card = current() ?? visible()[0];
  if (card) focusCard(card);
}

function escape() {
  if (desk.classList.contains("focused")) return focusMode(false);
  clearChoice();
}

wire({
  nextGroup: () => goGroup(1), previousGroup: () => goGroup(-1),
  nextPhoto: () => goPhoto(1), previousPhoto: () => goPhoto(-1), rowDown: () => goRow(1), rowUp: () => goRow(-1),
  choose, chooseAll, chooseNext: () => goPhoto(1, { choose: true }), choosePrevious: () => goPhoto(-1, { choose: true }),
  preview: (event) => { if (event.target.matches("button, a, summary")) return false; look([focusedTile() ?? tilesOf(current() ?? board)[0]].filter(Boolean)); },
  compare: () => look(wantsTwo()),
  accept: acceptAndNext, reopen: () => edits.decide(current(), "reopen"), reject: () => edits.decide(current(), "reject"),
  rename: () => rename(), firstName: () => takeName(1), secondName: () => takeName(2), thirdName: () => takeName(3),
  split: () => edits.split(current()), cut: () => edits.cut(current()),
  merge: () => (chosenCount() > 1 ? edits.merge() : edits.mergeWith(-1)), mergeNext: () => edits.mergeWith(1),
  form: () => edits.form(), moveTo: openTargets, moveBack: () => edits.moveBy(-1), moveOn: () => edits.moveBy(1),
  cover: () => edits.cover(meant()[0]), aside: () => edits.aside(),
  sameItem: () => answerMatch("yes"), otherItem: () => answerMatch("no"),
  undo: () => edits.undo(), redo: () => edits.redo(),
  focus: () => focusMode(), inspector: () => toggleInspector(), filter: () => document.getElementById("find")?.focus(),
  acceptSure: openSure, escape,
});

const chosenCount = () => new Set([...board.querySelectorAll(".group:has(input:checked)")]).size;

// Buttons: the same actions. What is not named here is sent as the form it is.
const acts = {
  accept: (card) => { edits.accept(card); edits.flush(); }, reopen: (card) => edits.decide(card, "reopen"),
  split: (card) => edits.split(card), rename: (card) => rename(card), cut: (_, button) => edits.cut(document.getElementById(`g-${button.dataset.group}`)),
  new: () => edits.form(), merge: () => edits.merge(), "move-to": openTargets, aside: () => edits.aside(), compare: () => look(wantsTwo()),
  clear: () => clearChoice(), undo: () => edits.undo(), redo: () => edits.redo(), sure: openSure, history: openHistory,
  "take-name": (_, button) => edits.rename(current(), button.dataset.name), inspector: () => toggleInspector(), focus: () => focusMode(true),
  strictness: () => layers.open(`/b/${batch}/regroup/preview/`), keys: () => layers.openKeys(),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  const act = button && acts[button.dataset.act];
  if (!act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  button.closest("[popover]")?.hidePopover();
  act(cardOf(button), button);
});
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const { target: form, submitter } = event;
  if (form.matches("[data-edit]") && !form.closest("#layer")) {
    event.preventDefault();
    layers.submit(form, submitter);
  } else if (form === board) {
    event.preventDefault();
    submitter?.closest("[popover]")?.hidePopover();
    const fields = submitter?.name ? { [submitter.name]: submitter.value } : {};
    edits.post(submitter?.getAttribute("formaction") ?? form.getAttribute("action"), fields);
  }
});

// Size of the pictures, kept in this browser.
const root = document.documentElement;
function size(value) {
  if (value) root.style.setProperty("--tile", `${value}px`);
}
try { if (innerWidth > 700) size(localStorage.getItem("carousel.tile")); } catch { /* as it comes */ }
document.addEventListener("input", (event) => {
  if (event.target.id !== "size") return;
  size(event.target.value);
  try { localStorage.setItem("carousel.tile", event.target.value); } catch { /* for this page only */ }
});

dragging((some, target, index) => {
  if (target.classList.contains("zone")) return target.dataset.zone === "new" ? edits.form(some) : edits.aside(some);
  const ids = tilesOf(target);
  const stays = some.every((tile) => cardOf(tile) === target) && ids.filter((tile) => !some.includes(tile)).length + some.length === ids.length;
  const rest = ids.filter((tile) => !some.includes(tile));
  if (stays && [...rest.slice(0, index), ...some, ...rest.slice(index)].every((tile, at) => tile === ids[at])) return;
  edits.moveTo(some, target, index);
});
onSettled(() => { if (!document.querySelector(".group.current") && visible()[0]) attend(visible()[0], { scroll: false }); });
watch();
count();
const wanted = location.hash.startsWith("#g-") && document.getElementById(location.hash.slice(1));
attend(wanted || visible()[0] || null, { scroll: Boolean(wanted) });
desk.dataset.ready = "true";

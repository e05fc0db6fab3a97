// The edits: each shows itself at once, is sent, and takes itself back when the server says no.
import {
  attend, batch, boxOf, cardBy, cardOf, chosenTiles, clearChoice, current, focusCard, groupOf, isGroup, mergeable,
  meant, photoOf, tilesOf, versions, visible,
} from "./desk.js";
import { apply, askToSignIn, headers, isSignedOut, remember, send } from "./sending.js";

const url = (word) => `/b/${batch}/${word}/`;
const of = (card, word) => `/g/${groupOf(card)}/${word}/`;

// Accepting: a burst of keys becomes one request.
const accepted = new Set();
let burst;
export const isGathering = () => accepted.size > 0; // colleagues' cards wait as well: what is accepted was seen

export function accept(card) {
  if (!isGroup(card)) return;
  if (card.dataset.state !== "accepted") {
    accepted.add(groupOf(card));
    shown(card, "accepted");
  }
  clearTimeout(burst);
  burst = setTimeout(flush, 300);
}

export function flush({ leaving = false } = {}) {
  clearTimeout(burst);
  if (!accepted.size) return;
  const ids = [...accepted];
  accepted.clear();
  send(url("accept"), () => ({ group: ids, v: versions(...ids.map(cardBy).filter(Boolean)) }), { undo: () => ids.forEach((id) => shown(cardBy(id), "open")), keepalive: leaving });
}
window.addEventListener("pagehide", () => flush({ leaving: true })); // who accepts and leaves has accepted

function edit(address, fields, options) {
  flush();
  remember(current());
  return send(address, fields, options);
}

function shown(card, state) {
  if (!card) return;
  card.dataset.state = state;
  card.classList.toggle("done", state !== "open");
  card.querySelector(".accept")?.setAttribute("aria-pressed", String(state === "accepted"));
}

export function decide(card, word) {
  if (!isGroup(card)) return;
  const before = card.dataset.state;
  const state = { reopen: "open", reject: "rejected" }[word];
  if (before === state) return;
  shown(card, state);
  edit(of(card, word), () => ({ v: versions(card) }), { undo: () => shown(cardBy(groupOf(card)), before) });
}

export function rename(card, name) {
  const link = card.querySelector(".name a");
  const before = link.textContent;
  const clean = name.trim().replace(/\s+/g, " ");
  if (!clean || clean === before) return Promise.resolve(true);
  link.textContent = clean;
  return edit(of(card, "rename"), () => ({ name: clean, v: versions(cardBy(groupOf(card)) ?? card) }), { undo: () => { link.textContent = before; } });
}

export function split(card) {
  if (!isGroup(card)) return;
  const chosen = chosenTiles().filter((tile) => cardOf(tile) === card);
  const photos = chosen.length < tilesOf(card).length ? chosen.map(photoOf) : [];
  clearChoice();
  edit(of(card, "split"), () => ({ photo: photos, v: versions(card) }));
}

export const cut = (card) => isGroup(card) && edit(of(card, "cut"), () => ({ v: versions(card) }));

export function merge(some = mergeable()) {
  if (some.length < 2) return;
  const [first, ...others] = some;
  const ids = some.map(groupOf);
  clearChoice();
  attend(first);
  const back = () => { for (const id of ids) cardBy(id)?.classList.remove("leaving"); };
  edit(url("merge"), () => ({ group: ids, v: versions(...ids.map(cardBy).filter(Boolean)) }), { undo: back });
  for (const card of others) card.classList.add("leaving");
}

export function mergeWith(step) {
  const row = visible();
  const at = row.indexOf(current());
  const other = row[at + step];
  if (at < 0 || !other) return;
  merge(step < 0 ? [other, row[at]] : [row[at], other]);
}

// Moving: the tiles go at once; `index` counts the tiles that stay in the target.
export function moveTo(some, target, index) {
  if (!some.length || !target) return;
  const cameFrom = some.map((tile) => [tile, tile.parentNode, tile.nextSibling, cardOf(tile)]);
  const sources = [...new Set(cameFrom.map(([, , , card]) => card))];
  const ids = some.map(photoOf);
  const box = target.querySelector(".tiles");
  const stay = [...box.children].filter((tile) => !some.includes(tile));
  const before = stay[index ?? stay.length] ?? null;
  for (const tile of some) box.insertBefore(tile, before);
  if (target.hidden) target.hidden = false;
  for (const source of sources) if (isGroup(source)) source.classList.toggle("leaving", !tilesOf(source).length);
  clearChoice();
  const back = () => {
    for (const [tile, parent, next] of cameFrom.reverse()) parent.insertBefore(tile, next?.parentNode === parent ? next : null);
    for (const source of sources) source.classList.remove("leaving");
  };
  const to = isGroup(target) ? groupOf(target) : "unsorted";
  const touched = [...new Set([...sources, target])].filter(isGroup).map(groupOf);
  edit(url("move"), () => ({ photo: ids, to, index: isGroup(target) ? index : undefined, v: versions(...touched.map(cardBy).filter(Boolean)) }), { undo: back });
}

export function moveBy(step) {
  const some = meant();
  const row = visible();
  const at = row.indexOf(cardOf(some[0]) ?? current());
  const target = row[at + step];
  if (!some.length || !target) return;
  moveTo(some, target);
  attend(target);
  boxOf(some[0]).focus({ preventScroll: true });
}

export function form(some = meant()) {
  if (!some.length) return;
  const touched = [...new Set(some.map(cardOf))].filter(isGroup).map(groupOf);
  const ids = some.map(photoOf);
  clearChoice();
  edit(url("move"), () => ({ photo: ids, to: "new", v: versions(...touched.map(cardBy).filter(Boolean)) }));
}

export const aside = (some = meant()) => {
  const next = current();
  moveTo(some, document.getElementById("tray"));
  if (next) focusCard(next);
};

export function cover(tile) {
  const card = cardOf(tile);
  if (!tile || !isGroup(card)) return;
  edit(of(card, "cover"), () => ({ photo: photoOf(tile), v: versions(card) }));
}

// The edit that the button names: asked again after a lost answer, it takes back no other.
const turn = (word) => edit(url(word), () => ({ seq: document.querySelector(`#bar [data-act="${word}"]`)?.value || undefined }));
export const undo = () => turn("undo");
export const redo = () => turn("redo");
export const post = (address, fields) => edit(address, fields);

export const judge = (a, b, same) => edit(url("pairs/judge"), { group: [a, b], same });

export async function look(address) {
  const response = await fetch(address, { headers: headers() });
  if (isSignedOut(response)) askToSignIn(); // else the page to sign in would be put into this one
  if (!response.ok || isSignedOut(response)) throw new Error(String(response.status));
  return response.text();
}
export { apply, headers };

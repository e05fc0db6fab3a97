// What lies on the desk: cards, tiles, what is chosen, which card has the attention. Only reads and marks.
export const desk = document.getElementById("desk");
export const board = document.getElementById("board");
export const batch = desk.dataset.batch;

export const cards = () => [...document.querySelectorAll("#groups > .group")];
export const visible = () => cards().filter((card) => !card.hidden);
export const tiles = () => [...board.querySelectorAll(".tile")].filter((tile) => !tile.closest("[hidden]"));
export const cardOf = (element) => element?.closest?.(".group, .tray");
export const tilesOf = (card) => [...card.querySelectorAll(".tile")];
export const boxOf = (tile) => tile.querySelector("input");
export const photoOf = (tile) => boxOf(tile).value;
export const groupOf = (card) => card.id.slice(2); // g-<id>
export const cardBy = (id) => document.getElementById(`g-${id}`);
export const tileBy = (id) => document.getElementById(`p-${id}`);
export const nameOf = (card) => card.querySelector(".name").textContent.trim();
export const isGroup = (card) => card?.classList.contains("group") ?? false;

export const chosenTiles = () => [...board.querySelectorAll(".tile input:checked")].map((box) => box.closest(".tile"));
export const chosenCards = () => [...board.querySelectorAll(".pick:checked")].map(cardOf);

let here = null; // the id of the card with the attention: an element may be replaced by an answer
export const current = () => (here && cardBy(here)) || null;

const told = new Set();
export const onAttention = (listener) => told.add(listener);

export function attend(card, { scroll = true } = {}) {
  const changed = card && groupOf(card) !== here;
  here = card ? groupOf(card) : null;
  for (const other of document.querySelectorAll(".group.current, .group.near")) other.classList.remove("current", "near");
  if (!card) return;
  card.classList.add("current");
  const row = visible();
  const at = row.indexOf(card);
  for (const near of [row[at - 1], row[at + 1], row[at + 2]]) near?.classList.add("near");
  if (changed && scroll) card.scrollIntoView({ block: "nearest" });
  for (const listener of told) listener(card);
}

export function focusTile(tile) {
  boxOf(tile).focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
  const card = cardOf(tile);
  if (isGroup(card)) attend(card, { scroll: false });
}

export function focusCard(card) {
  const tile = tilesOf(card)[0];
  attend(card);
  if (tile) boxOf(tile).focus({ preventScroll: true });
}

export const focusedTile = () => document.activeElement?.closest?.(".tile") ?? null;

// The photos that a key is about: the chosen ones, else the one with the focus.
export function meant() {
  const chosen = chosenTiles();
  return chosen.length ? chosen : [focusedTile()].filter(Boolean);
}

export const seen = (card) => `${groupOf(card)}:${card.dataset.v}`;
export const versions = (...some) => some.filter(isGroup).map(seen);

export function clearChoice() {
  for (const box of board.querySelectorAll("input:checked")) box.checked = false;
  count();
}

// The selection bar: how many, and what can be done with them.
export function count() {
  const photos = chosenTiles().length;
  const groups = chosenCards().length;
  const words = [photos && `${photos} photo${photos > 1 ? "s" : ""}`, groups && `${groups} group${groups > 1 ? "s" : ""}`].filter(Boolean);
  document.getElementById("selection-count").textContent = words.length ? `${words.join(", ")} chosen` : "";
  const can = { new: photos > 0, "move-to": photos > 0, aside: photos > 0, compare: photos === 2, merge: mergeable().length > 1 };
  for (const [act, able] of Object.entries(can)) document.querySelector(`#selection [data-act="${act}"]`).disabled = !able;
  desk.classList.toggle("choosing", words.length > 0);
}

// The groups that M merges: the chosen ones, else those in which chosen photos lie.
export function mergeable() {
  const chosen = chosenCards();
  return chosen.length ? chosen : [...new Set(chosenTiles().map(cardOf).filter(isGroup))];
}

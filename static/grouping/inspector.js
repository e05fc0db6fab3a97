// The panel on the right: why these photos are together, names to take, what else they may be.
import { current, desk, focusedTile, groupOf, onAttention, photoOf } from "./desk.js";
import { judge, look, rename } from "./edits.js";
import { onSettled } from "./sending.js";

const panel = document.getElementById("inspector");
const WIDE = matchMedia("(min-width: 1200px)");
let shown = "";
let wait;

// Beside the cards on a wide screen unless put away; over them on a narrow one only when asked for.
let open = WIDE.matches;
try { open &&= localStorage.getItem("carousel.inspector") !== "false"; } catch { /* not kept */ }

export function toggle() {
  show(!open);
  try { if (WIDE.matches) localStorage.setItem("carousel.inspector", String(open)); } catch { /* not kept */ }
}

function show(wanted) {
  open = wanted;
  desk.classList.toggle("with-inspector", open);
  if (open) load();
  else panel.replaceChildren();
  shown = open ? shown : "";
}

async function load() {
  const card = current();
  const tile = focusedTile();
  if (!card) return panel.replaceChildren();
  const photo = tile && tile.closest(".group") === card ? photoOf(tile) : "";
  const wanted = `${groupOf(card)}/${photo}/${card.dataset.v}`;
  if (wanted === shown) return;
  shown = wanted;
  try {
    const part = await look(`/g/${groupOf(card)}/why/?photo=${photo}`);
    if (shown === wanted) panel.innerHTML = part; // our own server's part of a page, escaped there
  } catch {
    shown = "";
  }
}

export function follow() {
  if (!open) return;
  clearTimeout(wait);
  wait = setTimeout(load, 160);
}

onAttention(follow);
onSettled(follow);
document.addEventListener("focusin", (event) => { if (event.target.closest(".tile")) follow(); });

export async function takeName(number) {
  const card = current();
  if (!card) return;
  await ready(card);
  const button = panel.querySelectorAll('[data-act="take-name"]')[number - 1];
  if (button) rename(card, button.dataset.name);
}

export async function answerMatch(same) {
  const card = current();
  if (!card) return;
  await ready(card);
  const form = panel.querySelector(".match");
  if (form) judge(...new FormData(form).getAll("group"), same);
}

async function ready(card) {
  if (panel.firstElementChild?.dataset.of !== groupOf(card)) { shown = ""; await load(); }
}

show(open);

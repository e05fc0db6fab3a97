// Sends edits one after another and puts their answers in the page. Nothing is lost or sent twice.
//
// send(address, fields, {undo, keepalive}): `fields` is an object, or a function called when the request leaves, so that
// it carries the versions of that moment. `undo` takes back what the page showed before the answer came. With
// `keepalive` the request arrives although its page is left.
import { attend, board, cardBy, cards, count, current } from "./desk.js";

const { csrf, toast } = window.carousel;
const waiting = [];
let busy = false;

const settled = new Set();
export const onSettled = (listener) => settled.add(listener);
export const isBusy = () => busy || waiting.length > 0;

export function send(address, fields = {}, { undo, keepalive = false } = {}) {
  return new Promise((resolve) => {
    waiting.push({ address, fields, undo, keepalive, resolve, key: crypto.randomUUID?.() ?? String(Math.random()).slice(2) });
    say("Saving…");
    next();
  });
}

async function next() {
  if (busy || !waiting.length) return;
  busy = true;
  const edit = waiting.shift();
  try {
    edit.resolve(await leave(edit));
  } finally {
    busy = false;
    next();
  }
}

async function leave(edit) {
  const fields = typeof edit.fields === "function" ? edit.fields() : edit.fields;
  const body = new URLSearchParams({ ...joined(fields), key: edit.key, ...loadedUpTo(), ...asked() });
  const response = await twice(() => fetch(edit.address, { method: "POST", body, headers: headers(), keepalive: edit.keepalive, signal: AbortSignal.timeout(20000) }));
  if (!response) return failed(edit, "The server cannot be reached. Nothing was changed.");
  if (isSignedOut(response)) {
    edit.undo?.();
    say("Not saved");
    askToSignIn();
    return false;
  }
  const text = await response.text();
  const isAnswer = /<hx-partial\b/.test(text);
  if (response.status >= 500 || (response.status >= 400 && !isAnswer)) return failed(edit, sentence(response));
  if (!response.ok) edit.undo?.();
  if (isAnswer) await apply(text);
  if (response.status === 204) say("");
  return response.ok;
}

export const isSignedOut = (response) => response.status === 401 || new URL(response.url).pathname.startsWith("/sign-in");

export function askToSignIn() {
  const dialog = document.getElementById("signed-out");
  if (!dialog.open) dialog.showModal();
}

// One more try when the network failed: the key makes the second one harmless if the first arrived.
async function twice(request) {
  for (const pause of [0, 600]) {
    if (pause) await new Promise((done) => setTimeout(done, pause));
    try {
      return await request();
    } catch {
      /* tried again, then told */
    }
  }
  return null;
}

function failed(edit, words) {
  edit.undo?.();
  say("Not saved");
  toast(words, { error: true });
  return false;
}

function sentence(response) {
  if (response.status === 403) return "You may look at this batch, but not change it.";
  const id = response.headers.get("X-Request-ID");
  return `The server could not do that. Nothing was changed.${id ? ` (${id})` : ""}`;
}

export const headers = () => ({ "HX-Request": "true", "HX-Request-Type": "partial", "X-CSRFToken": csrf() });

export async function apply(text) {
  await window.htmx.swap({ sourceElement: document.body, target: document.body, swap: "none", text, hx: {} });
  settle();
}

// After an answer: each card once, in its place; marks that the morph took away put back.
export function settle() {
  unique();
  inOrder();
  const card = current() ?? nearest();
  attend(card, { scroll: false });
  count();
  for (const listener of settled) listener();
}

function unique() {
  const seen = new Set();
  for (const card of cards().reverse()) {
    if (seen.has(card.id)) card.remove();
    seen.add(card.id);
  }
}

const place = (card) => Number(card.dataset.position);

function inOrder() {
  const row = cards();
  row.forEach((card, at) => {
    if (!at || place(row[at - 1]) <= place(card)) return;
    const after = cards().find((other) => place(other) > place(card));
    if (after && after !== card) after.before(card);
  });
  document.getElementById("empty")?.toggleAttribute("hidden", row.length > 0);
}

let lastPlace = 0;
function nearest() {
  const row = cards();
  return row.find((card) => place(card) >= lastPlace) ?? row.at(-1) ?? null;
}
export const remember = (card) => { if (card) lastPlace = place(card); };

function loadedUpTo() {
  const last = cards().at(-1);
  return document.getElementById("more-groups") && last ? { upto: last.dataset.position } : {};
}

// What the page shows: the toolbar in the answer marks the same filter.
export function asked() {
  const query = new URLSearchParams(location.search);
  return { filter: query.get("filter") ?? "all", q: query.get("q") ?? "" };
}

function joined(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : String(value)]));
}

function say(words) {
  const saved = document.getElementById("saved");
  if (saved) saved.textContent = words;
}

window.addEventListener("beforeunload", (event) => { if (isBusy()) event.preventDefault(); });
export { board, cardBy };

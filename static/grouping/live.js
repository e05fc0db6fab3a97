// What colleagues do appears by itself, except where this person is at work: there it only says so.
import { batch, cardBy, cards, current, desk, groupOf } from "./desk.js";
import { headers, isGathering } from "./edits.js";
import { apply, asked, askToSignIn, isBusy, isSignedOut } from "./sending.js";

const AGAIN = 2000;

let source = null;
let held = []; // parts that wait while an edit of ours is on its way
let lost;
let isOut = false; // signed out: nothing is asked but whether that is over
const page = crypto.randomUUID?.() ?? String(Math.random()).slice(2);

function listen() {
  if (source || isOut || document.hidden) return;
  source = new EventSource(`/b/${batch}/review/live/?${new URLSearchParams({ seen: desk.dataset.version, ...asked() })}`);
  source.addEventListener("message", (event) => { back(); take(event.data); });
  source.addEventListener("open", back);
  source.addEventListener("error", away);
  source.addEventListener("done", () => { silence(); present(); });
}

function back() {
  clearTimeout(lost);
  lost = undefined;
  note("");
}

// The browser asks again by itself after a break, but never after an answer that was no stream.
function away() {
  lost ??= setTimeout(() => note("reconnecting…"), 5000);
  if (source?.readyState !== EventSource.CLOSED) return;
  silence();
  setTimeout(listen, AGAIN);
}

function note(words) {
  const place = document.getElementById("live-state");
  if (place) place.textContent = words;
}

function silence() {
  source?.close();
  source = null;
}

document.addEventListener("visibilitychange", () => { if (document.hidden) silence(); else { listen(); present(); } });
window.addEventListener("pagehide", silence);

async function take(html) {
  held.push(html);
  if (isBusy() || isGathering() || desk.classList.contains("dragging")) return setTimeout(() => held.length && take(held.pop()), 400);
  const all = held.map((each) => new DOMParser().parseFromString(each, "text/html"));
  held = [];
  for (const each of all) {
    if (isOlder(each)) return again();
    const parts = wanted(each);
    if (parts) await apply(parts);
  }
}

const versionOf = (page) => Number(page.querySelector("#bar")?.dataset.version ?? Infinity);

// Drawn before an answer that this page has had since: it would bring back what that answer changed.
const isOlder = (frame) => versionOf(frame) < versionOf(document);

function again() {
  silence();
  listen();
}

// Only what is news here: the answers to our own edits have come already.
function wanted(frame) {
  const parts = [...frame.querySelectorAll("hx-partial")].filter(isNews);
  desk.dataset.version = frame.querySelector("#bar")?.dataset.version ?? desk.dataset.version;
  return parts.map((part) => part.outerHTML).join("");
}

function isNews(part) {
  const card = part.querySelector(".group");
  if (!card) return true;
  const mine = cardBy(groupOf(card));
  if (!mine) return isNew(part, card);
  if (mine.dataset.v === card.dataset.v) return false;
  if (!mine.matches(":has(input:checked)") && !mine.querySelector(".renaming")) return true;
  mark(mine, part.outerHTML);
  return false;
}

// A group that a colleague made: put among ours, unless its place is further down than this page has come.
function isNew(part, card) {
  const last = cards().at(-1);
  if (document.getElementById("more-groups") && last && Number(card.dataset.position) > Number(last.dataset.position)) return false;
  part.setAttribute("hx-target", "#groups");
  part.setAttribute("hx-swap", "beforeend");
  return true;
}

function mark(card, part) {
  card.querySelector(".elsewhere")?.remove();
  const button = Object.assign(document.createElement("button"), { type: "button", className: "elsewhere", textContent: "Changed by a colleague. Show" });
  button.addEventListener("click", () => apply(part));
  card.append(button);
}

// Who else is here: told and asked every 20 seconds.
export async function present() {
  if (document.hidden) return;
  try {
    const group = current() ? groupOf(current()) : "";
    const response = await fetch(`/b/${batch}/presence/`, { method: "POST", headers: headers(), body: new URLSearchParams({ page, group }) });
    if (isSignedOut(response)) return out();
    isOut = false;
    listen();
    if (!response.ok) return;
    const said = document.getElementById("presence");
    if (said) said.textContent = (await response.text()).trim();
  } catch { /* the stream says it when the server is away */ }
}

function out() {
  if (!isOut) askToSignIn();
  isOut = true;
  silence();
  back();
}

listen();
present();
document.getElementById("signed-out").addEventListener("close", present);
setInterval(present, 20000);

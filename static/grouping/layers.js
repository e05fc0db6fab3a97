// What opens over the page: move to…, accept all sure, the list of edits, strictness, the keys.
// A layer is a page of its own without this script; here it is the same part in a dialog.
import { look, post } from "./edits.js";
import { TABLE, clash, keysOf, setKeys } from "./keys.js";

const dialog = document.getElementById("layer");
const content = document.getElementById("layer-content");
const { toast } = window.carousel;
let wait;

export async function open(address) {
  try {
    content.innerHTML = await look(address); // our own server's part of a page, escaped there
  } catch {
    toast("That could not be opened. Nothing was changed.", { error: true });
    return;
  }
  if (!dialog.open) dialog.showModal();
  content.querySelector("[autofocus]")?.focus();
}

export const close = () => dialog.close();

dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) close();
});
dialog.addEventListener("close", () => content.replaceChildren());

dialog.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-edit]")) return;
  event.preventDefault();
  await submit(form, event.submitter);
});

// Forms marked data-edit anywhere on the page (the inspector has some) go through the queue too.
export async function submit(form, submitter) {
  const fields = collected(new FormData(form, submitter));
  delete fields.csrfmiddlewaretoken;
  const isHistory = form.closest("#layer") && form.querySelector("[name=seq], #checkpoint");
  if (!isHistory && dialog.open) close();
  await post(form.getAttribute("action"), fields);
  if (isHistory) open(dialog.dataset.address);
}

function collected(data) {
  const fields = {};
  for (const [name, value] of data) fields[name] = name in fields ? `${fields[name]},${value}` : value;
  return fields;
}

export function openHistory(address) {
  dialog.dataset.address = address;
  open(address);
}

// Type-ahead and the strictness slider: only the list is replaced, the field keeps what is typed.
dialog.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  const [address, part] = event.target.id === "target-words" ? [form.dataset.find, "target-list"] : event.target.id === "strictness" ? [form.dataset.look, "strictness-preview"] : [];
  if (!address) return;
  clearTimeout(wait);
  wait = setTimeout(() => refresh(form, address, part), 180);
});

async function refresh(form, address, part) {
  const query = new URLSearchParams(part === "target-list"
    ? { q: form.querySelector("#target-words").value, photo: new FormData(form).getAll("photo").join(",") }
    : { strictness: form.querySelector("#strictness").value });
  const page = new DOMParser().parseFromString(await look(`${address}?${query}`), "text/html");
  document.getElementById(part)?.replaceChildren(...page.getElementById(part).childNodes);
}

// Enter in the type-ahead takes the first group found; ↓ goes into the list.
dialog.addEventListener("keydown", (event) => {
  const list = [...dialog.querySelectorAll(".target")];
  if (!list.length) return;
  if (event.target.id === "target-words" && event.key === "Enter") {
    event.preventDefault();
    (event.target.value ? list[2] ?? list[0] : list[0]).click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const at = list.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (list[at] ?? document.getElementById("target-words")).focus();
  }
});

// Other keys: a line for each action. Kept in this browser.
export function openKeys() {
  const rows = Object.entries(TABLE).map(([action, [, label]]) => {
    const row = document.createElement("label");
    row.className = "field inline";
    const words = Object.assign(document.createElement("span"), { className: "grow", textContent: label });
    const input = Object.assign(document.createElement("input"), { name: action, value: keysOf(action).join(" "), size: 14, autocomplete: "off" });
    row.append(words, input);
    return row;
  });
  const form = Object.assign(document.createElement("form"), { className: "layer-part" });
  const head = document.createElement("header");
  head.append(Object.assign(document.createElement("h2"), { textContent: "Change the keys" }));
  const body = Object.assign(document.createElement("div"), { className: "body stack tight" });
  const hint = Object.assign(document.createElement("p"), { className: "muted small", textContent: "Names like a, shift+m, ctrl+z, arrowleft, space, f2. Several with a space between. Kept in this browser." });
  body.append(hint, ...rows);
  const foot = document.createElement("footer");
  const reset = Object.assign(document.createElement("button"), { className: "button", type: "button", textContent: "As they were" });
  const save = Object.assign(document.createElement("button"), { className: "button primary", textContent: "Save" });
  foot.append(reset, save);
  form.append(head, body, foot);
  reset.addEventListener("click", () => { setKeys({}); location.reload(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); saveKeys(form); });
  content.replaceChildren(form);
  dialog.showModal();
}

function saveKeys(form) {
  const own = {};
  for (const [action, value] of new FormData(form)) {
    const keys = value.toLowerCase().split(/\s+/).filter(Boolean);
    if (keys.join(" ") !== TABLE[action][0].join(" ")) own[action] = keys;
  }
  const both = clash(own);
  if (both) return toast(`Two actions want the same key: ${both.map((action) => TABLE[action]?.[1] ?? "Show the keys").join(" and ")}.`, { error: true });
  setKeys(own);
  location.reload();
}

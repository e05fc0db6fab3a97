// One table of keys for the whole page; `?` shows it.
//
// In a template:  <button data-key="n">New batch</button>       the key presses the button (or follows the link)
//                 <input data-key="/" aria-label="Filter">      the key puts the cursor there
// In a script:    carousel.keys.add([{keys: ["a"], label: "Accept and next", run(event) {…}}])
// Names of keys:  "a", "shift+m", "ctrl+z" (also Cmd), "[", "?", "space", "enter", "escape", "arrowleft", "f2", "delete"
//
// Single keys are off in text fields, and while a dialog is open: the top layer owns the keys.
// `always: true` keeps a key with Ctrl in text fields. `run` may return false to leave the key to the browser.
{
  const page = (window.carousel ??= {});
  const table = [];
  const words = { " ": "space", "+": "plus" };
  const shown = { arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", space: "Space", enter: "Enter", escape: "Esc", delete: "Del" };

  const named = (event) => {
    const key = words[event.key] ?? event.key.toLowerCase();
    const letter = key.length > 1 || key.toUpperCase() !== key.toLowerCase();
    const altGraph = event.getModifierState?.("AltGraph"); // how an Icelandic keyboard types [ and ]
    return [
      !altGraph && (event.ctrlKey || event.metaKey) && "ctrl", !altGraph && event.altKey && "alt", event.shiftKey && letter && "shift", key,
    ].filter(Boolean).join("+");
  };

  const pretty = (name) => name.split("+").map((part) =>
    shown[part] ?? (part === "plus" ? "+" : part.charAt(0).toUpperCase() + part.slice(1)));

  const taken = (name) => table.find((entry) => entry.keys.includes(name));

  const add = (entries) => entries.forEach((entry) => {
    const clash = entry.keys.find(taken);
    if (clash) throw new Error(`The key ${clash} is already "${taken(clash).label}".`);
    table.push(entry);
  });

  const isText = (element) => element.matches?.("input:not([type=checkbox],[type=radio],[type=range],[type=file],[type=button],[type=submit]), textarea, select, [contenteditable]");
  const isOpen = () => document.querySelector("dialog[open]");
  const press = (element) => { isText(element) || element.type === "range" ? element.focus() : element.click(); };

  const marked = (name) => [...document.querySelectorAll("[data-key]")].find((element) =>
    element.dataset.key === name && element.checkVisibility() && !element.disabled);

  const labelOf = (element) => element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.replace(element.querySelector("kbd")?.textContent ?? "", "").trim();

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.key === undefined) return;
    const name = named(event);
    const entry = taken(name);
    if (isOpen() || (isText(event.target) && !entry?.always)) return;
    if (entry) {
      if (entry.run(event) !== false) event.preventDefault();
      return;
    }
    const element = marked(name);
    if (!element) return;
    event.preventDefault();
    press(element);
  });

  const help = () => {
    const dialog = document.getElementById("keys");
    const rows = [
      ...table.map(({ keys, label }) => ({ keys, label })),
      ...[...document.querySelectorAll("[data-key]")].map((element) => ({ keys: [element.dataset.key], label: labelOf(element) })),
    ];
    dialog.querySelector(".keys").replaceChildren(...rows.map(({ keys, label }) => {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = label;
      keys.forEach((name) => pretty(name).forEach((part) => {
        const kbd = document.createElement("kbd");
        kbd.textContent = part;
        value.append(kbd);
      }));
      row.append(term, value);
      return row;
    }));
    dialog.showModal();
  };

  page.keys = { add, table };
  add([{ keys: ["?"], label: "Show the keys", run: help }]);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-open-keys]")) return;
    document.getElementById("menu")?.hidePopover?.();
    help();
  });
}

// The prices table by keyboard: ↑ ↓ between rows, Enter takes what stands in the field (or the
// suggestion) and goes on, E opens the evidence. The server does the rest.
{
  // What was sold has a field that takes no cursor: the arrows would stay before it for ever.
  const rows = () => [...document.querySelectorAll(".price-row")].filter((row) => !field(row).disabled);
  const field = (row) => row?.querySelector("input[name=price]");
  const here = () => document.activeElement?.closest?.(".price-row");
  const current = () => here() ?? document.activeElement?.closest?.(".price")?.querySelector(".price-row");

  const go = (step) => {
    const all = rows();
    const place = all.indexOf(current());
    const next = all[place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1)];
    field(next)?.focus();
    field(next)?.select();
    next?.scrollIntoView({ block: "nearest" });
  };

  const toggle = (row) => {
    const button = row?.querySelector("[data-evidence]");
    const place = row?.closest(".price").querySelector(".evidence-row");
    if (!button) return;
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    place.toggleAttribute("hx-morph-skip", !place.hidden); // the table may be polled meanwhile
    if (!place.hidden) button.dispatchEvent(new Event("evidence"));
  };

  // A row that was decided on comes anew, and closed, above the evidence that stands open.
  document.addEventListener("htmx:after:swap", () => {
    document.querySelectorAll(".evidence-row:not([hidden])").forEach((place) => {
      place.closest(".price").querySelector("[data-evidence]").setAttribute("aria-expanded", "true");
    });
  });

  const take = (row) => {
    const input = field(row);
    const accept = row.querySelector("button[name=quote]");
    if (accept && (input.value === "" || input.value === input.dataset.saved)) accept.click();
    else if (input.value !== input.dataset.saved) input.form.requestSubmit();
    go(1);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-evidence]");
    if (button) toggle(button.closest(".price-row"));
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches(".price-row input[name=price]")) here()?.setAttribute("hx-morph-skip", "");
  });

  // In the price field the arrows and Enter are ours; letters stay letters, but E and A are no digits.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.matches?.(".price-row input[name=price]")) return;
    const row = event.target.closest(".price-row");
    const does = {
      ArrowUp: () => go(-1),
      ArrowDown: () => go(1),
      Enter: () => take(row),
      e: () => toggle(row),
      a: () => document.querySelector("[data-key=a]:not(:disabled)")?.click(),
      Escape: () => { event.target.value = event.target.dataset.saved; event.target.blur(); },
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  carousel.keys.add([
    { keys: ["arrowdown"], label: "Next price", run: () => go(1) },
    { keys: ["arrowup"], label: "Price before", run: () => go(-1) },
    { keys: ["e"], label: "Why this price", run: () => { toggle(current() ?? rows()[0]); } },
    { keys: ["enter"], label: "Take the suggestion and go on", run: (event) => {
      if (event.target.closest("a, button, summary")) return false;
      const row = current();
      if (!row) return false;
      take(row);
    } },
  ]);
}

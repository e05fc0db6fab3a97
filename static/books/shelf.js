// Walking along the shelf: a click on a spine or its row, J and K, and the arrow buttons show that spine.
// Each is a link too, which works without this; here only the card of the spine is fetched and put in.
{
  const url = (position) => {
    const address = new URL(location.href);
    address.searchParams.set("spine", position);
    return address;
  };

  const mark = (position) => {
    document.querySelectorAll(".shelf-photo a").forEach((link) => {
      if (link.dataset.spine === position) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    document.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
    document.getElementById(`row-${position}`)?.classList.add("chosen");
  };

  // The chosen card is the person's: a live frame is put in around it.
  const SKIP = "hx-morph-skip";
  const held = () => document.getElementById("spine").parentElement;
  const hold = () => held().setAttribute(SKIP, "");

  let latest;
  const show = async (position) => {
    latest = position;
    hold();
    const answer = await fetch(url(position), { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.assign(url(position));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const card = page.getElementById("spine");
    if (latest !== position || !card) return;
    document.getElementById("spine").replaceWith(card);
    window.htmx.process(card);
    history.replaceState(null, "", url(position));
    mark(position);
  };

  const positions = () => [...document.querySelectorAll(".table [data-spine]")].map((link) => link.dataset.spine);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-spine]");
    const step = event.target.closest("[data-step]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(link.dataset.spine);
    } else if (step) {
      const all = positions();
      const at = all.indexOf(document.querySelector("[data-current]")?.dataset.current);
      const next = all[Math.min(Math.max(at + Number(step.dataset.step), 0), all.length - 1)];
      if (next !== undefined) show(next);
    }
  });

  document.addEventListener("focusin", (event) => { if (event.target.closest("#spine")) hold(); });
  const isTyping = () => document.activeElement?.closest("#spine");
  document.addEventListener("htmx:after:swap", (event) => {
    const current = document.querySelector("[data-current]")?.dataset.current;
    if (!current || !event.target.matches?.("[hx-sse\\:connect]")) return; // a form that its own answer replaced says it on the document
    mark(current);
    if (held().hasAttribute(SKIP) && !isTyping()) show(current);
  });
  if (new URL(location.href).searchParams.has("spine")) hold();

  // Once a correction is sent or left, the keys walk along the shelf again instead of being typed.
  const leave = () => document.activeElement?.closest("#spine input")?.blur();
  document.addEventListener("submit", leave);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
}

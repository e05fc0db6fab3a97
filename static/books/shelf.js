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
  const shown = () => document.querySelector("[data-current]")?.dataset.current;

  // What was typed and not saved is the person's too: it waits at its spine until they come back.
  const typed = new Map();
  const CORRECTION = "form[id^=correct-]";
  const inputs = (part) => [...part.querySelectorAll(`${CORRECTION} input[id]`)];
  const keep = () => inputs(document).forEach(({ id, value, defaultValue }) => {
    if (value === defaultValue) typed.delete(id);
    else typed.set(id, value);
  });
  const isUnsent = (input) => typed.has(input.id) && !input.form.matches(".htmx-request");
  const put = (card, position) => {
    keep();
    if (position !== shown() && inputs(document).some(isUnsent)) {
      carousel.toast(`Your correction of “${document.querySelector("#spine h2").textContent}” is not saved. It waits there.`);
    }
    inputs(card).forEach((input) => { input.value = typed.get(input.id) ?? input.value; });
    document.getElementById("spine").replaceWith(card);
    window.htmx.process(card);
  };

  let latest; // where the person has moved to, whose card may still be on its way
  let coming; // the spine whose card is on its way
  const fetched = async (position) => {
    const answer = await fetch(url(position), { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return location.assign(url(position));
    return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("spine");
  };
  const unreachable = () => carousel.toast("The server cannot be reached. Nothing was changed.", { error: true });

  const show = async (position) => {
    latest = coming = position;
    hold();
    const card = await fetched(position).catch(unreachable);
    if (coming !== position) return;
    coming = undefined;
    if (!card) {
      latest = shown();
      early.length = 0;
      return;
    }
    put(card, position);
    history.replaceState(null, "", url(position));
    mark(position);
    catchUp();
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
      const at = all.indexOf(latest ?? shown());
      const next = all[Math.min(Math.max(at + Number(step.dataset.step), 0), all.length - 1)];
      if (next !== undefined) show(next);
    }
  });

  // Keys pressed before the card is there are meant for it: they wait in their order. Steps need no card.
  const early = [];
  const isStep = (key) => ["j", "k"].includes(key);
  document.addEventListener("keydown", (event) => {
    const isPlain = event.key?.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (coming === undefined || !isPlain || event.target.matches?.("input") || (!early.length && isStep(event.key))) return;
    event.preventDefault();
    event.stopPropagation();
    early.push(event);
  }, true);
  const catchUp = () => {
    while (early.length && coming === undefined) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", early.shift()));
  };

  document.addEventListener("focusin", (event) => { if (event.target.closest("#spine")) hold(); });
  const isTyping = () => document.activeElement?.closest("#spine");

  // Whoever has walked on before a decision was answered keeps the card they walked to.
  document.addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
    const card = (task) => task.fragment.querySelector("#spine [data-current]");
    const past = tasks.findIndex((task) => task.target?.id === "spine" && latest !== undefined && card(task)?.dataset.current !== latest);
    if (past >= 0) tasks.splice(past, 1);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const current = latest ?? shown();
    if (current === undefined) return;
    mark(current);
    if (!event.target.matches?.("[hx-sse\\:connect]")) return; // a form that its own answer replaced says it on the document
    if (held().hasAttribute(SKIP) && !isTyping()) show(current);
  });
  if (new URL(location.href).searchParams.has("spine")) hold();

  // What was saved is no longer typed: it stands there as the server wrote it.
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (!ctx.sourceElement.matches(CORRECTION) || !(ctx.response?.status < 300)) return;
    ctx.sourceElement.querySelectorAll("input[id]").forEach(({ id, name }) => {
      const input = document.getElementById(id);
      const sent = ctx.request.body.get(name);
      if (typed.get(id) === sent) typed.delete(id);
      if (input?.value === sent) input.value = input.defaultValue;
    });
  });
  window.addEventListener("beforeunload", (event) => {
    keep();
    if (typed.size) event.preventDefault();
  });

  // Once a correction is sent or left, the keys walk along the shelf again instead of being typed.
  const leave = () => document.activeElement?.closest("#spine input")?.blur();
  document.addEventListener("submit", leave);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
}

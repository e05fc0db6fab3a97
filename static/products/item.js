// The item's form saves a field when it is left. Nothing that arrives meanwhile may touch what is being
// written: neither a model's suggestion, nor the answer to an earlier saving, nor a reload by mistake.
{
  const SHIELD = "hx-morph-skip";
  const MOST_KEPT_ALIVE = 60_000; // a browser lets requests of 64 KiB outlive their page
  const form = () => document.getElementById("words");
  const fieldOf = (event) => event.target.closest?.("[data-field]");
  const control = (field) => field.querySelector("input:not([type=hidden]), select, textarea");
  const twin = (field) => field.querySelector("input[type=hidden]");
  const fields = () => [...form().querySelectorAll("[data-field]")];
  const writing = new WeakSet(); // the controls that were written in and not left yet
  let saving = 0;

  document.addEventListener("input", (event) => {
    if (!fieldOf(event)) return;
    fieldOf(event).setAttribute(SHIELD, "");
    writing.add(event.target);
  });
  for (const left of ["change", "focusout"]) document.addEventListener(left, ({ target }) => writing.delete(target), true);

  // --- sending: with what was seen last, and without what is still being written -----------
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== form()) return;
    const body = new URLSearchParams(new FormData(form()));
    for (const field of fields()) {
      if (writing.has(control(field))) [control(field), twin(field)].forEach(({ name }) => body.delete(name));
    }
    ctx.request.body = body;
    ctx.request.keepalive = body.toString().length < MOST_KEPT_ALIVE;
    saving += 1;
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => { if (ctx.sourceElement === form()) saving -= 1; });

  // --- answers ---------------------------------------------------------------------------
  // What was sent and is not in the answer means what was there before: 4.500 for 4500.
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== form() || ctx.response.status >= 300) return;
    for (const field of fields()) {
      const { name, value } = control(field);
      if (writing.has(control(field)) || value !== ctx.request.body.get(name) || ctx.text.includes(`#field-${name}"`)) continue;
      control(field).value = twin(field).value;
      field.removeAttribute(SHIELD);
    }
  });

  const isAhead = (field, sent) => {
    const { name, value } = control(field);
    return writing.has(control(field)) || (value !== sent.get(name) && value !== twin(field).value);
  };

  // The field keeps what is written in it, and is saved over what the server now has.
  const keep = (tasks, task, field, fresh) => {
    twin(field).value = twin(fresh).value;
    tasks.splice(tasks.indexOf(task), 1);
  };

  // Saved under the cursor: it stays in the field.
  const morph = (task, field, fresh) => {
    control(field).value = control(fresh).value;
    field.removeAttribute(SHIELD);
    task.swapSpec.style = "outerMorph";
  };

  document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    const isConflict = ctx.response?.status === 409; // theirs is shown
    const isAsked = ctx.sourceElement.id?.startsWith("use-");
    const sent = ctx.sourceElement === form() ? ctx.request.body : new URLSearchParams();
    if (isConflict || isAsked) return;
    for (const task of [...tasks]) {
      const field = typeof task.target === "string" ? document.querySelector(task.target) : task.target;
      const fresh = task.fragment.querySelector("[data-field]");
      if (!fresh || !field || task.swapSpec.style !== "outerHTML") continue;
      if (isAhead(field, sent)) keep(tasks, task, field, fresh);
      else if (document.activeElement === control(field)) morph(task, field, fresh);
    }
  });

  // --- leaving ---------------------------------------------------------------------------
  const isUnsaved = (field) => writing.has(control(field)) || (!saving && control(field).value !== twin(field).value);
  window.addEventListener("beforeunload", (event) => {
    if (fields().some((field) => field.hasAttribute(SHIELD) && isUnsaved(field))) event.preventDefault();
  });

  // --- keys ------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (fieldOf(event) || event.target.name === "anyway")) event.target.blur();
  });
  // Enter in a line saves by leaving it; the form's own submit would send everything twice.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.("#words input")) return;
    event.preventDefault();
    event.target.blur();
  });
  // Ctrl+S saves by leaving the field for a moment: the browser would save the page in a file.
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || !fieldOf(event)) return;
    event.preventDefault();
    event.target.blur();
    event.target.focus();
  });
}

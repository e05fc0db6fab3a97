// Draws boxes on photos and wipes between before and after. Everything also works by its form fields.
{
  const percent = (value) => Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;

  const place = (event, image) => {
    const box = image.getBoundingClientRect();
    return [percent(100 * (event.clientX - box.left) / box.width), percent(100 * (event.clientY - box.top) / box.height)];
  };

  const show = (form) => {
    const figure = document.querySelector(`[data-photo="${form.elements.photo.value}"]`);
    document.querySelectorAll(".boxes .drawn").forEach((rect) => rect.toggleAttribute("hidden", !figure?.contains(rect)));
    const rect = figure?.querySelector(".drawn");
    for (const name of ["x", "y", "width", "height"]) rect?.setAttribute(name, `${form.elements[name].value || 0}%`);
  };

  const write = (form, figure, [left, top], [right, bottom]) => {
    const given = {
      photo: figure.dataset.photo, x: Math.min(left, right), y: Math.min(top, bottom),
      width: Math.max(1, percent(Math.abs(right - left))), height: Math.max(1, percent(Math.abs(bottom - top))),
    };
    for (const [name, value] of Object.entries(given)) form.elements[name].value = value;
    show(form);
  };

  const isDrawing = () => document.getElementById("mark")?.open;

  document.addEventListener("pointerdown", (event) => {
    const figure = event.target.closest?.(".damage-photo");
    const form = document.querySelector("form[data-draws]");
    if (!figure || !form || !isDrawing() || event.button) return;
    const image = figure.querySelector("img");
    const start = place(event, image);
    const move = (next) => write(form, figure, start, place(next, image));
    event.preventDefault();
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", () => document.removeEventListener("pointermove", move), { once: true });
  });

  document.addEventListener("toggle", (event) => {
    if (event.target.id !== "mark") return;
    document.querySelectorAll(".damage-photo").forEach((figure) => figure.classList.toggle("is-drawing", event.target.open));
    const form = document.querySelector("form[data-draws]");
    if (event.target.open && form) show(form);
    else document.querySelectorAll(".boxes .drawn").forEach((rect) => rect.setAttribute("hidden", ""));
  }, true);

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-draws]");
    if (form) show(form);
    if (event.target.matches?.(".wipe input")) wipe(event.target);
  });

  const wipe = (slider) => slider.closest(".wipe").style.setProperty("--wipe", `${slider.value}%`);

  // Also what was moved before this script came: the page is shown first.
  const prepare = () => {
    document.querySelectorAll(".wipe input").forEach(wipe);
    document.querySelectorAll("[data-hex]").forEach((swatch) => { swatch.style.background = swatch.dataset.hex; });
  };
  new MutationObserver(prepare).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", prepare);
  prepare();
}

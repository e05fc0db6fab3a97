// Light, dark, or what the system says. Runs before the first paint, so that the page does not flash.
{
  const root = document.documentElement;
  const show = (theme) => { theme ? (root.dataset.theme = theme) : delete root.dataset.theme; };
  let chosen = "";
  try { chosen = localStorage.getItem("theme") || ""; } catch { /* storage may be switched off */ }
  show(chosen);

  const press = () => document.querySelectorAll("[data-theme-choice]").forEach((button) =>
    button.setAttribute("aria-pressed", button.dataset.themeChoice === chosen));

  document.addEventListener("DOMContentLoaded", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    chosen = button.dataset.themeChoice;
    try { localStorage.setItem("theme", chosen); } catch { /* it holds for this page only */ }
    show(chosen);
    press();
  });
}

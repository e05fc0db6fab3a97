// While a field is being written in, nothing that arrives by itself may touch it: it is shielded from
// morphs from the first letter until the answer to its own saving replaces it.
{
  const fieldOf = (event) => event.target.closest?.("[data-field]");
  document.addEventListener("input", (event) => fieldOf(event)?.setAttribute("hx-morph-skip", ""));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (fieldOf(event) || event.target.name === "anyway")) event.target.blur();
  });
  // Enter in a line saves by leaving it; the form's own submit would send everything twice.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.("#words input")) return;
    event.preventDefault();
    event.target.blur();
  });
}

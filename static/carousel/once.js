// A form that leads to another page is sent once: whoever presses again while the answer is on its way
// would begin two batches, or be refused what the first press has just done.
{
  const PATIENCE = 10_000; // then the answer is lost, or was no page: the button works again
  const sent = new Set();

  // On the window and so last: what a script sends by itself has been taken from the browser by then.
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    setTimeout(() => sent.delete(form), PATIENCE);
  });

  window.addEventListener("pageshow", () => sent.clear()); // the back button brings the same page again
}

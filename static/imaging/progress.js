// Goes on to the review by itself when the work ends, but only under the eyes of somebody who has
// not touched anything since the page came up.
{
  const live = document.getElementById("live");
  const isRunning = () => document.getElementById("progress").dataset.running === "yes";
  const hasGroups = () => document.getElementById("progress").dataset.groups === "yes";
  const wasRunning = isRunning();
  let touched = false;

  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    window.addEventListener(kind, () => { touched = true; }, { passive: true });
  }
  live.addEventListener("done", () => {
    if (wasRunning && !touched && hasGroups() && document.visibilityState === "visible") location.assign(live.dataset.review);
  });
}

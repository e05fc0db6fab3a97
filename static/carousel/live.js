// Keeps live parts of a page alive: says "reconnecting…" when a stream is away for five seconds, and
// opens it again when the very first request failed (htmx only re-opens streams that were open once).
// An element with [data-live-state] on the page shows the word.
{
  const QUIET = 5000;
  const AGAIN = 2000;
  let lost;

  const say = (words) => document.querySelectorAll("[data-live-state]").forEach((element) => { element.textContent = words; });
  const back = () => { clearTimeout(lost); lost = undefined; say(""); };
  const away = () => { lost ??= setTimeout(() => say("reconnecting…"), QUIET); };

  document.addEventListener("htmx:after:sse:connection", back);
  document.addEventListener("htmx:sse:close", back);
  document.addEventListener("htmx:sse:error", away);

  const reopen = (element) => {
    away();
    setTimeout(() => element.isConnected && window.htmx.process(element, true), AGAIN);
  };
  const isStream = (element) => element.matches?.("[hx-sse\\:connect]");

  document.addEventListener("htmx:error", (event) => { if (isStream(event.target)) reopen(event.target); });
  window.addEventListener("htmx:response:error", (event) => {
    if (!isStream(event.target)) return;
    event.stopImmediatePropagation();
    if (event.detail.ctx.response.status >= 500) reopen(event.target);
  }, true);
}

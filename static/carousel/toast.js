// One short message at a time, bottom left, and what every htmx answer has in common:
// the CSRF header, a word when the network or the server failed, a dialog when the session ended.
// Other scripts say something with carousel.toast("Saved") or carousel.toast("…", {error: true}).
{
  const SHORT = 6000;
  const LONG = 12000;
  const WHY = { 403: "You may look at this, but not change it.", 404: "This is not here any more: somebody has removed it." };
  const region = document.getElementById("toast");
  const page = (window.carousel ??= {});
  let timer;

  // Who signs in again, in whichever tab, gets a new token: the cookie has it, a page that stood open has not.
  const COOKIE = /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/;
  page.csrf = () => document.cookie.match(COOKIE)?.[1] ?? document.querySelector("meta[name=csrf-token]").content;
  document.addEventListener("formdata", ({ formData }) => {
    if (formData.has("csrfmiddlewaretoken")) formData.set("csrfmiddlewaretoken", page.csrf());
  });

  page.toast = (message, { error = false } = {}) => {
    const toast = document.createElement("div");
    toast.className = error ? "toast error" : "toast";
    const words = document.createElement("span");
    words.className = "grow";
    words.textContent = message;
    toast.append(words);
    region.replaceChildren(toast);
  };

  const clear = () => { clearTimeout(timer); region.replaceChildren(); };
  const wait = () => {
    clearTimeout(timer);
    const toast = region.firstElementChild;
    if (toast) timer = setTimeout(clear, toast.classList.contains("error") ? LONG : SHORT);
  };

  new MutationObserver(wait).observe(region, { childList: true });
  wait();
  region.addEventListener("pointerenter", () => clearTimeout(timer));
  region.addEventListener("pointerleave", wait);
  region.addEventListener("focusin", () => clearTimeout(timer));
  region.addEventListener("focusout", wait);
  region.addEventListener("click", (event) => { if (event.target.closest("[data-close-toast]")) clear(); });

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET") ctx.request.headers["X-CSRFToken"] = page.csrf();
  });

  document.addEventListener("htmx:before:response", (event) => {
    const { response } = event.detail.ctx;
    const signedOut = response.status === 401 || (response.raw.redirected && new URL(response.raw.url).pathname.startsWith("/sign-in"));
    if (!signedOut) return;
    event.preventDefault();
    document.getElementById("signed-out").showModal();
  });

  // What was done well since is said in the place of what went wrong before.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const isChange = ctx.request && ctx.request.method !== "GET" && ctx.response?.status < 300;
    if (isChange && region.querySelector(".error") && !ctx.text.includes('hx-target="#toast"')) page.toast("Saved.");
  });

  // On the window and first, so that a development page never replaces the document with a traceback.
  window.addEventListener("htmx:response:error", (event) => {
    event.stopImmediatePropagation();
    const { response, text } = event.detail.ctx;
    if (/<hx-partial\b/.test(text)) return;
    const id = response.headers.get("X-Request-ID");
    page.toast(response.status >= 500
      ? `The server could not do that. Nothing was changed.${id ? ` (${id})` : ""}`
      : `${WHY[response.status] ?? `That could not be done (${response.status}).`} Nothing was changed.`, { error: true });
  }, true);

  document.addEventListener("htmx:error", (event) => {
    if (event.target.closest?.("[hx-sse\\:connect]")) return; // live.js says it more quietly
    page.toast("The server cannot be reached. Nothing was changed.", { error: true });
  });
}

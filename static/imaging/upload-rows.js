// Shows how the sending goes. At most some hundred rows stand in the page, whatever the number of
// files: failed and refused first, then what is on its way, then the next few; done is a count.
{
  const MOST_BAD = 200;
  const NEXT = 6;
  const EVERY = 150;
  const SPAN = 10_000;

  const root = document.getElementById("upload");
  const panel = document.getElementById("sending");
  const drop = document.getElementById("drop");
  const list = document.getElementById("rows");
  const blank = document.getElementById("row");
  const rest = document.getElementById("rest");
  const retry = panel.querySelector("[data-retry]");
  const pause = panel.querySelector("[data-pause]");
  const { upload } = window.carousel;
  const rows = new WeakMap();
  const pace = [];
  let timer;
  let wasBusy = false;
  let told = 0; // files whose receipt was asked for
  let lock;

  const count = (number) => number.toLocaleString("en");
  const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
  const bytes = (number) => (number >= 1e9 ? `${(number / 1e9).toFixed(1)} GB` : number >= 1e6 ? `${(number / 1e6).toFixed(0)} MB` : `${Math.ceil(number / 1e3)} kB`);
  const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const STATES = { waiting: "Waiting", failed: "Failed", refused: "Refused" };

  const rowOf = (item) => {
    if (!rows.has(item)) {
      const row = blank.content.firstElementChild.cloneNode(true);
      row.querySelector(".name").textContent = item.path;
      rows.set(item, row);
    }
    const row = rows.get(item);
    const part = item.file.size ? Math.min(item.sent / item.file.size, 1) : 0;
    row.classList.toggle("failed", item.state === "failed" || item.state === "refused");
    set(row.querySelector(".why"), item.why);
    row.querySelector("progress").value = part;
    set(row.querySelector(".state"), STATES[item.state] ?? `${Math.round(part * 100)} %`);
    return row;
  };

  const sorted = () => {
    const kinds = { failed: [], refused: [], sending: [], waiting: [], stored: [], here: [] };
    upload.items.forEach((item) => kinds[item.state].push(item));
    return kinds;
  };

  const timeLeft = (sent, left) => {
    const now = performance.now();
    pace.push([now, sent]);
    while (pace[0][0] < now - SPAN) pace.shift();
    const [[from, before]] = pace;
    const rate = (sent - before) / (now - from);
    if (!(rate > 0) || now - from < 1000) return "";
    const seconds = left / rate / 1000;
    return seconds < 50 ? "less than a minute" : `about ${Math.round(seconds / 60) || 1} min`;
  };

  const summary = (kinds) => {
    const { items } = upload;
    const done = items.filter(upload.isSettled);
    const wanted = items.filter((item) => item.state !== "refused");
    const total = wanted.reduce((sum, item) => sum + item.file.size, 0);
    const sent = wanted.reduce((sum, item) => sum + (upload.isSettled(item) ? item.file.size : item.state === "sending" ? item.sent : 0), 0);
    const overall = document.getElementById("overall");
    overall.max = total || 1;
    overall.value = upload.isBusy() ? sent : total || 1;
    const left = upload.isBusy() && !upload.isPaused() ? timeLeft(sent, total - sent) : "";
    set(document.getElementById("overall-words"), [`${count(done.length)} / ${count(items.length)}`, bytes(total), left].filter(Boolean).join(" · "));
    set(document.getElementById("overall-left"), [
      kinds.stored.length && `${count(kinds.stored.length)} stored`, kinds.here.length && `${count(kinds.here.length)} already here`,
      kinds.refused.length && `${count(kinds.refused.length)} refused`, kinds.failed.length && `${count(kinds.failed.length)} failed`,
    ].filter(Boolean).join(" · "));
  };

  const title = (kinds) => {
    if (upload.isBusy()) return upload.isPaused() ? "Paused" : `Sending ${plural(upload.items.length, "file")}`;
    if (kinds.failed.length) return `${plural(kinds.failed.length, "file")} could not be sent`;
    return kinds.refused.length ? "Done, with files that were refused" : "Done";
  };

  const elsewhere = () => {
    const note = document.getElementById("elsewhere");
    if (!upload.elsewhere.size) return;
    const pieces = [...upload.elsewhere].flatMap(([batch, { name, photos }], place) => {
      const link = document.createElement("a");
      link.href = `/b/${batch}/`;
      link.textContent = name;
      return [place ? ", " : "", `${plural(photos, "photo")} also in `, link];
    });
    note.replaceChildren(...pieces);
    note.hidden = false;
  };

  const draw = () => {
    timer = undefined;
    const kinds = sorted();
    const bad = [...kinds.failed, ...kinds.refused];
    const waiting = kinds.waiting.slice(0, NEXT);
    panel.hidden = !upload.items.length;
    drop.classList.toggle("small-drop", Boolean(upload.items.length) || drop.classList.contains("small-drop"));
    list.replaceChildren(...[...bad.slice(0, MOST_BAD), ...kinds.sending, ...waiting].map(rowOf));
    const more = kinds.waiting.length - waiting.length;
    const hidden = bad.length - MOST_BAD;
    const words = [more > 0 && `${count(more)} more waiting`, hidden > 0 && `${count(hidden)} more refused: see the receipt`].filter(Boolean).join(" · ");
    set(rest, words);
    rest.hidden = !words;
    set(document.getElementById("sending-title"), title(kinds));
    retry.hidden = !kinds.failed.length;
    set(retry.querySelector("span"), `Retry all failed (${count(kinds.failed.length)})`);
    pause.hidden = !upload.isBusy();
    set(pause, upload.isPaused() ? "Go on" : "Pause");
    if (kinds.stored.length + kinds.here.length) root.querySelector("[data-next]").hidden = false;
    if (upload.items.length) root.querySelector("[data-receipt-link]").hidden = false;
    summary(kinds);
    elsewhere();
    settle(upload.isBusy());
  };

  // The receipt on the server has the last word: it is asked for when everything has settled, also
  // when that took less than the time between two drawings.
  const settle = (busy) => {
    const isNew = told !== upload.items.length;
    if (!busy && (wasBusy || isNew)) {
      told = upload.items.length;
      window.htmx.ajax("GET", root.dataset.receiptPage, { target: "#receipt-place", swap: "innerHTML" });
      pace.length = 0;
      lock?.release();
      lock = undefined;
    }
    if (!wasBusy && busy) awake();
    wasBusy = busy;
  };

  const awake = async () => {
    if (!navigator.wakeLock || !matchMedia("(pointer: coarse)").matches) return;
    try { lock = await navigator.wakeLock.request("screen"); } catch { /* a low battery may forbid it */ }
  };

  upload.onchange = () => { timer ??= setTimeout(draw, EVERY); };
  retry.addEventListener("click", () => upload.retry());
  pause.addEventListener("click", () => upload.pause(!upload.isPaused()));
  document.getElementById("signed-out").addEventListener("close", () => upload.pause(false));
  window.addEventListener("beforeunload", (event) => { if (upload.isBusy()) event.preventDefault(); });
}

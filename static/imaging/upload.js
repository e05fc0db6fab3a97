// Sends files: hash two at a time, ask which are here already in blocks of a hundred, send four at
// a time, each up to three times. Knows nothing of how files are chosen or shown.
//
// carousel.upload.take(files, name)   files: [{file, path}] in shooting order; a receipt is opened first
//     why: "unreadable" for what the browser could name and not open: it is refused in words
// carousel.upload.items               [{file, path, state, why, sent, …}]
//     state: waiting → sending → stored | here | refused | failed (failed may be tried again)
// carousel.upload.onchange            called when anything has changed
{
  const place = document.getElementById("upload").dataset;
  const AT_ONCE = 4;
  const BLOCK = 100;
  const TRIES = 3;
  const PAUSE = 500;
  const TYPES = /\.(jpe?g|png|webp|hei[cf])$/i;
  const SETTLED = new Set(["stored", "here", "refused"]);

  const items = [];
  const toHash = [];
  const toAsk = [];
  const toSend = [];
  const canHash = Boolean(window.crypto?.subtle);
  let sending = 0;
  let asking = false;
  let paused = false;

  const upload = (window.carousel.upload = { items, elsewhere: new Map(), onchange: () => {} });
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const changed = () => upload.onchange();

  class Failure extends Error {
    constructor(words, { later = false, pause = 0, signedOut = false } = {}) {
      super(words);
      Object.assign(this, { later, pause, signedOut });
    }
  }

  const failureOf = (status, url, retryAfter) => {
    if (url.includes("/sign-in")) return new Failure("You have been signed out.", { signedOut: true });
    if (status === 0) return new Failure("The server could not be reached.", { later: true });
    if (status === 429 || status >= 500) return new Failure("The server was too busy.", { later: true, pause: Number(retryAfter) * 1000 || 0 });
    if (status === 404) return new Failure("This batch is gone.");
    if (status === 403) return new Failure("You may not send photos here, or this page was open too long: load it again.");
    return new Failure(`The server refused it (${status}).`);
  };

  // A request is tried three times, whatever it asks: a duplicate check is a request too.
  const persist = async (attempt) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (failure) {
        if (!failure.later || tries >= TRIES) throw failure;
        await wait(failure.pause || PAUSE * 2 ** (tries - 1));
      }
    }
  };

  const post = (url, body) => persist(async () => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": window.carousel.csrf() },
      body: JSON.stringify(body),
    }).catch(() => { throw failureOf(0, "", 0); });
    if (!answer.ok || answer.redirected) throw failureOf(answer.status, answer.url, answer.headers.get("Retry-After"));
    return answer.json();
  });

  const settle = (item, state, why = "") => {
    Object.assign(item, { state, why, sent: item.file.size });
    changed();
  };

  const fail = (item, failure) => {
    if (failure.signedOut) return signedOut([item]);
    settle(item, "failed", failure.message);
  };

  const signedOut = (some) => {
    paused = true;
    some.forEach((item) => { item.state = "waiting"; });
    (some[0].sha256 || !canHash ? toSend : toHash).unshift(...some);
    const dialog = document.getElementById("signed-out");
    if (!dialog.open) dialog.showModal();
    changed();
  };

  // --- hashing -----------------------------------------------------------------------------
  const workers = canHash ? [new Worker(place.worker), new Worker(place.worker)] : [];
  const idle = [...workers];
  const hashed = new Map();
  let nextId = 0;
  workers.forEach((worker) => { worker.onmessage = ({ data }) => {
    idle.push(worker);
    const item = hashed.get(data.id);
    hashed.delete(data.id);
    if (data.error) notSent([item], "unreadable", WORDS.unreadable);
    else { item.sha256 = data.sha256; toAsk.push(item); }
    pump();
  }; });

  const hash = () => {
    while (!paused && idle.length && toHash.length) {
      const item = toHash.shift();
      const id = (nextId += 1);
      hashed.set(id, item);
      idle.pop().postMessage({ id, file: item.file });
    }
  };

  // --- asking ------------------------------------------------------------------------------
  const isWorthAsking = () => toAsk.length >= BLOCK || (toAsk.length && (toSend.length + sending < AT_ONCE || (!toHash.length && !hashed.size)));

  const ask = async () => {
    if (asking || paused || !isWorthAsking()) return;
    asking = true;
    const [first] = toAsk;
    const block = toAsk.filter((item) => item.base === first.base).slice(0, BLOCK);
    block.forEach((item) => toAsk.splice(toAsk.indexOf(item), 1));
    try {
      const answer = await post(`${first.base}manifest/`, { files: block.map((item) => [item.number, item.sha256]) });
      Object.values(answer.elsewhere).forEach(({ batch, name }) => upload.elsewhere.set(batch, { name, photos: (upload.elsewhere.get(batch)?.photos ?? 0) + 1 }));
      block.forEach((item) => {
        const known = answer.have[item.sha256];
        known ? settle(item, known.outcome, known.detail) : toSend.push(item);
      });
    } catch (failure) {
      if (failure.signedOut) signedOut(block);
      else block.forEach((item) => fail(item, failure));
    }
    asking = false;
    pump();
  };

  // --- sending -----------------------------------------------------------------------------
  const deliver = (item) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${item.base}${item.number}/`);
    request.setRequestHeader("X-CSRFToken", window.carousel.csrf());
    request.setRequestHeader("Content-Type", item.file.type || "application/octet-stream");
    if (item.sha256) request.setRequestHeader("X-Content-SHA256", item.sha256);
    request.upload.onprogress = ({ loaded }) => { item.sent = loaded; changed(); };
    request.onload = () => {
      const isAnswer = request.getResponseHeader("Content-Type")?.startsWith("application/json");
      if (request.status < 300 && isAnswer) resolve(JSON.parse(request.responseText));
      else reject(failureOf(request.status, request.responseURL, request.getResponseHeader("Retry-After")));
    };
    request.onerror = request.ontimeout = () => reject(failureOf(0, "", 0));
    request.timeout = 300_000;
    request.send(item.file);
  });

  const send = async () => {
    const item = toSend.shift();
    sending += 1;
    item.state = "sending";
    item.sent = 0;
    changed();
    try {
      const answer = await persist(() => deliver(item));
      settle(item, answer.outcome, answer.detail);
    } catch (failure) {
      fail(item, failure);
    }
    sending -= 1;
    pump();
  };

  const pump = () => {
    hash();
    ask();
    while (!paused && sending < AT_ONCE && toSend.length) send();
    changed();
  };

  // --- what the page may do ----------------------------------------------------------------
  const notSent = async (some, why, words) => {
    if (!some.length) return;
    try {
      await post(`${some[0].base}not-sent/`, { files: some.map((item) => [item.number, why]) });
      some.forEach((item) => settle(item, "refused", words)); // and the receipt knows it
    } catch (failure) {
      some.forEach((item) => settle(item, "failed", failure.message));
    }
  };

  const whyNot = ({ path, file, why }) => {
    if (why) return why;
    if (!TYPES.test(path) && !file.type.match(/^image\/(jpeg|png|webp|hei[cf])$/)) return "type";
    if (file.size === 0) return "empty";
    return file.size > Number(place.largest) ? "size" : "";
  };

  const WORDS = {
    unreadable: "The browser could not read the file.",
    type: "This is not a JPEG, PNG, WebP or HEIC picture.",
    empty: "The file is empty.",
    size: `The file is larger than ${Math.floor(place.largest / 2 ** 20)} MB.`,
  };

  upload.take = async (files, name = "") => {
    const { receipt } = await post(place.select, { name, files: files.map(({ path, file }) => [path, file.size]) });
    const base = `${place.select}${receipt}/`;
    const fresh = files.map(({ file, path, why = "" }, number) => ({ file, path, number, base, state: "waiting", why, sent: 0 }));
    items.push(...fresh);
    const refused = { unreadable: [], type: [], empty: [], size: [] };
    fresh.forEach((item) => { (refused[whyNot(item)] ?? (canHash ? toHash : toSend)).push(item); });
    Object.entries(refused).forEach(([why, some]) => notSent(some, why, WORDS[why]));
    pump();
  };

  upload.retry = () => {
    const failed = items.filter((item) => item.state === "failed");
    failed.forEach((item) => Object.assign(item, { state: "waiting", why: "", sent: 0 }));
    failed.forEach((item) => (item.sha256 || !canHash ? toSend : toHash).push(item));
    pump();
  };

  upload.pause = (stop) => { paused = stop; pump(); };
  upload.isPaused = () => paused;
  upload.isSettled = (item) => SETTLED.has(item.state);
  upload.isBusy = () => items.some((item) => item.state === "waiting" || item.state === "sending");
}

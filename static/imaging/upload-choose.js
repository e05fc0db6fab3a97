// How files come to the page: chosen, a folder, dropped, pasted, taken with the phone.
{
  const root = document.getElementById("upload");
  const drop = document.getElementById("drop");
  const most = Number(root.dataset.most);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const JUNK = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX(\/.*)?)$/i;
  const { upload, toast } = window.carousel;

  // Shooting order: cameras number their files, and hosts list them in any order.
  const inOrder = (files) => files.filter(({ path }) => !JUNK.test(path)).sort((a, b) => collator.compare(a.path, b.path));

  const take = async (files, name = "") => {
    const wanted = inOrder(files);
    if (wanted.length > most) {
      return toast(`That is ${wanted.length.toLocaleString("en")} files. At most ${most.toLocaleString("en")} fit in one selection: choose a part of the folder.`, { error: true });
    }
    if (!wanted.length) return toast("There are no files in it.", { error: true });
    try {
      await upload.take(wanted, name);
    } catch (failure) {
      if (failure.signedOut) document.getElementById("signed-out").showModal();
      else toast(`Nothing was sent. ${failure.message}`, { error: true });
    }
  };

  const folderOf = (path) => (path.includes("/") ? path.split("/")[0] : "");

  drop.addEventListener("change", ({ target }) => {
    const files = [...target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    target.value = "";
    if (files.length) take(files, folderOf(files[0].path));
  });

  // --- dropping ----------------------------------------------------------------------------
  const listing = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

  // What cannot be read is named like any other file that is not sent, and the rest is taken.
  const pathOf = (entry) => entry.fullPath.replace(/^\//, "");
  const unreadable = (entry) => ({ file: new File([], entry.name), path: pathOf(entry), why: "unreadable" });

  const walk = async (entry, found) => {
    if (found.length > most) return;
    try {
      if (entry.isFile) found.push({ file: await fileOf(entry), path: pathOf(entry) });
      else await walkFolder(entry.createReader(), found);
    } catch {
      found.push(unreadable(entry));
    }
  };

  const walkFolder = async (reader, found) => {
    for (let some = await listing(reader); some.length; some = await listing(reader)) {
      for (const inner of some) await walk(inner, found);
    }
  };

  const dropped = async (transfer) => {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
    const found = [];
    for (const entry of entries) await walk(entry, found);
    return found;
  };

  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  window.addEventListener("drop", async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("over");
    const files = await dropped(event.dataTransfer);
    take(files, folderOf(files[0]?.path ?? ""));
  });

  // --- pasting -----------------------------------------------------------------------------
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    const moment = new Date().toISOString().replace(/[-:]|\..*/g, "");
    take(files.map((file, place) => ({ file, path: `pasted-${moment}-${place + 1}-${file.name || "photo.png"}` })));
  });
}

// A photo that is chosen, dropped, pasted or taken is sent at once; without a script there is a button.
{
  const form = document.getElementById("drop");
  const words = document.getElementById("drop-words");
  const input = document.getElementById("photos");

  const send = () => {
    words.textContent = "Sending…";
    form.requestSubmit();
  };

  const take = (files) => {
    if (!files.length) return;
    input.files = files;
    send();
  };

  // Who comes back finds the page as it was left, with what was sent still in its fields.
  const before = words.textContent;
  window.addEventListener("pageshow", () => {
    form.reset();
    words.textContent = before;
  });

  form.querySelector("[data-send]").hidden = true;
  form.addEventListener("change", (event) => event.target.files?.length && send());
  document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

// The name of the batch is saved when it is left. Enter leaves it: the form's own submit would load the
// page anew, and with it end what is being sent. Left empty, it is the old name again.
{
  const name = document.getElementById("name");

  name.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    name.blur();
  });

  name.addEventListener("change", () => {
    if (name.value.trim()) name.defaultValue = name.value;
    else name.value = name.defaultValue;
  });
}

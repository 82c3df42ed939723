// Sends a form inside [data-envoi-direct] as soon as something is picked in its combobox. Its button stays, for
// who types a whole name, and for who has no JavaScript.

document.addEventListener("combobox:choix", (event) => {
  const form = event.target.closest("[data-envoi-direct]")?.querySelector("form");
  if (form) {
    setTimeout(() => form.requestSubmit()); // once the component has written the whole name in its input
  }
});

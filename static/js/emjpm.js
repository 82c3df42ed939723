// What every page needs of JavaScript.

const DUREE_DU_VERROU = 5000; // milliseconds: longer than a double click, shorter than a second thought

// A form sent twice by a double click would record twice: the second sending is dropped.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if ("envoye" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.envoye = "";
  setTimeout(() => delete form.dataset.envoye, DUREE_DU_VERROU);
});

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

// Ctrl + Entrée, or Cmd on a Mac, in any field of a form presses its button [data-raccourci].
for (const bouton of document.querySelectorAll("[data-raccourci]")) {
  bouton.setAttribute("aria-keyshortcuts", "Control+Enter Meta+Enter");
  bouton.querySelector(".raccourci").hidden = false;
}
document.addEventListener("keydown", (event) => {
  const { target, key, repeat } = event;
  if (key !== "Enter" || !(event.ctrlKey || event.metaKey) || target.closest("a")) {
    return;
  }
  const bouton = target.closest("form")?.querySelector("[data-raccourci]");
  if (bouton) {
    event.preventDefault(); // the browser would press the first button of the form
    if (!repeat) {
      bouton.form.requestSubmit(bouton);
    }
  }
});

// The title of a folded part says what one of its fields holds: what it holds by now, when the part is closed.
document.addEventListener(
  "toggle",
  (event) => {
    const resume = event.target.querySelector("[data-resume-de]");
    if (resume) {
      const texte = document.getElementById(resume.dataset.resumeDe).value.trim();
      resume.textContent = texte && `·\u00a0${texte}`;
    }
  },
  true, // this event does not bubble
);

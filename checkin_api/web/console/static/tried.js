// What was tried is of the form as it was: whoever changes the form must try it again before it can be saved.
for (const form of document.querySelectorAll("form[data-tried]")) {
  form.addEventListener("input", () => document.getElementById(form.dataset.tried).replaceChildren());
}

// Fills in when a punch was due: by its button, or when its direction is chosen and no other time was typed.

const at = document.querySelector("#at");
const zone = document.querySelector("#zone");
const offered = [...document.querySelectorAll("button[data-at]")];

function take(button) {
  at.value = button.dataset.at;
  if (button.dataset.zone) zone.value = button.dataset.zone;
}

for (const button of offered) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.querySelector(`input[name="what"][value="${button.dataset.direction}"]`).checked = true;
    take(button);
  });
}

for (const choice of document.querySelectorAll('input[name="what"]')) {
  choice.addEventListener("change", () => {
    const fitting = offered.filter((button) => button.dataset.direction === choice.value);
    const typed = at.value !== "" && !offered.some((button) => button.dataset.at === at.value);
    if (typed || choice.value.startsWith("void:")) return;
    at.value = "";
    // Of several duties a person chooses.
    if (fitting.length === 1) take(fitting[0]);
  });
}

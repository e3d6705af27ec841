// A box in a table's head that ticks all boxes of a form; without script it is not there.

for (const all of document.querySelectorAll("input[data-all]")) {
  const boxes = [...document.querySelectorAll('input[type="checkbox"][form]')].filter(
    (box) => box.getAttribute("form") === all.dataset.all,
  );
  all.hidden = boxes.length < 2;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
}

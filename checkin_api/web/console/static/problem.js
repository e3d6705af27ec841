// What was wrong before says nothing about what is sent now.
document.addEventListener(
  "click",
  (event) => event.target.closest("button") && document.getElementById("problem").replaceChildren(),
  true,
);

// The lock screen while a test runs: where it is, and its safety keys. No name is in what it hears.
(function () {
  "use strict";
  const test = document.getElementById("lock-test");
  if (!test) return;
  const write = (id, text) => (document.getElementById(id).textContent = text);
  const source = new EventSource("/api/live?visit=" + encodeURIComponent(test.dataset.visit));
  source.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    write("lock-count", frame.left === null ? "" : String(Math.ceil(frame.left - 0.05)));
    if (frame.state) write("lock-title", frame.state.title || "");
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key === "Escape" ? "Esc" : event.key.toUpperCase();
    const button = [...test.querySelectorAll("button")].find((one) => one.dataset.key === key);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
})();

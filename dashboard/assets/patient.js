// The patient's view: phase and countdown, nothing else. The CoP is never sent here.
(function () {
  "use strict";
  let stream = null;
  const by = (id) => document.getElementById(id);
  const write = (id, text) => {
    const at = by(id);
    if (at && at.textContent !== text) at.textContent = text;
  };

  function mount(id) {
    if (stream) stream.close();
    const visit = by(id) && by(id).dataset.visit;
    if (!visit) return;
    stream = window.fpStream(() => ({ visit, view: "patient" }), hear);
    requestAnimationFrame(look);
  }

  function hear(frame) {
    write("patient-view-count", frame.left === null ? "" : String(Math.ceil(frame.left - 0.05)));
    if (!frame.state) return;
    write("patient-view-phase", frame.state.phase);
    const shown = by("patient-view-phase");
    if (shown) Object.assign(shown.dataset, { step: frame.state.step || "", side: frame.state.side || "" });
  }

  function look() {
    const lost = by("patient-view-lost");
    if (!lost) return stream && stream.close();
    lost.hidden = !stream.silent();
    if (!lost.hidden) write("patient-view-count", ""); // a countdown that stands still would be a lie
    requestAnimationFrame(look);
  }

  window.addEventListener("pagehide", () => stream && stream.close());
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.patient = { mount: (id) => (mount(id), window.dash_clientside.no_update) };
})();

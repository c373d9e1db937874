// The live view of the test page: opens /api/live while the canvas is on the page, draws in animation frames.
// What is written stands in the page as text; only the CoP and the force are drawn.
(function () {
  "use strict";
  const TRAIL_S = 5, FORCE_S = 10, SILENT_MS = 500;
  const stats = { frames: 0, samples: 0, gaps: 0, lastSeq: 0, restarts: 0, painted: 0, lagMs: [] };
  window.fp = { stats };
  let source = null, canvas = null, scene = null, points = [], state = {}, heardAt = 0, boot = null, sentMs = 0;

  const by = (id) => document.getElementById(id);
  const write = (id, text) => {
    const at = by(id);
    if (at && at.textContent !== text) at.textContent = text;
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function mount(id) {
    close();
    canvas = by(id);
    if (!canvas || !canvas.dataset.visit) return;
    scene = JSON.parse(canvas.dataset.scene);
    points = [];
    state = {};
    heardAt = performance.now();
    source = new EventSource("/api/live?visit=" + encodeURIComponent(canvas.dataset.visit));
    source.onmessage = (event) => hear(JSON.parse(event.data));
    requestAnimationFrame(draw);
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  function hear(frame) {
    if (frame.first) {
      points = [];
      if (boot && boot !== frame.boot) stats.restarts += 1;
      boot = frame.boot;
    } else if (frame.s !== stats.lastSeq + 1) stats.gaps += 1;
    stats.lastSeq = frame.s;
    stats.frames += 1;
    stats.samples += frame.n;
    heardAt = performance.now();
    sentMs = frame.sent;
    (frame.t || []).forEach((t, i) => points.push([t, frame.x[i], frame.y[i], frame.f[i]]));
    const newest = points.length ? points[points.length - 1][0] : 0;
    if (points.length > 1 && newest < points[0][0]) points = []; // the plate's clock began anew
    while (points.length && points[0][0] < newest - FORCE_S) points.shift();
    write("test-count", frame.left === null ? "" : String(Math.ceil(frame.left - 0.05)));
    if (frame.state) change(frame.state);
  }

  function change(next) {
    state = next;
    write("test-title", next.title || "");
    write("test-text", next.text || "");
    write("test-notice", next.notice || "");
    write("test-plate", next.plate);
    by("test-plate").dataset.level = next.level;
    by("test-notice").dataset.level = next.notice_level || "";
    by("test-now").dataset.step = next.step || "";
    window.dash_clientside.set_props("test-state", { data: next.key });
  }

  function sized(surface) {
    const scale = window.devicePixelRatio || 1, box = surface.getBoundingClientRect();
    const width = Math.round(box.width * scale), height = Math.round(box.height * scale);
    if (surface.width !== width || surface.height !== height) Object.assign(surface, { width, height });
    const pen = surface.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, box.width, box.height);
    return [pen, box.width, box.height];
  }

  function outline(pen, corners, at, fill, line) {
    pen.beginPath();
    corners.forEach((corner, i) => (i ? pen.lineTo(...at(corner)) : pen.moveTo(...at(corner))));
    pen.closePath();
    Object.assign(pen, { fillStyle: fill, strokeStyle: line });
    pen.fill();
    pen.stroke();
  }

  function drawPlate() {
    const [pen, width, height] = sized(canvas), [across, deep] = scene.surface;
    const scale = Math.min((width - 8) / across, (height - 8) / deep);
    const at = ([x, y]) => [width / 2 + x * scale, height / 2 - y * scale];
    pen.lineWidth = 1.5;
    const [w, d] = [across / 2, deep / 2];
    outline(pen, [[-w, -d], [w, -d], [w, d], [-w, d]], at, colour("--raised"), colour("--line"));
    for (const [side, sole] of Object.entries(scene.soles)) {
      const stands = state.side === side;
      pen.lineWidth = stands ? 2.5 : 1.5;
      outline(pen, sole, at, colour("--surface"), colour(stands ? "--" + side : "--grid"));
    }
    const ink = colour(state.side ? "--" + state.side : "--accent"), last = points[points.length - 1];
    if (!last) return;
    Object.assign(pen, { strokeStyle: ink, lineWidth: 2, lineJoin: "round" });
    for (let i = 1; i < points.length; i += 1) {
      const [from, to] = [points[i - 1], points[i]], age = last[0] - to[0];
      if (age > TRAIL_S || to[1] === null || from[1] === null || to[0] - from[0] > 0.25) continue;
      pen.globalAlpha = Math.max(0.08, 1 - age / TRAIL_S);
      pen.beginPath();
      pen.moveTo(...at([from[1], from[2]]));
      pen.lineTo(...at([to[1], to[2]]));
      pen.stroke();
    }
    pen.globalAlpha = 1;
    if (last[1] === null) return;
    pen.beginPath();
    pen.arc(...at([last[1], last[2]]), 5, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: ink, strokeStyle: colour("--surface"), lineWidth: 1.5 });
    pen.fill();
    pen.stroke();
  }

  function drawForce() {
    const [pen, width, height] = sized(by("test-force")), last = points[points.length - 1];
    if (!last) return write("test-newton", "");
    const most = Math.max(100, ...points.map((point) => point[3] || 0)) * 1.1;
    Object.assign(pen, { strokeStyle: colour("--accent"), lineWidth: 2 });
    pen.beginPath();
    points.forEach(([t, , , f], i) => {
      const x = width * (1 - (last[0] - t) / FORCE_S), y = height * (1 - Math.max(0, f) / most) - 1;
      if (i) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    });
    pen.stroke();
    write("test-newton", Math.round(last[3]) + " N");
  }

  function draw() {
    if (!canvas || !canvas.isConnected) return close();
    const silent = performance.now() - heardAt > SILENT_MS;
    by("test-lost").hidden = !silent;
    drawPlate();
    drawForce();
    stats.painted += 1;
    if (stats.lagMs.push(Date.now() - sentMs) > 300) stats.lagMs.shift();
    requestAnimationFrame(draw);
  }

  // Keys press the button that shows them; a space bar on a button is that button's own.
  document.addEventListener("keydown", (event) => {
    const on = document.activeElement;
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !by("test-now")) return;
    if (on && (/^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName) || (event.key === " " && /^(BUTTON|A)$/.test(on.tagName)))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const button = document.querySelector('[data-key="' + CSS.escape(key) + '"]:not([disabled])');
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  window.addEventListener("pagehide", close);
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.live = { mount: (id) => (mount(id), window.dash_clientside.no_update) };
})();

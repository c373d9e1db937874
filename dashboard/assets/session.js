// Runs in the head, before Dash: sends the browser to the lock screen or the log-in when the session says so, tells
// the server that a person is there, and shows what an act was refused for.
(function () {
  "use strict";
  const TOLD_MS = 20000, SHOWN_MS = 12000;
  const plain = window.fetch.bind(window);
  let timer = 0, toldAt = 0, leaving = false;

  function leave(to) {
    if (leaving) return;
    leaving = true;
    const here = location.pathname;
    location.assign(here === "/" ? to : to + "?next=" + encodeURIComponent(here));
  }

  function csrf() {
    const config = JSON.parse(document.getElementById("_dash-config").textContent);
    const found = document.cookie.split("; ").find((one) => one.startsWith(config.csrf_token_name + "="));
    return found ? found.slice(config.csrf_token_name.length + 1) : "";
  }

  async function look(options) {
    clearTimeout(timer);
    try {
      const told = await (await plain("/session", options)).json();
      if (told.go) leave(told.go);
      else timer = setTimeout(look, 1000 * told.open_s + 500);
    } catch {
      timer = setTimeout(look, 5000); // the server is away: the page says so where it matters
    }
  }

  function active() {
    if (Date.now() - toldAt < TOLD_MS) return;
    toldAt = Date.now();
    look({ method: "POST", headers: { "X-CSRFToken": csrf() } });
  }

  function tell(text) {
    const at = document.getElementById("refused");
    if (!at || !text) return;
    at.textContent = text;
    at.hidden = false;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => (at.hidden = true), SHOWN_MS);
  }

  window.fetch = async function (...asked) {
    const answer = await plain(...asked);
    if (answer.status < 400 || answer.headers.get("Content-Type") !== "application/json") return answer;
    const said = await answer.clone().json();
    if (answer.status === 401 && said.go) {
      leave(said.go);
      return new Promise(() => {}); // the page goes away: nothing is left to be told that it failed
    }
    tell(said.text);
    return answer;
  };

  // Locked by hand: the lock screen leads back to this page.
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname !== "/lock/now") return;
    const next = Object.assign(document.createElement("input"), { type: "hidden", name: "next", value: location.pathname });
    event.target.append(next);
  });

  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"])
    document.addEventListener(kind, active, { passive: true, capture: true });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  document.addEventListener("DOMContentLoaded", () => look());
})();

// One live stream of a page: opens /api/live and comes back by itself, in a quarter of a second, for as long as the
// page wants it; after a minute in vain more slowly. HTTP/1.1 has six connections a host: it is closed when its page is left.
(function () {
  "use strict";
  const RETRY_MS = 250, PATIENT_TRIES = 240, LATER_MS = 2000, SILENT_MS = 500;

  window.fpStream = function (address, hear) {
    let source = null, timer = 0, failed = 0, closed = false, heardAt = performance.now();
    function open() {
      if (closed) return;
      source = new EventSource("/api/live?" + new URLSearchParams(address()));
      source.onmessage = (event) => {
        heardAt = performance.now();
        failed = 0;
        hear(JSON.parse(event.data));
      };
      source.onerror = () => {
        source.close();
        clearTimeout(timer);
        failed += 1;
        timer = setTimeout(open, failed > PATIENT_TRIES ? LATER_MS : RETRY_MS);
      };
    }
    function close() {
      closed = true;
      clearTimeout(timer);
      if (source) source.close();
    }
    open();
    return { close, silent: () => performance.now() - heardAt > SILENT_MS };
  };
})();

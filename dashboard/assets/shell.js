// Clientside callbacks of the frame.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.shell = {
  // Light or dark: the other one than now, remembered in this browser.
  switch_scheme(clicks) {
    if (!clicks) return window.dash_clientside.no_update;
    const now = document.documentElement.getAttribute("data-mantine-color-scheme");
    const next = now === "dark" ? "light" : "dark";
    localStorage.setItem("mantine-color-scheme-value", next);
    return next;
  },
  // A new page: its title in the tab, and the keyboard starts at its top.
  page_shown(title) {
    if (title) document.title = title;
    const page = document.getElementById("page");
    if (page && document.activeElement && document.activeElement.tagName === "A") page.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    return window.dash_clientside.no_update;
  },
};

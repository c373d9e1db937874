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
  // A new page: its title in the tab; after the first one the keyboard, and who hears the page, start at its top.
  page_shown(title) {
    document.title = title;
    if (this.moved) document.getElementById("page").focus({ preventScroll: true });
    if (this.moved) window.scrollTo(0, 0);
    this.moved = true;
    return window.dash_clientside.no_update;
  },
};

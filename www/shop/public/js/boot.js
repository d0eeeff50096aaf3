// Runs before the page is drawn: chooses the language, and holds the texts back until they are in
// it, so that nobody sees the page change its language under their eyes.
(() => {
  const root = document.documentElement;
  let locale = null;
  try {
    locale = localStorage.getItem("shop.locale");
  } catch {
    // Storage may be switched off; the browser's language decides then.
  }
  if (locale !== "en" && locale !== "zh-CN") {
    locale = /^zh\b/i.test(navigator.language) ? "zh-CN" : "en";
  }
  root.lang = locale;
  root.classList.add("waiting");
  addEventListener(
    "error",
    ({ target }) => {
      // A script that does not arrive must not leave an empty page, and the page's own script may
      // come too late to hear of it.
      root.classList.remove("waiting");
      if (target instanceof HTMLScriptElement) target.dataset.failed = "yes";
    },
    true,
  );
  // Nor of a checkout that was refused at once.
  addEventListener("causeway:failed", ({ detail }) => {
    root.dataset.failed = detail.reason;
  });
})();

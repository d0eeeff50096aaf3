// Starts the widget. The page can be read and filled in before, and says so if this fails.

import init, { start } from "./causeway_widget.js";

const broken = () => {
  const note = document.getElementById("broken");
  if (note) note.hidden = false;
};

// The module's address has a hash in it, so the page knows it and this bundle does not.
init({ module_or_path: document.documentElement.dataset.wasm })
  .then(() => start() || broken())
  .catch(broken);

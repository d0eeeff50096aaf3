// Starts the widget. The page can be read and filled in before, and says so if this fails.

import init, { start } from "./causeway_widget.js";

// A browser writes what stands in a field to its disk, to restore the page after a crash, unless
// the field says `off`; an empty one says what may be filled in. The widget does the same when it
// empties a field.
const hint = (input) => {
  const { fill } = input.dataset;
  if (fill) input.autocomplete = input.value ? "off" : fill;
};
document.querySelectorAll("[data-fill]").forEach(hint);
document.addEventListener("input", ({ target }) => hint(target), true);

const broken = () => {
  const note = document.getElementById("broken");
  if (note) note.hidden = false;
};

// The fields are drawn before anything else is at work, so that they can be typed into at once. A
// frame out of sight is not drawn, and starts all the same.
const drawn = new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done));
  setTimeout(done, 50);
});

// The module's address has a hash in it, so the page knows it and this bundle does not.
drawn
  .then(() => init({ module_or_path: document.documentElement.dataset.wasm }))
  .then(() => start() || broken())
  .catch(broken);

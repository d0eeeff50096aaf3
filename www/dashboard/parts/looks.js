// The preview of the checkout: painted with the colours and the logo that stand in the form, before
// they are saved. It is a page of our own origin without a script of its own.

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** The linear light of an sRGB value from 0 to 255 (IEC 61966-2-1). */
const linear = (value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};

/** What can be read better on a colour: white, where its luminance is below 0.179 (WCAG 2.2). */
const textOn = (colour) => {
  const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(colour.slice(at, at + 2), 16)));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179 ? "#fff" : "#000";
};

/** Shows the preview of this page, if it has one, as its form stands. */
export async function paint(page) {
  const looks = page.querySelector("[data-looks]");
  const frame = looks?.querySelector("iframe");
  if (!frame) return;
  const switches = looks.querySelectorAll("[name='preview-scheme']");
  for (const one of switches) {
    one.closest("fieldset").hidden = false;
    if (![...switches].some(({ checked }) => checked)) {
      one.checked = (one.value === "dark") === DARK.matches;
    }
  }
  if (!frame.dataset.watched) {
    frame.dataset.watched = "true";
    frame.addEventListener("load", () => paint(page));
  }
  const root = frame.contentDocument?.documentElement;
  const top = root?.querySelector(".top");
  if (!top) return;
  const fields = looks.querySelector("form").elements;
  const scheme = looks.querySelector("[name='preview-scheme']:checked").value;
  const name = scheme === "dark" ? "colours.accent_dark:optional" : "colours.accent:optional";
  const accent = fields[name].value;
  root.dataset.scheme = scheme;
  root.style.setProperty("--causeway-accent", accent);
  root.style.setProperty("--causeway-accent-text", textOn(accent));
  const [file] = fields.logo.files;
  const saved = top.dataset.saved ?? (top.dataset.saved = logoOf(top)?.getAttribute("src") ?? "");
  const kept = fields.no_logo?.checked ? "" : saved;
  show(top, file ? await dataUrl(file) : kept);
}

const logoOf = (top) => top.querySelector("img.logo");

function show(top, src) {
  let logo = logoOf(top);
  if (!src) return logo?.remove();
  if (!logo) {
    logo = top.ownerDocument.createElement("img");
    logo.className = "logo";
    logo.alt = "";
    top.prepend(logo);
  }
  if (logo.getAttribute("src") !== src) logo.src = src;
}

/** A file as an address that holds it. */
function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

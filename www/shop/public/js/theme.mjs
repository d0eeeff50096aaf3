// Hands the colours of checkout.css over to the checkout frame, in light and in dark.

const NAMES = [
  "accent",
  "accent-text",
  "background",
  "surface",
  "text",
  "muted",
  "border",
  "radius",
  "font",
].map((name) => `--causeway-${name}`);

/** Keeps the element's `theme` the one that the stylesheet sets for `place`. */
export function keepTheme(element, place) {
  const apply = () => element.setAttribute("theme", JSON.stringify(themeOf(place)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  apply();
}

function themeOf(place) {
  const style = getComputedStyle(place);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(name).trim()]).filter(
      ([, value]) => value !== "",
    ),
  );
}

// Goes on to the gateway by itself. Without this script the page's button does the same.

const way = document.getElementById("leave");

if (way instanceof HTMLFormElement) {
  way.submit();
} else if (way instanceof HTMLAnchorElement) {
  // `replace`, so that Back leads to the shop and not into this page again.
  location.replace(way.href);
}

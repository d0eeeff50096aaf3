// Lists that change by themselves: asks which orders have changed since, and has the page's list
// loaded again where one has. Nothing is asked while nobody looks.

/** Between two questions, in milliseconds. */
const PAUSE_MS = 3000;
/** The same, about something that is on its way. */
const SOON_MS = 700;
/** How often that is asked for, at most. */
const SOON_TRIES = 60;
/** The longest pause after failures. */
const PAUSE_MAX_MS = 60_000;
/** Says that nobody need be there, so that a page left open does not keep its session. */
const UNATTENDED = { "causeway-unattended": "1" };

/** Watches over the list of whichever page is shown. */
export function watch(document, htmx) {
  let shown = null;
  let since = null;
  let failures = 0;
  let mode = null;
  let tries = 0;
  // An order has changed, and the list that shows it has not come yet.
  let isStale = false;

  async function look() {
    const list = document.querySelector("#list[data-live]");
    const page = document.querySelector("#page");
    if (page !== shown) {
      // A page says itself from when on changes are news to it.
      [shown, since, isStale] = [page, page?.dataset.since ?? null, false];
      [, , mode] = location.pathname.split("/");
    }
    if (list && !document.hidden && !isBusy(list)) {
      if (await changes()) isStale = true;
      if (isStale) isStale = !(await reload(list));
    }
    const pause = Math.min(PAUSE_MS * 2 ** failures, PAUSE_MAX_MS);
    setTimeout(look, pause);
  }

  /** Has what is on its way loaded again, until it has arrived. */
  async function lookSoon() {
    const waits = document.querySelector("#sent[data-soon]");
    tries = waits ? tries + 1 : 0;
    if (waits && tries <= SOON_TRIES && !document.hidden) {
      await load(location.pathname + location.search, "#sent");
    }
    setTimeout(lookSoon, SOON_MS);
  }

  /** Whether an order has changed since the last question. */
  async function changes() {
    const query = since ? `?since=${encodeURIComponent(since)}` : "";
    try {
      const response = await fetch(`/v1/orders/changes${query}`, {
        headers: { "causeway-mode": mode, ...UNATTENDED },
      });
      // The session is over: the page itself knows the way to where one signs in.
      if (response.status === 401) location.reload();
      if (!response.ok) throw new Error(String(response.status));
      const { data, since: next } = await response.json();
      since = next;
      failures = 0;
      return data.length > 0;
    } catch {
      failures = Math.min(failures + 1, 5);
      return false;
    }
  }

  /** Has a part of the page loaded again. */
  async function load(url, part) {
    const swap = { headers: UNATTENDED, target: part, select: part, swap: "outerHTML" };
    await htmx.ajax("GET", url, swap).catch(() => {});
  }

  /** Whether another list stands in its place now. */
  async function reload(list) {
    await load(list.dataset.live, "#list");
    return !list.isConnected;
  }

  // Somebody may have begun to fill something in while the list was on its way.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.matches("#list") && isBusy(detail.target)) detail.shouldSwap = false;
  });

  setTimeout(look, 0);
  setTimeout(lookSoon, SOON_MS);
}

/** Whether somebody fills in something there, which must not be lost. */
function isBusy(list) {
  return list.contains(document.activeElement) || list.querySelector("details[open] form") !== null;
}

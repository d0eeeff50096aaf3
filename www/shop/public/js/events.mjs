// The received webhooks, for whoever integrates Causeway.

import { call, h, page, start } from "./shell.mjs";
import { moment } from "./states.mjs";

const UPDATE_MS = 2000;
const list = document.getElementById("events");
const live = document.getElementById("live");
const drawn = new Map(); // webhook-id → its element, so that an opened body stays open
let events = [];

start(
  () => {
    drawn.clear();
    list.replaceChildren();
    draw();
  },
  { fixedCurrency: true },
);
update();
document.getElementById("refresh").addEventListener("click", fetchEvents);

async function update() {
  if (live.checked && !document.hidden) await fetchEvents();
  setTimeout(update, UPDATE_MS);
}

async function fetchEvents() {
  try {
    ({ data: events } = await call("/api/events"));
    draw();
  } catch {
    // The next round asks again.
  }
}

function draw() {
  document.getElementById("none").hidden = events.length > 0;
  document.getElementById("count").textContent = page.t("events.count", { count: events.length });
  for (const event of events.toReversed()) {
    const known = drawn.get(event.webhook_id);
    if (known) {
      known.querySelector(".times").textContent = times(event);
    } else {
      const element = eventItem(event);
      drawn.set(event.webhook_id, element);
      list.prepend(element);
    }
  }
}

function eventItem(event) {
  const order = event.body.data?.order;
  return h(
    "li",
    { class: "event", "data-type": event.type },
    h(
      "div",
      { class: "event-head" },
      h("code", { class: "event-type" }, event.type),
      h("time", { datetime: event.received_at }, moment(event.received_at)),
      order
        ? h(
            "a",
            { href: `/thanks.html?causeway_order=${encodeURIComponent(order.id)}` },
            order.merchant_reference ?? order.id,
          )
        : null,
      order?.total ? h("span", {}, page.money(order.total.amount, order.total.currency)) : null,
    ),
    h(
      "p",
      { class: "muted" },
      `${page.t("events.id")}: `,
      h("code", {}, event.webhook_id),
      " ",
      h("span", { class: "times" }, times(event)),
    ),
    h(
      "details",
      {},
      h("summary", {}, page.t("events.body")),
      h("pre", { tabindex: "0" }, h("code", {}, JSON.stringify(event.body, null, 2))),
    ),
  );
}

function times({ times_received: count }) {
  return count > 1 ? page.t("events.times", { count }) : "";
}

// How an order's state is put into words, for the thank-you page and the order look-up.

import { numbersOf } from "./money.mjs";
import { h, page } from "./shell.mjs";

/** Which heading and text belong to the order, and in which tone; null is "not heard of yet". */
export function stateText(order) {
  const state = order?.state ?? "created";
  const paidBack = ["refunded", "partly_refunded"].includes(state);
  if (state === "paid") return { key: "paid", values: { text: "thanks.paid_text" }, tone: "good" };
  if (state === "authorized") {
    return { key: "authorized", values: { text: "thanks.authorized_text" }, tone: "good" };
  }
  if (paidBack) return { key: state, values: { text: "thanks.refunded_text" }, tone: "calm" };
  if (state === "expired" || state === "cancelled") {
    return { key: state, values: { text: "thanks.over_text" }, tone: "bad" };
  }
  if (order?.history.at(-1)?.type === "order.payment_failed") {
    return { key: "failed", values: { text: "thanks.failed_text" }, tone: "bad" };
  }
  return { key: "waiting", values: { text: "thanks.waiting_text" }, tone: "waiting" };
}

/** The verified webhooks of an order, oldest first. */
export function history(order) {
  const list = order?.history ?? [];
  if (list.length === 0) return h("p", { class: "muted" }, page.t("thanks.heard_none"));
  return h(
    "ol",
    { class: "history" },
    list.map(({ type, time }) =>
      h("li", {}, h("code", {}, type), h("time", { datetime: time }, moment(time))),
    ),
  );
}

/** A time as the reader writes it. */
export function moment(time) {
  const format = { dateStyle: "medium", timeStyle: "medium" };
  return new Intl.DateTimeFormat(numbersOf(page.locale), format).format(new Date(time));
}

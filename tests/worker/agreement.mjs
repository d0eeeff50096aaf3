// What of the channels' books, our orders, our events and the shop's webhooks does not agree. Pure:
// facts in, words out.
//
// Amounts are compared in minor units of ISO 4217. Not in scope: ISK and UGX at Stripe, which
// counts them otherwise.

/** States in which an order rests, if nothing of it is still open. */
const ENDED = new Set(["authorized", "paid", "partly_refunded", "refunded", "cancelled",
  "expired"]);
/** States in which an attempt rests. */
const SETTLED = new Set(["paid", "declined", "closed"]);
/** How each channel says that a refund was paid back, or is still to be decided. */
const PAID_BACK = new Set(["succeeded", "success", "SUCCESS"]);
const UNDECIDED = new Set(["pending", "PROCESSING"]);
/** An order id within a reference: what follows is the attempt's number. */
const ORDER_ID_LENGTH = 26;
/** How late a till may wake, in milliseconds: two cores run everything at once. */
const LATE_MS = 15_000;

/**
 * @param {object} facts as `gather` in `books.mjs` gives them: `orders` and `events` of the API,
 *   `payments` of the channels' books, `webhooks` and `tills` where they are looked at, `now`
 * @returns {string[]} what does not agree, each in a sentence that starts with what it is about
 */
export function disagreementsOf({ orders, events, payments, webhooks, tills, now }) {
  const said = [];
  const byReference = new Map();
  for (const payment of payments) {
    const known = byReference.get(payment.reference);
    if (known) said.push(`${name(payment)}: stands in the books twice, also as ${known.id}.`);
    byReference.set(payment.reference, payment);
  }
  const ids = new Set(orders.map(({ id }) => id));
  for (const payment of payments.filter(({ reference }) => !ids.has(orderOf(reference)))) {
    if (payment.captured_minor > 0 || payment.status === "authorized") {
      said.push(`${name(payment)}: took money for an order that we do not have.`);
    }
  }
  for (const order of orders) {
    said.push(...moneyOf(order, byReference));
    const own = events.filter((event) => event.order === order.id);
    said.push(...toldOf(order, own));
    if (tills) said.push(...restOf(order, own, tills));
  }
  if (webhooks) said.push(...webhooksOf(events, webhooks));
  for (const [number, till] of (tills ?? []).entries()) said.push(...wakingOf(number, till, now));
  return said;
}

/** What an order says of its money, held against the books. */
function moneyOf(order, byReference) {
  const said = [];
  for (const attempt of order.attempts) {
    const reference = `${order.id}${String(attempt.number).padStart(2, "0")}`;
    const payment = byReference.get(reference);
    const taken = takenBy(order, attempt);
    const what = `${order.id}, attempt ${attempt.number} (${attempt.state})`;
    if (!payment) {
      if (taken > 0) said.push(`${what}: we took ${taken}, the channel has no such payment.`);
      continue;
    }
    if (payment.currency !== attempt.amount.currency) {
      said.push(`${what}: is in ${payment.currency} at the channel.`);
    }
    if (payment.amount_minor !== minor(attempt.amount)) {
      said.push(`${what}: is for ${payment.amount_minor} at the channel.`);
    }
    if (payment.charges > 1) said.push(`${what}: was charged ${payment.charges} times.`);
    if (payment.captured_minor !== taken) {
      said.push(`${what}: the channel took ${payment.captured_minor}, we know of ${taken}.`);
    }
    if (payment.status === "authorized" && attempt.state !== "authorized") {
      said.push(`${what}: money is held at the channel.`);
    }
    if (payment.status !== "authorized" && attempt.state === "authorized") {
      said.push(`${what}: the channel says ${payment.channel_status}.`);
    }
    said.push(...refundsOf(order, attempt, payment));
  }
  said.push(...chargesOf(order, byReference), ...totalsOf(order));
  return said;
}

/** Refunds of one attempt, ours and the channel's, one by one and in sum. */
function refundsOf(order, attempt, payment) {
  const said = [];
  const ours = order.refunds.filter((refund) => refund.attempt === attempt.id);
  for (const refund of ours) {
    const what = `${order.id}, refund ${refund.id} (${refund.state})`;
    const theirs = payment.refunds.filter(({ id, reference }) =>
      reference === refund.id || id === refund.channel_number);
    if (theirs.length > 1) said.push(`${what}: was made ${theirs.length} times at the channel.`);
    const [found] = theirs;
    if (found && found.amount_minor !== minor(refund.amount)) {
      said.push(`${what}: is ${found.amount_minor} at the channel, ours ${minor(refund.amount)}.`);
    }
    const paidBack = found !== undefined && PAID_BACK.has(found.status);
    const open = found !== undefined && UNDECIDED.has(found.status);
    const agrees = { settled: paidBack, failed: !paidBack && !open, pending: !paidBack };
    if (!agrees[refund.state]) {
      said.push(`${what}: the channel says ${found?.status ?? "nothing of it"}.`);
    }
  }
  const known = new Set(ours.flatMap(({ id, channel_number: number }) => [id, number]));
  for (const stranger of payment.refunds) {
    if (!known.has(stranger.reference) && !known.has(stranger.id)) {
      said.push(`${order.id}, refund ${stranger.id}: was made at the channel, not by us.`);
    }
  }
  const settled = sum(ours.filter(({ state }) => state === "settled"));
  if (settled !== payment.refunded_minor) {
    said.push(`${order.id}, attempt ${attempt.number}: the channel gave ${payment.refunded_minor} `
      + `back, ours is ${settled}.`);
  }
  const promised = payment.refunds
    .filter(({ status }) => PAID_BACK.has(status) || UNDECIDED.has(status))
    .reduce((total, { amount_minor: amount }) => total + amount, 0);
  if (Math.max(promised, payment.refunded_minor) > payment.captured_minor) {
    said.push(`${order.id}, attempt ${attempt.number}: more is given back at the channel than the `
      + `${payment.captured_minor} that it took.`);
  }
  return said;
}

/** An order is charged once. What came beside that is irregular and says so. */
function chargesOf(order, byReference) {
  const charged = [...byReference.values()].filter(({ reference, captured_minor: captured }) =>
    orderOf(reference) === order.id && captured > 0);
  const said = charged
    .filter(({ reference }) => !order.attempts.some(({ number }) =>
      Number(reference.slice(ORDER_ID_LENGTH)) === number))
    .map((payment) => `${name(payment)}: took money by an attempt that we do not have.`);
  const accounted = order.irregular.filter(({ kind, resolution }) =>
    ["duplicate", "late", "short"].includes(kind) && resolution.type !== "accepted").length;
  if (charged.length > accounted + 1) {
    said.push(`${order.id}: was charged by ${charged.length} attempts.`);
  }
  return said;
}

/** The order's own sums. */
function totalsOf(order) {
  const said = [];
  const [captured, refunded, pending, refundable] = [order.captured, order.refunded,
    order.refund_pending, order.refundable].map(minor);
  if (refunded + pending > captured) {
    said.push(`${order.id}: gives ${refunded} and ${pending} back of ${captured}.`);
  }
  // Of an order that was not paid, held money that does not fit it can be given back.
  if (captured > 0 && refundable !== captured - refunded - pending) {
    said.push(`${order.id}: says ${refundable} of ${captured} can be given back, after `
      + `${refunded} and ${pending}.`);
  }
  const paid = ["paid", "partly_refunded", "refunded"].includes(order.state);
  if (paid !== captured > 0) said.push(`${order.id}: is ${order.state} with ${captured} taken.`);
  const back = { paid: refunded === 0, partly_refunded: refunded > 0 && refunded < captured,
    refunded: refunded === captured };
  if (paid && !back[order.state]) {
    said.push(`${order.id}: is ${order.state} with ${refunded} of ${captured} given back.`);
  }
  return said;
}

/** What an order's events must tell, given what it is now. */
function toldOf(order, events) {
  const said = [];
  const told = (type, least, most, is = () => true) => {
    const found = events.filter((event) => event.type === type && is(event.body.data)).length;
    if (found >= least && found <= most) return;
    said.push(`${order.id}: ${type} was told ${found} times, not ${least}.`);
  };
  const once = (type, wanted, is) => told(type, wanted ? 1 : 0, wanted ? 1 : 0, is);
  const taken = minor(order.captured);
  once("order.paid", taken > 0);
  for (const { body } of events.filter(({ type }) => type === "order.paid")) {
    if (minor(body.data.order.captured) !== taken) {
      said.push(`${order.id}: order.paid says ${minor(body.data.order.captured)}, not ${taken}.`);
    }
  }
  once("order.cancelled", order.state === "cancelled");
  if (order.state === "expired") once("order.expired", true);
  for (const refund of order.refunds) {
    const ofIt = (data) => data.refund.id === refund.id;
    // A channel may take back what it has said of a refund.
    told("refund.settled", refund.state === "settled" ? 1 : 0, 1, ofIt);
    told("refund.failed", refund.state === "failed" ? 1 : 0, 1, ofIt);
    if (refund.state === "pending") told("refund.settled", 0, 0, ofIt);
  }
  for (const { type, body } of events.filter((event) => event.body.data.refund)) {
    const now = order.refunds.find(({ id }) => id === body.data.refund.id);
    if (!now || minor(now.amount) !== minor(body.data.refund.amount)) {
      said.push(`${order.id}: ${type} tells of ${minor(body.data.refund.amount)}, the refund is `
        + `${now ? minor(now.amount) : "not there"}.`);
    }
  }
  for (const attempt of order.attempts.filter(({ state }) => state === "declined")) {
    once("order.payment_failed", true, (data) => data.attempt.id === attempt.id);
  }
  for (const { attempt, kind } of order.irregular) {
    const tells = ({ type, body }) => type === "order.irregular_payment"
      && body.data.order.irregular.some((one) => one.attempt === attempt && one.kind === kind);
    if (!events.some(tells)) said.push(`${order.id}: its ${kind} payment was not told.`);
  }
  return said;
}

/** Every event has reached the shop as it is, and nothing else has. */
function webhooksOf(events, webhooks) {
  const said = [];
  const received = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
  for (const event of events) {
    const webhook = received.get(event.id);
    const what = `${event.order}: webhook ${event.type} ${event.id}`;
    if (!webhook) said.push(`${what} did not reach the shop.`);
    else if (sorted(webhook.data) !== sorted(event.body.data) || webhook.type !== event.type) {
      said.push(`${what} reached the shop with other contents.`);
    }
  }
  const ids = new Set(events.map(({ id }) => id));
  for (const { id, type, data } of received.values()) {
    if (!ids.has(id)) said.push(`${data.order.id}: webhook ${type} ${id} tells what is not known.`);
  }
  return said;
}

/** An order rests, or something of it is due at a time. */
function restOf(order, events, tills) {
  const open = order.attempts.filter((attempt) => !isSettled(order, attempt))
    .map(({ number, state }) => `attempt ${number} is ${state}`);
  open.push(...order.refunds.filter(({ state }) => state === "pending")
    .map(({ id }) => `refund ${id} is pending`));
  if (order.ending) open.push("it is ending");
  if (!ENDED.has(order.state)) open.push(`it is ${order.state}`);
  const effects = tills.flatMap(({ tables }) => tables.effects ?? [])
    .filter(({ order_id: id, due_at: due }) => id === order.id && Number.isFinite(due));
  const said = open.length > 0 && effects.length === 0
    ? [`${order.id}: ${open.join(", ")}, and nothing is due.`] : [];
  const owed = tills.flatMap(({ tables }) => tables.deliveries ?? []);
  for (const { id, type } of events) {
    const waiting = owed.filter((one) => one.event_id === id && one.state === "pending");
    if (waiting.some(({ due_at: due }) => due === null)) {
      said.push(`${order.id}: ${type} ${id} waits to be delivered, and nothing is due.`);
    }
  }
  return said;
}

/** Money that is held and does not win is still to be released. */
function isSettled(order, { id, state }) {
  if (state !== "authorized") return SETTLED.has(state);
  return order.state === "authorized" && !order.irregular.some(({ attempt }) => attempt === id);
}

/** A till that has something due wakes for it. */
function wakingOf(number, { tables, alarm }, now) {
  const times = [...(tables.effects ?? []), ...(tables.deliveries ?? [])]
    .map(({ due_at: due }) => due).filter((due) => due !== null);
  if (times.length === 0) return [];
  const first = Math.min(...times);
  if (alarm === null) return [`Till ${number}: its alarm is not set, though something is due.`];
  const late = alarm > Math.max(first, now) + LATE_MS;
  return late ? [`Till ${number}: wakes ${alarm - first} ms after something is due.`] : [];
}

/** What we say an attempt took: as the winner, or as a payment that does not fit. */
function takenBy(order, attempt) {
  const strays = order.irregular.filter((irregular) => irregular.attempt === attempt.id
    && irregular.kind !== "excess" && irregular.resolution.type !== "accepted");
  const aside = strays.filter(({ resolution }) => resolution.type !== "released");
  if (aside.length > 0) return sum(aside.map(({ received }) => ({ amount: received })));
  return attempt.state === "paid" ? minor(order.captured) : 0;
}

function name({ channel, reference, id }) {
  return `${channel} ${reference ?? id}`;
}

function orderOf(reference) {
  return reference?.slice(0, ORDER_ID_LENGTH);
}

/** `{"amount":"12.34"}` to 1234: the API writes all decimals that a currency has. */
function minor({ amount }) {
  return Number(amount.replace(".", ""));
}

function sum(list) {
  return list.reduce((total, { amount }) => total + minor(amount), 0);
}

/** JSON that is equal for equal contents. */
function sorted(value) {
  return JSON.stringify(value, (_, inner) => (inner && typeof inner === "object"
    && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner));
}

// The plan of four weeks at the demo shop: who orders what, when, and what becomes of it. It is
// made from a seed alone, and does nothing; `drive.mjs` carries it out.

import { readFileSync } from "node:fs";
import { atDesk, noted, shipped } from "./after.mjs";
import { COUNTRIES, HOME_OF_WALLETS, shopperOf, utcOffset_h } from "./people.mjs";
import { Random } from "./random.mjs";
import { OPEN_STORIES, STORIES } from "./stories.mjs";

const CATALOGUE = new URL("../../www/shop/catalogue.json", import.meta.url);
const SKUS = JSON.parse(readFileSync(CATALOGUE, "utf8")).map(({ sku }) => sku);

/** How many days the plan covers. */
export const DAYS = 28;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Of `often` in `stories.mjs`. */
const OFTEN_OF = 300;

/** How busy the hours of a shopper's day are, and the days of the week from Sunday on. */
const HOURS = [1, 1, 0, 0, 0, 0, 1, 2, 4, 6, 7, 7, 9, 8, 6, 5, 5, 6, 7, 9, 12, 12, 8, 3];
const WEEKDAYS = [13, 8, 8, 9, 9, 11, 14];

/** Steps stop so long before the end, and stories with an end begin so long before it. */
const REST_MS = 60_000;
const LAST_BEGIN_MS = 70 * 60_000;
/** So many orders, of such a time, are moved close to each other. */
const MOST_CLOSE = 3;
const CLOSE_MS = 75 * 60_000;
/** A story that ends by expiry needs more than the two hours. */
const LAST_EXPIRY_MS = 3 * HOUR_MS;

/**
 * The steps of all stories, in the order of their times: `{at_ms, story, do, …}`. Every `story` is
 * `{name, ends, shopper, basket, …}`; its first step is `order`.
 *
 * @param {object} wish
 * @param {number} wish.orders how many orders
 * @param {number} wish.end_ms when the plan ends, in Unix time
 * @param {string} [wish.seed]
 */
export function plan({ orders, end_ms, seed = "Low Tide Tea" }) {
  const random = new Random(seed);
  const start_ms = end_ms - DAYS * DAY_MS;
  const kinds = deck(orders, random);
  const days = daysOf(kinds.length, start_ms, random);
  const begun = kinds.map((kind, index) => {
    const story = begin(kind, random);
    const latest_ms = end_ms - (kind.ends === "expired" ? LAST_EXPIRY_MS : LAST_BEGIN_MS);
    const begins_ms = timeOf(days[index], story.shopper.address.country, start_ms, random);
    return { kind, story, begins_ms: Math.min(begins_ms, latest_ms) };
  });
  const told = closer(begun, random).map(({ kind, story, begins_ms }) =>
    stepsOf(story, kind, begins_ms, end_ms, random));
  const open = OPEN_STORIES.map((kind) =>
    stepsOf(begin(kind, random), kind, end_ms - kind.ago_s * 1000, end_ms, random));
  return [...told, ...open].flat().sort((a, b) => a.at_ms - b.at_ms);
}

/** As many kinds of stories as there are closed orders: each at least once, in any order. */
function deck(orders, random) {
  const closed = orders - OPEN_STORIES.length;
  const rare = STORIES.filter(({ often }) => often > 0).flatMap((kind) =>
    Array(Math.max(1, Math.floor((kind.often * orders) / OFTEN_OF))).fill(kind));
  const [filler] = STORIES.filter(({ often }) => often === 0);
  if (rare.length > closed) throw new Error(`${orders} orders are too few for every story.`);
  return random.shuffled([...rare, ...Array(closed - rare.length).fill(filler)]);
}

/** The day of each order, from 0: more at weekends, and more towards the end. */
function daysOf(count, start_ms, random) {
  const weights = Array.from({ length: DAYS }, (_, day) => {
    const weekday = new Date(start_ms + day * DAY_MS).getUTCDay();
    return WEEKDAYS[weekday] * (40 + day) * random.between(75, 125);
  });
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let passed = 0;
  let given = 0;
  return weights.flatMap((weight, day) => {
    passed += weight;
    const due = Math.round((passed * count) / whole);
    const here = Array(due - given).fill(day);
    given = due;
    return here;
  });
}

/** A moment of a day of the plan, by what the clock shows where the shopper is. */
function timeOf(day, country, start_ms, random) {
  const hour = Number(random.weighted(HOURS));
  const wanted_ms = (hour - utcOffset_h(country)) * HOUR_MS + random.below(HOUR_MS);
  const begins_ms = start_ms + day * DAY_MS;
  return begins_ms + (((wanted_ms - begins_ms) % DAY_MS) + DAY_MS) % DAY_MS;
}

/** Moves orders of an hour or so close to each other, a few at a time: the clock is moved less. */
function closer(begun, random) {
  let first = null;
  let count = 0;
  return begun.sort((a, b) => a.begins_ms - b.begins_ms).map((one) => {
    if (count === MOST_CLOSE || !first || one.begins_ms - first.begins_ms > CLOSE_MS) {
      first = one;
      count = 0;
    }
    count += 1;
    return { ...one, begins_ms: first.begins_ms + (one === first ? 0 : random.below(55_000)) };
  });
}

/** Who orders what. */
function begin(kind, random) {
  const country = kind.wallets ? HOME_OF_WALLETS : random.weighted(COUNTRIES);
  return {
    name: kind.name,
    ends: kind.ends,
    order: kind.order,
    shopper: shopperOf(country, random),
    basket: basket(random),
    cart: random.uuid(),
    shipping: random.chance(22) ? "express" : "standard",
    device: random.chance(55) ? "phone" : "desktop",
  };
}

function basket(random) {
  const lines = Number(random.weighted({ 1: 52, 2: 30, 3: 13, 4: 5 }));
  return random.shuffled(SKUS).slice(0, lines)
    .map((sku) => ({ sku, quantity: Number(random.weighted({ 1: 70, 2: 21, 3: 9 })) }));
}

/** The steps of a story; what would come after the end is moved before it. */
function stepsOf(story, kind, begins_ms, end_ms, random) {
  const wished = kind.steps(random, { country: story.shopper.address.country });
  let at_ms = begins_ms;
  const last_ms = end_ms - REST_MS;
  const steps = wished.map(({ after_s, ...step }, index) => {
    const room_ms = (last_ms - at_ms) / (wished.length - index);
    const wished_ms = at_ms + Math.floor(Math.min(after_s * 1000, room_ms));
    const desk_ms = atDesk(step, wished_ms, random);
    at_ms = desk_ms < last_ms ? Math.max(desk_ms, at_ms + 1000) : wished_ms;
    return { ...step, at_ms, story };
  });
  const more = [...shipped(steps, random), ...noted(steps, random)]
    .filter((step) => step.at_ms < last_ms)
    .map((step) => ({ ...step, story }));
  return [{ do: "order", at_ms: begins_ms, story }, ...steps, ...more];
}

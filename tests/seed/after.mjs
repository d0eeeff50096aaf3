// What the shop's staff do with orders whatever the shopper does: they send goods, and write notes.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is done at the desk, and when people sit there: in minutes of the day, UTC. */
const AT_DESK = new Set(["refund", "approve", "decline", "capture", "ship", "note"]);
const ROUNDS_MIN = [8 * 60 + 40, 13 * 60 + 5, 16 * 60 + 50];

/** Steps that may bring the money. */
const PAYS = new Set(["card", "press", "capture"]);
/** Steps after which nothing is sent any more. */
const ENDS = new Set(["refund", "cancel", "ask"]);
const PAID = new Set(["paid", "partly_refunded", "refunded"]);

const PARCELS = {
  CN: [["顺丰速运", "SF"], ["中通快递", "ZTO"]],
  HK: [["顺丰速运", "SF"], ["Hongkong Post", "HK"]],
  GB: [["Royal Mail", "RM"], ["DPD", "DPD"]],
  DE: [["DHL", "JD"]],
  JP: [["Yamato Transport", "YMT"]],
  US: [["USPS", "94"], ["UPS", "1Z"]],
};
const PARCELS_ELSEWHERE = [["DHL Express", "DHL"], ["UPS", "1Z"]];

const NOTES = [
  "Called to ask for delivery after 18:00.",
  "Gift: no invoice in the parcel.",
  "Wrote again to confirm the address; it is right.",
  "Regular customer, added a sample of jasmine pearls.",
  "Second try to reach the shopper by phone.",
  "客户要求尽快发货，已联系仓库。",
  "老客户，随单附赠茶样一份。",
];

/** When a step that is wished for at a time is done: at the desk, in its next round. */
export function atDesk({ do: what }, wished_ms, random) {
  if (!AT_DESK.has(what)) return wished_ms;
  const midnight_ms = wished_ms - (wished_ms % DAY_MS);
  const rounds = [0, DAY_MS].flatMap((day_ms) =>
    ROUNDS_MIN.map((minute) => midnight_ms + day_ms + minute * 60_000));
  return rounds.find((round_ms) => round_ms >= wished_ms) + random.below(55_000);
}

/** The parcels of an order that was paid: none, one, or two where it has several lines. */
export function shipped(steps, random) {
  const [first] = steps;
  if (!first || !PAID.has(first.story.ends) || random.chance(5)) return [];
  const { basket, shopper } = first.story;
  const paid = steps.findLast((step) => PAYS.has(step.do));
  const end = steps.find((step) => ENDS.has(step.do));
  const times = basket.length > 1 && random.chance(12) ? 2 : 1;
  const kinds = PARCELS[shopper.address.country] ?? PARCELS_ELSEWHERE;
  let at_ms = paid.at_ms;
  return Array.from({ length: times }, (_, index) => {
    at_ms = atDesk({ do: "ship" }, at_ms + random.between(2, 18) * HOUR_MS, random);
    const [carrier, prefix] = random.one(kinds);
    const digits = random.between(10_000_000_000, 99_999_999_999);
    const number = `${prefix}${digits}`;
    const parcel = times === 1 ? "all" : ["first", "rest"][index];
    return { do: "ship", at_ms, carrier, number, parcel };
  }).filter((step) => !end || step.at_ms < end.at_ms);
}

/** A note now and then. */
export function noted(steps, random) {
  if (steps.length === 0 || !random.chance(8)) return [];
  const at_ms = atDesk({ do: "note" }, steps.at(-1).at_ms + random.between(1, 9) * HOUR_MS, random);
  const chinese = steps[0].story.shopper.locale === "zh-CN";
  const fitting = NOTES.filter((text) => /^[\x20-\x7e]*$/.test(text) !== chinese);
  return [{ do: "note", at_ms, text: random.one(fitting) }];
}

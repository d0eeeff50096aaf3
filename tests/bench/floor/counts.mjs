// What our worker asks of the runtime for one payment, phase by phase. The floor does the same, and
// nothing besides. `checked.mjs` counts ours before each bench and holds it against this table.
//
// - `counters`: objects that count attempts, one row each;
// - `["till", rows, alarm]`: a call of the order's till that changes so many rows, and whether it
//   sets the alarm; every call reads the order;
// - `["call"]`: a request to the channel; `["webhook"]`: one to the shop, signed with HMAC;
// - `["sign"]`, `["verify"]`: RSA with 2,048 bits; `["mac"]`: HMAC of a notice or a client token.
//
// Not counted, because only the first payments have them: tables, settings, keys that are imported.
//
// | rows | of what |
// |---|---|
// | create | order, idempotency key, its expiry |
// | attempt is recorded | order, attempt, what is owed to the channel |
// | the channel asks the shopper to act | order, what was owed goes, a query comes |
// | paid | order, attempt, what was owed and its expiry go, event, delivery |
// | paid, and the fee is not told | a question about it comes |
// | a notice | itself |
// | a webhook was delivered | delivery |
//
// Besides, each thing that people of the store can read in the order's timeline is a row: a new
// state of the attempt and of the order, a message to a channel or from it, a notice.

const RECORDED = ["till", 5, true];
const READ = ["till", 0, false];
const DELIVERED = ["till", 1, true];
const TOLD = [[["webhook"], DELIVERED]];
const CREATE = { counters: [], steps: [["till", 3, true], ["mac"]] };

/** By way and phase; `after` runs beside the answer. */
export const COUNTS = {
  stripe: {
    create: CREATE,
    attempt: {
      counters: ["order", "address"],
      steps: [["mac"], READ, RECORDED, ["call"], ["till", 10, true]],
      after: TOLD,
    },
    notice: { counters: [], steps: [["mac"], ["till", 2, true]] },
  },
  alipay: {
    create: CREATE,
    attempt: {
      counters: ["order", "address"],
      steps: [["mac"], READ, RECORDED, ["sign"], ["till", 5, true]],
    },
    notice: { counters: [], steps: [["verify"], ["till", 11, true]], after: TOLD },
  },
  wechat_pay: {
    create: CREATE,
    attempt: {
      counters: ["order", "address"],
      steps: [["mac"], READ, RECORDED, ["sign"], ["call"], ["verify"], ["till", 7, true]],
    },
    notice: { counters: [], steps: [["verify"], ["till", 10, true]], after: TOLD },
  },
};

// Who works at the demo shop, and its papers.

import { owner, withKey } from "../worker/stack.mjs";

const DAY_MS = 86_400_000;

/** One operator of each role, and a second one who answers shoppers. */
const STAFF = {
  owner: { name: "Mei Lin", email: "mei@lowtide.example", role: "owner", locale: "en" },
  finance: { name: "Jonas Weber", email: "jonas@lowtide.example", role: "finance", locale: "en" },
  support: { name: "Aoife Byrne", email: "aoife@lowtide.example", role: "support", locale: "en" },
  support_zh: { name: "陈思远", email: "siyuan@lowtide.example", role: "support", locale: "zh-CN" },
  viewer: { name: "Priya Nair", email: "priya@lowtide.example", role: "viewer", locale: "en" },
};

/** Those who make, ship and give back have to call the API; nobody keeps their tokens. */
const CALLERS = ["finance", "support", "support_zh"];

/**
 * Adds the operators, and their papers to the store profile.
 *
 * @returns {Promise<object>} a `Client` for each operator who does something, and `dismiss()`,
 *   which takes the tokens of all of them back
 */
export async function hire(store, { end_ms }) {
  const boss = owner(store);
  const { registrations, lapsing, ...profile } = await boss.ok("GET", "/v1/store/profile");
  await boss.ok("PUT", "/v1/store/profile",
    { ...profile, registrations: [...registrations, ...papers(end_ms)] });
  const staff = {};
  const ids = [];
  for (const [who, person] of Object.entries(STAFF)) {
    const { id } = await boss.ok("POST", "/v1/operators", person);
    if (!CALLERS.includes(who)) continue;
    const { token } = await boss.ok("POST", `/v1/operators/${id}/token`);
    staff[who] = withKey(token);
    ids.push(id);
  }
  const dismiss = async () => {
    for (const id of ids) await boss.ok("DELETE", `/v1/operators/${id}/token`);
  };
  return { ...staff, dismiss };
}

/** The store's papers, of which one lapses within the month. */
function papers(end_ms) {
  const inDays = (days) => new Date(end_ms + days * DAY_MS).toISOString().slice(0, 10);
  return [
    { kind: "vat", number: "IE6388047V", country: "IE" },
    { kind: "tax", number: "98-7654321", country: "US", expires_on: inDays(19) },
    { kind: "business_licence", number: "91330100MA2B000000", country: "CN",
      expires_on: inDays(1200) },
  ];
}

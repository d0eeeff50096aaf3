// Whether the channels' books, our orders and refunds, and the webhooks that the shop received
// agree to the cent, and whether every order has come to rest or waits with a timer.
//
// This file gathers; `agreement.mjs` compares. Neither needs the stack of the other tests: all they
// know is given. A comparison is of one moment: ask again until what is under way has ended.

import { disagreementsOf } from "./agreement.mjs";

/** Orders and events on one page of a list: the most that the API gives. */
const PAGE = 100;

/**
 * What does not agree, in words; an empty list when everything does.
 *
 * @param {object} shop a store, with what stands around it
 * @param {string} shop.url the worker
 * @param {string} shop.key a secret key of the store
 * @param {Object<string, string>} shop.simulators the simulators' addresses by channel (`stripe`,
 *   `alipay`, `wechat_pay`)
 * @param {Object<string, string|string[]>} shop.merchants by channel: the merchants' ids there
 * @param {{id: string, type: string, data: object}[]} [shop.webhooks] all that the shop received
 *   and verified, repetitions too; left out, webhooks are not looked at
 * @param {{tables: object, alarm: number|null}[]} [shop.tills] what the store's tills have stored
 *   and when they wake, as `readTill` gives it; left out, timers are not looked at
 * @param {string[]} [shop.orders] only these orders; left out, all of the store
 * @returns {Promise<string[]>}
 */
export async function disagreements(shop) {
  return disagreementsOf(await gather(shop));
}

/** The facts that `disagreementsOf` compares, as they are now. Parameters as above. */
export async function gather({ url, key, simulators, merchants, webhooks, tills, orders: only }) {
  const api = (path) => json(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  const wanted = only && new Set(only);
  const isWanted = (order) => !wanted || wanted.has(order);
  // The channels first: what they have taken until now we may know later, never the reverse.
  const payments = await atChannels(simulators, merchants);
  const orders = wanted ? await Promise.all(only.map((id) => api(`/v1/orders/${id}`)))
    : await list(api, "/v1/orders");
  const events = wanted
    ? (await Promise.all(only.map((id) => list(api, `/v1/events?order=${id}`)))).flat()
    : await list(api, "/v1/events");
  return {
    orders,
    events,
    payments: payments.filter(({ reference }) => !wanted || isWanted(reference?.slice(0, 26))),
    webhooks: webhooks?.filter(({ data }) => isWanted(data.order.id)),
    tills,
    now: Date.now(),
  };
}

/**
 * What a till has stored, and when it wakes. Only a worker with `faulty-entry.js` before it tells:
 * `own-worker.mjs` starts one.
 */
export function readTill(url, store, number = 0) {
  const body = JSON.stringify({ do: "dump" });
  return json(`${url}/_till/${store}/${number}`, { method: "POST", body });
}

/** The payments in the books of the merchants, each with its channel. */
async function atChannels(simulators, merchants) {
  const books = async (channel, id) => {
    const { payments } = await json(`${simulators[channel]}/_sim/merchants/${id}/books`);
    return payments.map((payment) => ({ ...payment, channel }));
  };
  const asked = Object.entries(merchants)
    .flatMap(([channel, ids]) => [ids].flat().map((id) => books(channel, id)));
  return (await Promise.all(asked)).flat();
}

/** A whole list of the API, page after page. */
async function list(api, path) {
  const all = [];
  const between = path.includes("?") ? "&" : "?";
  for (let cursor = ""; ;) {
    const page = await api(`${path}${between}limit=${PAGE}${cursor}`);
    all.push(...page.data);
    if (page.next_cursor === null) return all;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

async function json(url, options) {
  const answer = await fetch(url, options);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

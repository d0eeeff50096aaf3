// Four weeks of a shop, lived through its API: orders and all that becomes of them.

import { drive } from "./drive.mjs";
import { plan } from "./plan.mjs";

/**
 * Has the plan carried out in a world whose clock was set back. The store is set up, with an
 * account at each channel.
 *
 * @param {object} world from `startWorld`
 * @param {object} store
 * @param {string} store.id what it is called
 * @param {string} store.shop the address of the demo shop, which is open
 * @param {string} store.secretKey a secret key of the store
 * @param {number} store.orders how many orders there shall be
 * @param {number} store.end_ms when the story ends, in Unix time: the true now
 * @param {(done: number, of: number, at: Date) => void} said is told after each order
 * @returns {Promise<object[]>} the stories, each with the id of its order, and with the `error`
 *   that ended it too early, if any
 */
export async function tell(world, store, said = () => {}) {
  const { id, shop, secretKey, orders, end_ms } = store;
  // They ask where the worker is when they are loaded.
  const { Merchant, withKey } = await import("../worker/stack.mjs");
  const { Acts } = await import("./acts.mjs");
  const { hire } = await import("./staff.mjs");
  const merchantAt = async (channel, origin) => {
    // The store's own: nobody else has made one here.
    const [merchant] = await (await fetch(`${origin}/_sim/merchants`)).json();
    return Object.assign(new Merchant(), { id: merchant.id, channel });
  };
  const staff = await hire(id, { end_ms });
  const acts = new Acts({
    shop,
    staff,
    api: withKey(secretKey),
    merchants: {
      stripe: await merchantAt("stripe", world.origins.stripe),
      alipay: await merchantAt("alipay", world.origins.alipay),
      wechat_pay: await merchantAt("wechat_pay", world.origins.wechatpay),
    },
  });
  const steps = plan({ orders, end_ms });
  const stories = steps.filter((step) => step.do === "order").map(({ story }) => story);
  let made = 0;
  const failed = await drive(steps, { clock: world.clock, acts, rest: world.rest }, (step) => {
    if (step.do !== "order") return;
    made += 1;
    said(made, stories.length, new Date(step.at_ms));
  });
  await staff.dismiss();
  await world.clock.right();
  await world.rest();
  return stories.map((story) => ({
    ...story, id: acts.order(story)?.id, error: failed.get(story),
  }));
}

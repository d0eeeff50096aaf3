// The floor as a contender; see floor/worker.js.

import { WAYS, referenceOf, shopperAddress } from "./ways.mjs";

/** The floor. */
export class Floor {
  name = "floor";
  ways = ["stripe", "alipay", "wechat_pay"];

  /** `place` is `{url, pid, webhookSecret}`. */
  constructor(place) {
    Object.assign(this, place);
  }

  create(way, number) {
    const headers = { "content-type": "application/json", authorization: "Bearer floor" };
    return { path: `/${way}/create`, headers, body: WAYS[way].draft(number) };
  }

  created(body, number) {
    const { id } = JSON.parse(body);
    return { id, number, reference: referenceOf(id) };
  }

  async attempt(way, order) {
    const headers = {
      "content-type": "application/json",
      "cf-connecting-ip": shopperAddress(order.number),
    };
    // As long as what ours is sent.
    const body = JSON.stringify({ id: order.id, envelope: way === "stripe" ? ENVELOPE : null });
    return { path: `/${way}/attempt/${order.id}`, headers, body };
  }

  noticePath(way, order) {
    return `/${way}/notice/${order.id}`;
  }
}

const ENVELOPE = "e".repeat(1_700);

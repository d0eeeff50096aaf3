// The peer as a contender; see peer/worker.js.

import { newAttemptId } from "../worker/seal.mjs";
import { WAYS, referenceOf } from "./ways.mjs";

/** The peer: cards through Stripe alone. */
export class Peer {
  name = "peer";
  ways = ["stripe"];

  /** `place` is `{url, pid, apiKey, webhookSecret}`. */
  constructor(place) {
    Object.assign(this, place);
  }

  create(way, number) {
    return {
      path: "/orders",
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        "content-type": "application/json",
        "idempotency-key": `bench-${way}-${number}`,
      },
      body: WAYS[way].draft(number),
    };
  }

  created(body, number) {
    const { id } = JSON.parse(body);
    return { id, number, reference: referenceOf(id) };
  }

  async attempt(way, order) {
    const card = { number: "4242424242424242", exp_month: 12, exp_year: 2039, cvc: "123" };
    return {
      path: `/orders/${order.id}/attempts`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ attempt: newAttemptId(), card }),
    };
  }

  noticePath() {
    return "/notices";
  }
}

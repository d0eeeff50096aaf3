// The shop's only call to Causeway: create an order with the secret key.

import { Problem } from "./answers.mjs";

const TIMEOUT_MS = 15_000;
/** How often the order is sent at most: a connection may break, and repeating it is safe. */
const TRIES = 3;

/**
 * Creates the order, or finds it again: the same cart id is the same order, however often it is
 * sent, so that a lost answer or a second press never makes a second order.
 */
export async function createOrder(settings, cartId, basket, sums) {
  const answer = await post(settings, `cart-${cartId}`, orderBody(settings, cartId, basket, sums));
  const body = await answer.json().catch(() => null);
  if (answer.ok && body?.id && body.client_token) return body;
  if (answer.status === 409 && body?.code === "idempotency_conflict") {
    throw new Problem(409, "cart_changed", "The basket has changed since. Please check out again.");
  }
  if (answer.status === 409 && body?.code === "out_of_stock") {
    throw new Problem(409, "out_of_stock", "Somebody else has bought the last of it.");
  }
  // The code and the request id are for the shop's staff; they hold nothing personal.
  console.error(`order refused: ${answer.status} ${body?.code ?? "?"} ${body?.request_id ?? ""}`);
  throw new Problem(502, "payment_unavailable", "Payment is not available now. Please try again.");
}

/** A short number that a shopper can read out; made from the cart id, so that it never changes. */
export function referenceOf(cartId) {
  return `LT-${cartId.replaceAll("-", "").slice(0, 10).toUpperCase()}`;
}

async function post(...call) {
  for (let tries = 1; ; tries += 1) {
    const answer = await send(...call).catch((error) => ({ error }));
    if (!answer.error && answer.status !== 503) return answer;
    if (tries < TRIES) continue;
    if (answer.error) throw answer.error;
    return answer;
  }
}

async function send(settings, idempotencyKey, body) {
  try {
    return await fetch(new URL("/v1/orders", settings.causewayUrl), {
      method: "POST",
      headers: {
        authorization: `Bearer ${settings.secretKey}`,
        "content-type": "application/json",
        "idempotency-key": idempotencyKey,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    console.error(`order not sent: ${error?.cause?.code ?? error?.name}`);
    throw new Problem(
      502,
      "payment_unavailable",
      "Payment is not available now. Please try again.",
    );
  }
}

function orderBody(settings, cartId, basket, sums) {
  const { address } = basket;
  return {
    items: sums.items.map(({ image, ...item }) => ({
      ...item,
      image_url: new URL(image, settings.shopUrl).href,
    })),
    ...(isZero(sums.shipping) ? {} : { shipping: sums.shipping }),
    ...(isZero(sums.tax) ? {} : { tax: sums.tax }),
    total: sums.total,
    shopper: {
      email: basket.email,
      name: address.name,
      ...(address.phone && { phone: address.phone }),
      country: address.country,
      locale: basket.locale,
    },
    merchant_reference: referenceOf(cartId),
    return_url: new URL("/thanks.html", settings.shopUrl).href,
    metadata: { shipping: basket.shipping },
  };
}

const isZero = (money) => !/[1-9]/.test(money.amount);

// An operator at the dashboard: made through the API, signed in by a one-time link.

import { at } from "./stack.mjs";

let count = 0;

/** Makes an operator of a role. */
export async function makeOperator(store, role = "owner") {
  count += 1;
  return store.owner("POST", "/v1/operators", {
    email: `op${count}.${store.id}@shop.example`,
    name: `Operator ${count}`,
    role,
  });
}

/** Makes an operator of a role, and signs them in on this page; ends on the home page. */
export async function signIn(page, store, role = "owner") {
  const operator = await makeOperator(store, role);
  const { url } = await store.owner("POST", `/v1/operators/${operator.id}/sign_in_link`);
  await page.goto(url);
  await page.getByRole("button").click();
  await page.waitForURL(`${at.pay}/dashboard/test`);
  return operator;
}

/** The address of a page of the dashboard, with test money unless told otherwise. */
export const pageAt = (place, mode = "test") => `${at.pay}/dashboard/${mode}/${place}`;

/** Opens one of the forms that are folded behind their names, the last of that name. */
export async function opened(page, name) {
  const fold = page.locator("details", { has: page.locator("summary", { hasText: name }) }).last();
  await fold.locator("summary").first().click();
  return fold;
}

/**
 * Sends a form of a page as its own script could, whether the page has such a form or not. Resolves
 * to the status.
 */
export async function force(page, place, fields) {
  const csrf = await page.locator('form[action="/dashboard/sign-out"] [name=csrf]').inputValue();
  return page.evaluate(async ([url, values]) => {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(values) });
    return answer.status;
  }, [pageAt(place), { csrf, ...fields }]);
}

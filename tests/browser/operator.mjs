// An operator at the dashboard: made through the API, signed in by a one-time link.

import { at } from "./stack.mjs";

let count = 0;

/** Makes an operator of a role, and signs them in on this page; ends on the home page. */
export async function signIn(page, store, role = "owner") {
  count += 1;
  const operator = await store.owner("POST", "/v1/operators", {
    email: `op${count}.${store.id}@shop.example`,
    name: `Operator ${count}`,
    role,
  });
  const { url } = await store.owner("POST", `/v1/operators/${operator.id}/sign_in_link`);
  await page.goto(url);
  await page.getByRole("button").click();
  await page.waitForURL(`${at.pay}/dashboard/test`);
  return operator;
}

/** The address of a page of the dashboard, with test money unless told otherwise. */
export const pageAt = (place, mode = "test") => `${at.pay}/dashboard/${mode}/${place}`;

// A page of the dashboard as an operator of a store sees it.

import { page } from "./stack.mjs";

/** Signs an owner of the store in, and resolves to what reads a page as text. */
export async function deskOf(store) {
  const body = { email: `desk.${store.id}@shop.example`, name: "Wei", role: "owner" };
  const { id } = await store.owner.ok("POST", "/v1/operators", body);
  const { token } = await store.owner.ok("POST", `/v1/operators/${id}/token`);
  const signedIn = await page("/dashboard/sign-in", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ token }).toString(),
  });
  const cookie = signedIn.headers.getSetCookie()[0].split(";")[0];
  return async (place, language = "en") => {
    const headers = { cookie, "accept-language": language };
    return (await page(`/dashboard/test/${place}`, { headers })).text;
  };
}

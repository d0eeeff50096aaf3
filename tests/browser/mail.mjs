// Messages, as their readers find them at the simulated mail service.

import { randomBytes } from "node:crypto";
import { at, ask } from "./stack.mjs";

/** How a store sends its messages there. */
export const mailSettings = (from) => ({
  kind: "http",
  shape: "resend",
  url: `${at.mail}/emails`,
  key: "re_test",
  from,
});

/** An address that nobody has used, one word that is wider than a phone. */
export const newAddress = () =>
  `ada${"a".repeat(45)}${randomBytes(6).toString("hex")}@example.com`;

/** The newest message to an address whose subject has this, as soon as it is there. */
export const letterTo = (to, subject) =>
  ask(`${at.mail}/_sim/newest?${new URLSearchParams({ to, subject })}`);

/** Opens that message in the viewer; resolves to the frame with what its reader sees. */
export async function openLetter(page, to, subject) {
  const { id } = await letterTo(to, subject);
  await page.goto(`${at.mail}/messages/${id}`);
  return page.frameLocator("#html");
}

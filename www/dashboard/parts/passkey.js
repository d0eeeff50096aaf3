// Adding a passkey to one's own sign-in: the one thing there that needs a script.

import { add, known } from "../passkeys.js";

/** Shows the form where this browser has passkeys. */
export function offer(page) {
  const form = page.querySelector("#add-passkey");
  if (form) form.hidden = !known();
}

/** Adds one, if this is that form. */
export async function submit(event) {
  const form = event.target;
  if (form.id !== "add-passkey") return;
  event.preventDefault();
  const button = form.querySelector("button");
  const problem = form.querySelector("[role='alert']");
  button.disabled = true;
  problem.hidden = true;
  try {
    await add(form.querySelector("input").value, form.dataset.csrf);
    location.reload();
  } catch {
    // Given up by the operator, refused, or there already.
    problem.hidden = false;
    button.disabled = false;
  }
}

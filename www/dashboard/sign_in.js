// The one thing on the sign-in page that needs a script: passkeys.

import { known, signIn } from "./passkeys.js";

const box = document.querySelector(".passkey");
const button = document.getElementById("passkey");
const problem = document.getElementById("passkey-problem");

box.hidden = !known();
button.addEventListener("click", async () => {
  button.disabled = true;
  problem.hidden = true;
  try {
    location.assign(await signIn(box.dataset.next));
  } catch {
    // Given up by the operator, or refused: the page says what else there is.
    problem.hidden = false;
    button.disabled = false;
  }
});

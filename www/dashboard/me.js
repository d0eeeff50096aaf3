// Adding a passkey, and times in one's own time zone. Everything else works without.

import { add, known } from "./passkeys.js";

const { csrf } = document.querySelector("main").dataset;
const form = document.getElementById("add");
const problem = document.getElementById("passkey-problem");
const button = form.querySelector("button");

form.hidden = !known();
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  problem.hidden = true;
  try {
    await add(document.getElementById("label").value, csrf);
    location.reload();
  } catch {
    problem.hidden = false;
    button.disabled = false;
  }
});

const language = document.documentElement.lang;
const format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
  dateStyle: "medium",
  timeStyle: "short",
});
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.textContent = format.format(at);
}

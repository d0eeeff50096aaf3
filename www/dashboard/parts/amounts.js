// Forms that move money: what is chosen by line fills in the amount, and the button names it.
// Amounts are counted in the smallest unit, never in floating point.

/** An amount as its smallest units; none where it is no amount. */
function toMinor(text, digits) {
  const [, whole, part = ""] = text.trim().match(/^(\d+)(?:\.(\d+))?$/) ?? [];
  if (whole === undefined || part.length > digits) return null;
  return BigInt(whole + part.padEnd(digits, "0"));
}

/** Smallest units as the API writes them. */
function toText(minor, digits) {
  const text = String(minor).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** What is to be done when something was typed. */
export function follow({ target }, language) {
  const form = target.form;
  if (target.dataset?.price !== undefined) fillIn(form);
  const button = form?.querySelector("button[data-words]");
  const amount = form?.elements["amount.amount"];
  if (button && amount) name(button, amount.value, language);
}

/** Sets the amount to what the chosen lines cost; to all there is where none is chosen. */
function fillIn(form) {
  const lines = [...form.querySelectorAll("[data-price]")];
  const digits = lines[0].dataset.price.split(".")[1]?.length ?? 0;
  let sum = 0n;
  for (const { value, dataset } of lines) {
    const count = /^\d+$/.test(value) ? BigInt(value) : 0n;
    sum += count * (toMinor(dataset.price, digits) ?? 0n);
  }
  const amount = form.elements["amount.amount"];
  const whole = form.elements.whole?.value ?? amount.defaultValue;
  amount.value = sum === 0n ? whole : toText(sum, digits);
}

/** Puts an amount into the words of a button. */
function name(button, amount, language) {
  const { words, currency } = button.dataset;
  const text = /^\d+(\.\d+)?$/.test(amount.trim())
    // A decimal text is formatted as it is, without becoming a number.
    ? new Intl.NumberFormat(language === "en" ? "en-001" : language, {
        style: "currency",
        currency,
        minimumFractionDigits: amount.split(".")[1]?.length ?? 0,
      }).format(amount.trim())
    : "…";
  button.textContent = words.replace("{amount}", text);
}

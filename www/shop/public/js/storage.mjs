// Browser storage that may be switched off: reading then finds nothing, writing does nothing.

/** Reads a text; `area` is localStorage unless told otherwise. */
export function recall(name, area = "localStorage") {
  try {
    return globalThis[area].getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a text, or forgets it when `value` is null. */
export function keep(name, value, area = "localStorage") {
  try {
    if (value === null) globalThis[area].removeItem(name);
    else globalThis[area].setItem(name, value);
  } catch {
    // The page goes on without its memory.
  }
}

/** Reads what `keepJson` kept; anything unreadable counts as nothing. */
export function recallJson(name, area) {
  try {
    return JSON.parse(recall(name, area));
  } catch {
    return null;
  }
}

export function keepJson(name, value, area) {
  keep(name, value === null ? null : JSON.stringify(value), area);
}

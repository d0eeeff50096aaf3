// What a process has used of the processor, as Linux tells it.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Linux counts in hundredths of a second, on all of its architectures that Node runs on. */
const TICK_MS = 10;

/** How often a process is looked at until it rests. */
const GLANCE_MS = 25;

/** Milliseconds of processor time, of itself and in the kernel, of a process with all threads. */
export function cpuMs(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name, in brackets, may hold anything; after it, user and system time are the 12th and 13th.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Waits until a process has done nothing for a while; resolves to its processor time. */
export async function restingCpuMs(pid) {
  for (let before = cpuMs(pid); ;) {
    await pause(3 * GLANCE_MS);
    const now = cpuMs(pid);
    if (now === before) return now;
    before = now;
  }
}

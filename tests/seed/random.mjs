// Choices that look random and are the same at every run: a generator with a seed.

import { createHash } from "node:crypto";

/** Numbers from a seed: hashes of it and of a count. */
export class Random {
  #seed;
  #count = 0;

  /** @param {string} seed any text */
  constructor(seed) {
    this.#seed = seed;
  }

  /** A whole number from 0 to `count - 1`. Its bias, of one in millions, is of no account. */
  below(count) {
    this.#count += 1;
    const hash = createHash("sha256").update(`${this.#seed} ${this.#count}`).digest();
    return hash.readUIntBE(0, 6) % count;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  /** One of a list. */
  one(list) {
    return list[this.below(list.length)];
  }

  /** Whether something happens that happens `percent` times in a hundred. */
  chance(percent) {
    return this.below(100) < percent;
  }

  /** A key of `weights`, as often as its weight says. */
  weighted(weights) {
    const entries = Object.entries(weights);
    const whole = entries.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.below(whole);
    return entries.find(([, weight]) => (left -= weight) < 0)[0];
  }

  /** A list in another order. */
  shuffled(list) {
    const mixed = [...list];
    for (let last = mixed.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
    }
    return mixed;
  }

  /** A random UUID, as a browser makes one for a basket. */
  uuid() {
    const hex = Array.from({ length: 32 }, () => this.below(16).toString(16)).join("");
    const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/.exec(hex);
    return `${a}-${b}-4${c}-8${d}-${e}`;
  }
}

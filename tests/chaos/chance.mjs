// Chance that a seed decides: SplitMix64 (Steele, Lea and Flood, 2014), as in `tests/src/chance.rs`.

const MASK = (1n << 64n) - 1n;

/** A source of numbers: the same seed gives the same ones, on every machine. */
export class Chance {
  #state;

  constructor(seed) {
    this.#state = BigInt(seed) & MASK;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low, high) {
    return low + Number(this.#number() % BigInt(high - low + 1));
  }

  /** True so many times in a hundred. */
  hits(percent) {
    return this.between(1, 100) <= percent;
  }

  /** One of these. */
  pick(of) {
    return of[this.between(0, of.length - 1)];
  }

  /** A source for a part of the whole, whose numbers do not depend on what else is drawn. */
  part(number) {
    return new Chance(this.#state + BigInt(number + 1) * 0xd1342543de82ef95n);
  }

  #number() {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let mixed = this.#state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return mixed ^ (mixed >> 31n);
  }
}

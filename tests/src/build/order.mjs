// Names the functions of a WASM module so that `wasm-opt --reorder-functions-by-name` puts those
// that resemble each other side by side, within what gzip looks back to: IN.wasm OUT.wasm.
//
// One generic makes hundreds of functions that differ in a few bytes. Which of them belong together
// is told by the runs of bytes that they share, and not by their names.
import { readFileSync, writeFileSync } from "node:fs";

// So many bytes in a row tell little by chance, and fit into a number exactly.
const RUN = 6;
// A run that stands in more functions than this is one that the compiler always makes.
const MAX_SHARED = 1000;
// What gzip looks back to (RFC 1951, section 2), less some room.
const WINDOW = 30_000;

const IMPORTS = 2;
const CODE = 10;
const FUNCTION = 0;

const [input, output] = process.argv.slice(2);
const module = readFileSync(input);
const { imported, bodies, sections } = parse();
const order = arrange(bodies);
writeFileSync(output, Buffer.concat([module.subarray(0, 8), ...sections, nameSection(order)]));

/** An unsigned number in LEB128, and where it ends. */
function number(at) {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = module[at++];
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
  }
}

function encoded(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

/** How many functions are imported, the bodies of the others, and the sections but those of tools. */
function parse() {
  const parsed = { imported: 0, bodies: [], sections: [] };
  for (let at = 8; at < module.length; ) {
    const [length, from] = number(at + 1);
    const id = module[at];
    if (id !== 0) parsed.sections.push(module.subarray(at, from + length));
    if (id === IMPORTS) parsed.imported = importedFunctions(from);
    if (id === CODE) parsed.bodies = functionBodies(from);
    at = from + length;
  }
  return parsed;
}

function importedFunctions(start) {
  let [count, at] = number(start);
  let functions = 0;
  const skipNumber = () => { at = number(at)[1]; };
  const skipText = () => { const [length, from] = number(at); at = from + length; };
  const skipLimits = () => {
    const hasMost = module[at++] & 1;
    skipNumber();
    if (hasMost) skipNumber();
  };
  for (; count > 0; count -= 1) {
    skipText();
    skipText();
    const kind = module[at++];
    if (kind === FUNCTION) {
      functions += 1;
      skipNumber();
    } else if (kind === 1) {
      at += 1;
      skipLimits();
    } else if (kind === 2) {
      skipLimits();
    } else if (kind === 3) {
      at += 2;
    } else {
      at += 1;
      skipNumber();
    }
  }
  return functions;
}

function functionBodies(start) {
  let [count, at] = number(start);
  const found = [];
  for (; count > 0; count -= 1) {
    const [length, from] = number(at);
    found.push(module.subarray(from, from + length));
    at = from + length;
  }
  return found;
}

/** The runs of each function that others have too, as numbers from zero, without repeats. */
function sharedRuns(functions) {
  const known = new Map();
  const holders = [];
  const runs = functions.map((body) => {
    const own = new Set();
    for (let at = 0; at + RUN <= body.length; at += 1) {
      const bytes = body.readUIntBE(at, RUN);
      if (!known.has(bytes)) known.set(bytes, known.size);
      own.add(known.get(bytes));
    }
    for (const run of own) holders[run] = (holders[run] ?? 0) + 1;
    return own;
  });
  const tells = (run) => holders[run] > 1 && holders[run] <= MAX_SHARED;
  return { count: known.size, runs: runs.map((own) => [...own].filter(tells)) };
}

/** An order of functions: next is always the one that has most in common with what stands before. */
function arrange(functions) {
  const { count, runs } = sharedRuns(functions);
  const holders = Array.from({ length: count }, () => []);
  runs.forEach((own, index) => own.forEach((run) => holders[run].push(index)));
  const inWindow = new Int32Array(count);
  // Of each function, how many of its runs the window has.
  const covered = new Int32Array(functions.length);
  const weight = Float64Array.from(functions, ({ length }) => 1 / Math.sqrt(length + 20));
  const largest = [...functions.keys()].sort((a, b) => functions[b].length - functions[a].length);
  const left = new Set(largest);
  const window = [];
  let windowBytes = 0;
  const order = [];
  const put = (index) => {
    left.delete(index);
    order.push(index);
    window.push(index);
    windowBytes += functions[index].length;
    for (const run of runs[index]) {
      if (inWindow[run]++ === 0) for (const holder of holders[run]) covered[holder] += 1;
    }
    while (windowBytes > WINDOW && window.length > 1) {
      const gone = window.shift();
      windowBytes -= functions[gone].length;
      for (const run of runs[gone]) {
        if (--inWindow[run] === 0) for (const holder of holders[run]) covered[holder] -= 1;
      }
    }
  };
  while (left.size > 0) {
    // The largest of those that have nothing in common with the window.
    let [best] = left;
    let most = 0;
    for (const index of left) {
      const score = covered[index] * weight[index];
      if (score > most) [best, most] = [index, score];
    }
    put(best);
  }
  return order;
}

/** A section `name` in which each function has its place in the order for a name. */
function nameSection(order) {
  const names = [];
  order.forEach((index, place) => { names[index] = String(place).padStart(6, "0"); });
  const entries = names.flatMap((name, index) =>
    [encoded(imported + index), encoded(name.length), Buffer.from(name)]);
  const map = Buffer.concat([encoded(names.length), ...entries]);
  const title = Buffer.from("name");
  const content = [encoded(title.length), title, Buffer.from([1]), encoded(map.length), map];
  const section = Buffer.concat(content);
  return Buffer.concat([Buffer.from([0]), encoded(section.length), section]);
}

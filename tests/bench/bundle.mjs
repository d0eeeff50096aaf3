// Bundles the peers as a shop would: minified, without what is not used, in Brotli.

import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import zlib from "node:zlib";

const PEERS = new URL("peers/", import.meta.url);
const brotli = promisify(zlib.brotliCompress);

/** Bundles every script of `peers/` into a folder, with a `.br` beside each file. */
export async function bundlePeers(folder) {
  const sources = (await readdir(PEERS)).filter((name) => name.endsWith(".js"));
  const options = ["--bundle", "--minify", "--format=esm", "--target=es2022"];
  const more = ["--legal-comments=none", "--charset=utf8", "--log-level=error"];
  const production = '--define:process.env.NODE_ENV="production"';
  await promisify(execFile)(
    process.env.ESBUILD,
    [...sources, ...options, ...more, production, `--outdir=${folder}`],
    { cwd: fileURLToPath(PEERS) },
  );
  const made = await readdir(folder);
  for (const name of made.filter((one) => /\.(css|js)$/.test(one))) {
    const content = await readFile(join(folder, name));
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 };
    await writeFile(join(folder, `${name}.br`), await brotli(content, { params }));
  }
}

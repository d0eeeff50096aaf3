// Writes FILE.br beside each file named on the command line: what the worker serves to browsers
// that take Brotli. Node brings the encoder.
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";

const compress = promisify(zlib.brotliCompress);
const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = zlib.constants;

await Promise.all(
  process.argv.slice(2).map(async (path) => {
    const content = await readFile(path);
    const params = {
      [BROTLI_PARAM_QUALITY]: 11,
      [BROTLI_PARAM_LGWIN]: 22,
      [BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    await writeFile(`${path}.br`, await compress(content, { params }));
  }),
);

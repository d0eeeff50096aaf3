// How tests ask servers, by `fetch`: with a connection for each request. workerd ends idle ones,
// perhaps while a request is on its way.

import { createRequire } from "node:module";

const require = createRequire(new URL("../worker/package.json", import.meta.url));
const { Agent, setGlobalDispatcher } = require("undici");

setGlobalDispatcher(new Agent({ pipelining: 0 }));

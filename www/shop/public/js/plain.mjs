// Pages that only need their texts.

import { start } from "./shell.mjs";

start(() => {});

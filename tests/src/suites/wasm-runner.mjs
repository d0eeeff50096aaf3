// Runs wasm-bindgen tests in headless Chromium: cargo calls it with the compiled test.
//
// wasm-bindgen's own runner serves the page; Playwright opens it, so that no chromedriver of the
// browser's very version is needed. Environment: WASM_TEST_RUNNER, CHROMIUM.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { launchOptions } from "./chromium.mjs";

const TIME_LIMIT_MS = 180_000;

const server = spawn(process.env.WASM_TEST_RUNNER, process.argv.slice(2), {
  env: { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_TEST_ADDRESS: "127.0.0.1:0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = new Promise((resolve) => server.once("exit", (code) => resolve(code ?? 1)));

/** The address of the page, or nothing when the runner ends without one (it has no tests). */
async function findPage() {
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/http:\/\/\S+$/);
    if (found) return found[0];
    console.log(line);
  }
  return null;
}

async function runTests(address) {
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(String(error)));
    // The report grows while tests run: shown, it would move what they look at.
    await page.addInitScript(() => {
      const style = new CSSStyleSheet();
      style.replaceSync("#output { display: none }");
      document.adoptedStyleSheets = [style];
    });
    // Not for "load": what a test fetches can hold it back.
    await page.goto(address, { waitUntil: "commit" });
    const output = await page
      .waitForFunction(
        () => {
          const text = document.getElementById("output")?.textContent ?? "";
          return /test result: /.test(text) && text;
        },
        null,
        { timeout: TIME_LIMIT_MS },
      )
      .then((found) => found.jsonValue())
      .catch(async (error) => `No result: ${error.message}\n${await page.content()}`);
    console.log(output);
    return /test result: ok/.test(output) ? 0 : 1;
  } finally {
    await browser.close();
  }
}

const address = await findPage();
if (address === null) {
  process.exitCode = await ended;
} else {
  // The runner serves until it is ended.
  process.exitCode = await runTests(address).finally(() => server.kill());
}

// How long lists and searches of orders take on a plain `workerd`, with so many orders in one till.
// `argv[2]` is `{url, ownerToken}`; prints one line: for each number of orders, milliseconds by what
// was asked for.

const { url, ownerToken } = JSON.parse(process.argv[2]);

const COUNTS = (process.env.BENCH_ORDERS ?? "1000,10000,100000").split(",").map(Number);
/** How often each is asked for. */
const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 100);
const STORE = "lists";

const headers = { authorization: `Bearer ${ownerToken}`, "causeway-store": STORE };
const usd = (amount) => ({ amount, currency: "USD" });

async function call(method, path, body) {
  const type = body && { "content-type": "application/json" };
  const answer = await fetch(url + path, {
    method, headers: { ...headers, ...type }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return path.includes(".csv") ? text : JSON.parse(text);
}

/** What is asked for, by its name in the report. `n` is the sample, `count` the number of orders. */
const WAYS = {
  "newest orders": () => "/v1/orders?limit=20",
  "a page in the middle": (n, count, middle) => `/v1/orders?limit=20&cursor=${middle}`,
  "by state": () => "/v1/orders?limit=20&state=paid",
  "by a country that none has": () => "/v1/orders?limit=20&country=FR",
  "by a word that all have": () => "/v1/orders?limit=20&q=tea",
  "by a word that few have": () => "/v1/orders?limit=20&q=teapot",
  "by two words": () => "/v1/orders?limit=20&q=green+tea",
  "by the beginning of a word": (n) => `/v1/orders?limit=20&q=shopper${10 + (n % 90)}`,
  "by an e-mail address": (n, count) => `/v1/orders?q=shopper${1 + (n * 997) % count}@example.com`,
  "by an amount": () => "/v1/orders?limit=20&q=33.20",
  "changes since": (n, count, middle, since) => `/v1/orders/changes?since=${since}&limit=20`,
};

await call("PUT", "/v1/store", {
  name: "Lists",
  allowed_origins: ["https://shop.example"],
  card_lane: { lane: "worker_key", statement: "saq_d_assessed" },
});
await call("POST", "/v1/orders", {
  items: [{ name: "Green tea", sku: "tea", quantity: 2, unit_price: usd("16.60") }],
  total: usd("33.20"),
  shopper: { email: "shopper1@example.com", country: "DE" },
  merchant_reference: "A-1001",
});

const results = {};
for (const count of COUNTS) {
  for (let filled = 0; filled < count;) {
    const answer = await fetch(`${url}/_fill?store=${STORE}&to=${count}`);
    if (!answer.ok) throw new Error(await answer.text());
    filled = Number(await answer.text());
  }
  const took = {};
  const began = performance.now();
  await call("GET", "/v1/orders?q=nothing");
  took["taking an order into the index"] = [(performance.now() - began) / count];
  const { since } = await call("GET", "/v1/orders/changes");
  let middle = "";
  const half = new Date(Date.now() + count * 500).toISOString();
  const { data } = await call("GET", `/v1/orders?limit=1&to=${half}`);
  middle = data[0].id;
  for (const [way, path] of Object.entries(WAYS)) {
    took[way] = [];
    for (let n = 0; n < SAMPLES; n += 1) {
      const started = performance.now();
      await call("GET", path(n, count, middle, since));
      took[way].push(performance.now() - started);
    }
  }
  const exporting = performance.now();
  const table = await call("GET", "/v1/orders/export.csv");
  const lines = table.split("\r\n").length - 2;
  if (lines !== count) throw new Error(`${lines} lines of ${count} orders`);
  took["export of all"] = [performance.now() - exporting];
  results[count] = took;
}
process.stdout.write(`${JSON.stringify(results)}\n`);

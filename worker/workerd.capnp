# A plain workerd on a machine of yours, instead of Cloudflare. `cargo xtask build` makes the files
# that this names; README.md says how to start it. Secrets and variables come from the environment.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "causeway", worker = .causeway),
    # Where orders are kept: one SQLite file for each object. Back it up.
    (name = "state", disk = (writable = true)),
    (name = "site", disk = ()),
    # Channels and webhooks: public addresses only, so that nobody has it call what is inside.
    (name = "internet", network = (allow = ["public"], tlsOptions = (trustBrowserCas = true))),
  ],
  # Behind a proxy of yours that speaks HTTPS, and that sets `CF-Connecting-IP` to the shopper's
  # address itself, whatever the shopper sent.
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "causeway")],
);

const causeway :Workerd.Worker = (
  compatibilityDate = "2026-04-01",
  modules = [
    (name = "entry.js", esModule = embed "entry.js"),
    (name = "build/index.js", esModule = embed "build/index.js"),
    (name = "build/index_bg.wasm", wasm = embed "build/index_bg.wasm"),
  ],
  # The keys name folders of the state: once orders are there, they stay.
  durableObjectNamespaces = [
    (className = "TillObject", uniqueKey = "till", enableSql = true),
    (className = "StoreObject", uniqueKey = "store", enableSql = true),
    (className = "CounterObject", uniqueKey = "counter", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "state"),
  bindings = [
    (name = "TILL", durableObjectNamespace = "TillObject"),
    (name = "STORE", durableObjectNamespace = "StoreObject"),
    (name = "COUNTER", durableObjectNamespace = "CounterObject"),
    (name = "SELF", service = (name = "causeway", entrypoint = "Internal")),
    (name = "ASSETS", service = "site"),
    (name = "CAUSEWAY_MASTER_KEY", fromEnvironment = "CAUSEWAY_MASTER_KEY"),
    (name = "CAUSEWAY_OWNER_TOKEN", fromEnvironment = "CAUSEWAY_OWNER_TOKEN"),
    (name = "CAUSEWAY_SEAL_KEYS", fromEnvironment = "CAUSEWAY_SEAL_KEYS"),
    (name = "PUBLIC_URL", fromEnvironment = "PUBLIC_URL"),
    # For simulators, on one machine.
    (name = "ALLOW_HTTP", fromEnvironment = "ALLOW_HTTP"),
    (name = "CHANNEL_HOSTS", fromEnvironment = "CHANNEL_HOSTS"),
  ],
);

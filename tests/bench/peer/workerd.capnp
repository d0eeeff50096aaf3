# The peer on a plain workerd, as worker/workerd.capnp runs ours. `worker.js` is the bundle.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "peer", worker = .peer),
    (name = "state", disk = (writable = true)),
    (name = "site", disk = ()),
    (name = "internet", network = (allow = ["public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "peer")],
);

const peer :Workerd.Worker = (
  compatibilityDate = "2026-04-01",
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  durableObjectNamespaces = [(className = "Shop", uniqueKey = "shop", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
  bindings = [
    (name = "SHOP", durableObjectNamespace = "Shop"),
    (name = "GATEWAY", fromEnvironment = "GATEWAY"),
    (name = "API_KEY", fromEnvironment = "API_KEY"),
    (name = "STRIPE_KEY", fromEnvironment = "STRIPE_KEY"),
    (name = "STRIPE_WEBHOOK_SECRET", fromEnvironment = "STRIPE_WEBHOOK_SECRET"),
    (name = "WEBHOOK_SECRET", fromEnvironment = "WEBHOOK_SECRET"),
  ],
);

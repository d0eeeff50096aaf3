# The floor on a plain workerd, as worker/workerd.capnp runs ours.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "floor", worker = .floor),
    (name = "state", disk = (writable = true)),
    (name = "site", disk = ()),
    (name = "internet", network = (allow = ["public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "floor")],
);

const floor :Workerd.Worker = (
  compatibilityDate = "2026-04-01",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "counts.mjs", esModule = embed "counts.mjs"),
  ],
  durableObjectNamespaces = [
    (className = "Till", uniqueKey = "till", enableSql = true),
    (className = "Counter", uniqueKey = "counter", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "state"),
  bindings = [
    (name = "TILL", durableObjectNamespace = "Till"),
    (name = "COUNTER", durableObjectNamespace = "Counter"),
    (name = "GATEWAY", fromEnvironment = "GATEWAY"),
    (name = "SIGN_KEY", fromEnvironment = "SIGN_KEY"),
    (name = "VERIFY_KEY", fromEnvironment = "VERIFY_KEY"),
    (name = "MAC_KEY", fromEnvironment = "MAC_KEY"),
  ],
);

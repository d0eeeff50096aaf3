//! A worker on a plain `workerd`, as a merchant runs it without Cloudflare.
//!
//! Ours is run from `worker/workerd.capnp`, with one change: it may call this machine, where
//! simulators and receivers are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::Server;
use crate::checkout::{Checkout, copy, make_folder, read, write};
use crate::command::command;
use crate::failure::{Done, Failure};

/// The settings of a worker's folder.
const CONFIG: &str = "workerd.capnp";

/// Ours, with which it may call this machine.
const CONFIG_HERE: &str = "workerd-here.capnp";

/// The network of a merchant's worker, and that of a worker here.
const NETWORKS: [&str; 2] = [r#"allow = ["public"]"#, r#"allow = ["public", "private"]"#];

/// How to run a worker.
#[derive(Clone, Debug)]
pub struct Workerd {
    /// The program.
    pub program: PathBuf,
    /// A folder with `workerd.capnp` and what that embeds, such as `entry.js` and `build/`. It has
    /// a socket `http`, and disks `state` and `site`. A file is written there.
    pub worker: PathBuf,
    /// The files of the disk `site`.
    pub site: PathBuf,
    /// The folder of the disk `state`, made where it is missing.
    pub storage: PathBuf,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Secrets and variables: all of its environment.
    pub environment: BTreeMap<String, String>,
    /// Where its output is added.
    pub log: PathBuf,
}

impl Workerd {
    /// Starts it; [`Server::wait`] waits until it answers.
    pub fn launch(&self) -> Done<Server> {
        let url = format!("http://127.0.0.1:{}", self.port);
        Server::launch(url, self.command()?, &self.log)
    }

    /// The command that runs it; makes what that needs.
    pub(super) fn command(&self) -> Done<Command> {
        make_folder(&self.storage)?;
        let settings = read(&self.worker.join(CONFIG))?;
        if !settings.contains(NETWORKS[0]) {
            return Err(Failure::new(format!(
                "{CONFIG} was searched for {} in vain.",
                NETWORKS[0]
            )));
        }
        // Beside the merchant's: what it embeds is found from there.
        let own = self.worker.join(CONFIG_HERE);
        write(&own, settings.replace(NETWORKS[0], NETWORKS[1]))?;
        let mut workerd = command(&self.program);
        workerd
            .arg("serve")
            .arg(own)
            .arg(format!("--socket-addr=http=127.0.0.1:{}", self.port))
            .arg(option("--directory-path=state=", &self.storage))
            .arg(option("--directory-path=site=", &self.site))
            .env_clear()
            .envs(&self.environment);
        Ok(workerd)
    }
}

/// Puts a module of `tests` before our entry in a worker's folder: it wraps that.
pub fn put_before(checkout: &Checkout, worker: &Path, front: &str) -> Done {
    let entry = r#"(name = "entry.js", esModule = embed "entry.js"),"#;
    let module = r#"(name = "front.js", esModule = embed "front.js"),"#;
    let path = worker.join(CONFIG);
    let settings = read(&path)?;
    if !settings.contains(entry) {
        return Err(Failure::new(format!(
            "{CONFIG} was searched for its entry in vain."
        )));
    }
    write(
        &path,
        settings.replace(entry, &format!("{module}\n    {entry}")),
    )?;
    copy(
        &checkout.folder("tests").join(front),
        &worker.join("front.js"),
    )
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

//! A worker that can be killed and started again, and the simulators that it talks to.

use std::path::{Path, PathBuf};

use super::keys::Keys;
use super::server::Server;
use super::worker::{Runtime, Worker};
use super::{Addresses, Ports, Services, start_simulators};
use crate::checkout::{Checkout, make_folder};
use crate::failure::Done;
use crate::setup::Tools;

/// The running servers; dropping it stops all of them.
pub struct Rig {
    /// Where they answer; there is no shop.
    pub addresses: Addresses,
    /// Where state and logs are; the worker's objects are in its folder `state`.
    pub state: PathBuf,
    owner_token: String,
    runtime: Runtime,
    worker: Worker,
    running: Option<Server>,
    services: Services,
}

impl Rig {
    /// Starts simulators and worker on free ports, and waits until they answer.
    pub fn start(checkout: &Checkout, tools: &Tools, runtime: Runtime, state: &Path) -> Done<Self> {
        make_folder(state)?;
        let ports = Ports::free()?;
        let addresses = Addresses::of(ports);
        let keys = Keys::of(state)?;
        let worker = Worker::new(checkout, tools, (ports, &addresses), state, &keys)?;
        let mut services = Services::new(state.join("logs"))?;
        start_simulators(&mut services, checkout, ports, state)?;
        let mut rig = Rig {
            addresses,
            state: state.to_owned(),
            owner_token: keys.owner_token,
            runtime,
            worker,
            running: None,
            services,
        };
        rig.start_worker()?;
        Ok(rig)
    }

    /// kill -9 of the worker, with all its processes. Answers the id that the first one had.
    pub fn kill_worker(&mut self) -> Option<u32> {
        let running = self.running.take()?;
        let pid = running.pid();
        running.kill();
        Some(pid)
    }

    /// Starts the worker on the state that is there, and waits until it answers.
    pub fn start_worker(&mut self) -> Done {
        self.launch_worker()?;
        self.running.as_mut().map_or(Ok(()), Server::wait)
    }

    /// Starts the worker if it does not run, and does not wait until it answers.
    pub fn launch_worker(&mut self) -> Done {
        if self.running.is_none() {
            self.running = Some(self.worker.launch(self.runtime)?);
        }
        Ok(())
    }

    /// An error if a simulator has ended by itself.
    pub fn check(&mut self) -> Done {
        self.services.check()
    }

    /// What a driver is told in its environment.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        super::environment(&self.addresses, &self.owner_token, &self.state)
    }
}

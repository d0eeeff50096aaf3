//! Where the servers of a stack listen.

use std::net::{Ipv4Addr, TcpListener};

use crate::failure::{Done, Failure, OrFail};

/// One port for each server.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The worker.
    pub worker: u16,
    /// The demo shop.
    pub shop: u16,
    /// The simulator of Stripe.
    pub stripe: u16,
    /// The simulator of Alipay.
    pub alipay: u16,
    /// The simulator of WeChat Pay.
    pub wechatpay: u16,
    /// The simulator of a mail service.
    pub mail: u16,
}

impl Ports {
    /// Those that a person can remember; an error names one that is taken.
    pub fn fixed() -> Done<Self> {
        let ports = Ports {
            worker: 8787,
            shop: 8788,
            stripe: 8790,
            alipay: 8791,
            wechatpay: 8792,
            mail: 8793,
        };
        let users = [
            (ports.worker, "the worker"),
            (ports.shop, "the demo shop"),
            (ports.stripe, "the simulator of Stripe"),
            (ports.alipay, "the simulator of Alipay"),
            (ports.wechatpay, "the simulator of WeChat Pay"),
            (ports.mail, "the simulated mail service"),
        ];
        for (port, user) in users {
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
                return Err(Failure::new(format!(
                    "Port {port}, on which {user} is to listen, is taken by another program."
                ))
                .advise(
                    "Is `cargo xtask start` running elsewhere? Stop what uses the port \
                     (`lsof -i :PORT` names it), and try again.",
                ));
            }
        }
        Ok(ports)
    }

    /// Any that are free right now.
    pub fn free() -> Done<Self> {
        // All are held until each is chosen, so that no two are the same.
        let mut held = Vec::new();
        let mut next = || -> Done<u16> {
            let failed = || "Asking for a free port failed".to_owned();
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).or_fail(failed)?;
            let port = listener.local_addr().or_fail(failed)?.port();
            held.push(listener);
            Ok(port)
        };
        Ok(Ports {
            worker: next()?,
            shop: next()?,
            stripe: next()?,
            alipay: next()?,
            wechatpay: next()?,
            mail: next()?,
        })
    }
}

//! Whether an address can be reached from outside: told by its host alone, without asking.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the host of a web address belongs to this machine or network: a loopback, private or
/// link-local address, or a name that no public registry gives out. What is no address counts as
/// local, because nobody outside can reach it.
#[must_use]
pub fn is_local(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return true;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match host.parse() {
        Ok(IpAddr::V4(address)) => is_local_v4(address),
        Ok(IpAddr::V6(address)) => is_local_v6(address),
        Err(_) => is_local_name(host),
    }
}

/// RFC 6890, and the shared space of RFC 6598.
fn is_local_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
}

/// RFC 4291 (loopback, unspecified, link-local), RFC 4193 (unique local), and IPv4 inside.
fn is_local_v6(address: Ipv6Addr) -> bool {
    let [first, ..] = address.segments();
    address.is_loopback()
        || address.is_unspecified()
        || (first & 0xffc0) == 0xfe80
        || (first & 0xfe00) == 0xfc00
        || address.to_ipv4_mapped().is_some_and(is_local_v4)
}

/// RFC 6761, RFC 6762, RFC 8375; a name without a dot is known in one network at most.
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    !host.contains('.')
        || matches!(last, "internal" | "local" | "localhost")
        || host.ends_with(".home.arpa")
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn what_is_of_this_machine_or_network_is_told_from_what_is_not() {
        for url in [
            "http://localhost:8787",
            "https://pay.localhost",
            "http://127.0.0.1:1",
            "http://0.0.0.0",
            "https://10.0.0.1",
            "https://172.16.0.1",
            "https://192.168.1.10:8443/x",
            "https://169.254.1.1",
            "https://100.64.0.1",
            "http://[::1]:8787",
            "https://[fe80::1]",
            "https://[fd00::1]/",
            "https://[::ffff:192.168.0.1]",
            "https://shop",
            "https://nas.local",
            "https://box.home.arpa",
            "https://x.internal.",
            "nothing",
            "https://",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://pay.shop.example",
            "https://shop.example:8443/path",
            "https://8.8.8.8",
            "https://172.32.0.1",
            "https://100.128.0.1",
            "https://[2606:4700::1111]",
            "https://localhost.shop.example",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}

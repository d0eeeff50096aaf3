//! Debian's packages installed as root, where that needs no password.

use crate::checkout::Checkout;
use crate::command::{command, on_path, run, succeeds, text};
use crate::failure::{Done, Failure};

/// What is to be installed, and what a person is told where that cannot be done.
pub(super) struct Wish<'a> {
    /// Debian's names.
    pub(super) packages: &'a [&'a str],
    /// What was looked for, and where: the sentence of the failure.
    pub(super) tried: &'a str,
    /// What else can be done, where there is apt.
    pub(super) instead: &'a str,
    /// What can be done where there is no apt.
    pub(super) without_apt: &'a str,
    /// The name of the log.
    pub(super) log: &'a str,
}

/// Installs packages, or says how a person does it.
pub(super) fn install(checkout: &Checkout, wish: &Wish<'_>, mut say: impl FnMut(&str)) -> Done {
    let by_hand = format!("apt-get install {}", wish.packages.join(" "));
    let advice = if on_path("apt-get").is_some() {
        format!("Run `{by_hand}` as root{}.", wish.instead)
    } else {
        wish.without_apt.to_owned()
    };
    let Some(root) = root_prefix() else {
        return Err(Failure::new(wish.tried).advise(advice));
    };
    for arguments in [
        &["update"][..],
        &["install", "--yes", "--no-install-recommends"][..],
    ] {
        let mut words = root.iter().copied().chain(["apt-get"]);
        let mut apt = command(words.next().unwrap_or("apt-get"));
        apt.args(words)
            .arg("--quiet")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        if arguments.len() > 1 {
            apt.args(wish.packages);
        }
        run(
            apt,
            &format!("Running `{by_hand}`"),
            &checkout.log(wish.log),
            &mut say,
        )
        .map_err(|failure| failure.advise(advice.clone()))?;
    }
    Ok(())
}

/// What to put before a command so that root runs it: nothing for root itself.
fn root_prefix() -> Option<Vec<&'static str>> {
    on_path("apt-get")?;
    let mut id = command("id");
    id.arg("-u");
    if text(id, "Asking for the user's id").is_ok_and(|id| id == "0") {
        return Some(Vec::new());
    }
    let mut sudo = command("sudo");
    sudo.args(["-n", "true"]);
    succeeds(sudo).then(|| vec!["sudo", "-n"])
}

//! npm: lock files, install scripts, and weaknesses where the registry can be asked.
//!
//! Nothing from npm is shipped: packages build, run and test the worker, and the site bundles our
//! own files alone, which is checked here too. So their licences bind nobody.

use std::path::Path;

use serde_json::Value;

use super::{Asked, Verdict, asked, tell};
use crate::checkout::{Checkout, list, read};
use crate::command::command;
use crate::failure::{Done, OrFail};
use crate::suites::tally::Tally;

/// The folders with packages.
const FOLDERS: [&str; 3] = ["worker", "tests", "www/shop"];

/// The folders of which the site is made.
const SITE: [&str; 4] = ["www/checkout", "www/loader", "www/pages", "widget/js"];

/// Packages that may run a program of theirs when they are installed: each puts the executable of
/// this machine in place.
const MAY_INSTALL: [&str; 3] = ["esbuild", "sharp", "workerd"];

/// From which severity on a known weakness is a failure; lesser ones are told.
const SEVERE: [&str; 2] = ["high", "critical"];

/// Runs the checks of all folders.
pub(super) fn run(checkout: &Checkout) -> Done<Tally> {
    println!("\n== npm packages");
    let mut tally = Tally::default();
    for folder in FOLDERS {
        let path = checkout.folder(folder);
        if !path.join("package-lock.json").is_file() {
            continue;
        }
        let package = json(&path.join("package.json"))?;
        let lock = json(&path.join("package-lock.json"))?;
        let title = format!("{folder}/package.json");
        tell(&title, &pinned(&package), &mut tally);
        let title = format!("{folder}/package-lock.json");
        tell(&title, &locked(&lock), &mut tally);
        let title = format!("Install scripts in {folder}");
        tell(&title, &scripts(&lock), &mut tally);
        let title = format!("Weaknesses in {folder}");
        tell(&title, &weaknesses(checkout, &path)?, &mut tally);
    }
    tell("Imports of the site", &imports(checkout)?, &mut tally);
    Ok(tally)
}

fn json(path: &Path) -> Done<Value> {
    serde_json::from_str(&read(path)?).or_fail(|| format!("Reading {} failed", path.display()))
}

/// Whether every version is one version.
fn pinned(package: &Value) -> Verdict {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for group in ["dependencies", "devDependencies", "optionalDependencies"] {
        for (name, version) in package[group].as_object().into_iter().flatten() {
            let version = version.as_str().unwrap_or_default();
            count += 1;
            if !is_exact(version) {
                wrong.push(format!("{name} is not pinned: {version}"));
            }
        }
    }
    Verdict::of(wrong, format!("{count} versions, each exact"))
}

/// Three numbers, and perhaps what comes before a release.
fn is_exact(version: &str) -> bool {
    let (numbers, rest) = version.split_once('-').unwrap_or((version, "1"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let of_release = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && !rest.is_empty()
        && rest.bytes().all(of_release)
}

/// The packages of a lock file, without the folder's own.
fn entries(lock: &Value) -> Vec<(&str, &Value)> {
    let all = lock["packages"].as_object().into_iter().flatten();
    all.filter(|(path, _)| !path.is_empty())
        .map(|(path, entry)| (path.as_str(), entry))
        .collect()
}

/// Whether each package has one version, a strong hash, and no address but the registry's.
fn locked(lock: &Value) -> Verdict {
    let mut wrong = Vec::new();
    let all = entries(lock);
    for (path, entry) in &all {
        if !is_exact(entry["version"].as_str().unwrap_or_default()) {
            wrong.push(format!("{path} has no exact version"));
        }
        let integrity = entry["integrity"].as_str().unwrap_or_default();
        if !integrity.starts_with("sha512-") {
            wrong.push(format!("{path} has no SHA-512"));
        }
        if !entry["resolved"].is_null() || entry["link"] == true {
            wrong.push(format!("{path} comes from an address of its own"));
        }
    }
    if lock["lockfileVersion"].as_u64().unwrap_or(0) < 3 {
        wrong.push("the lock file is of an old form".to_owned());
    }
    Verdict::of(wrong, format!("{} packages, each with its hash", all.len()))
}

/// Whether any package runs a program when it is installed that is not known to.
fn scripts(lock: &Value) -> Verdict {
    let all = entries(lock);
    let name = |path: &str| {
        path.rsplit("node_modules/")
            .next()
            .unwrap_or(path)
            .to_owned()
    };
    let run = all
        .iter()
        .filter(|(_, entry)| entry["hasInstallScript"] == true);
    let run: Vec<String> = run.map(|(path, _)| name(path)).collect();
    let unknown = run
        .iter()
        .filter(|name| !MAY_INSTALL.contains(&name.as_str()));
    let wrong = unknown.map(|name| format!("{name} runs a script when it is installed"));
    let fine = if run.is_empty() {
        "none".to_owned()
    } else {
        format!("{}, as is known", run.join(", "))
    };
    Verdict::of(wrong.collect(), fine)
}

/// Asks the registry for known weaknesses.
fn weaknesses(checkout: &Checkout, folder: &Path) -> Done<Verdict> {
    let mut npm = command("npm");
    // One try: an answer that is no answer is told, not waited for.
    npm.args(["audit", "--json", "--fetch-retries=0"])
        .current_dir(folder);
    Ok(match asked(checkout, npm)? {
        Asked::Answered { output } => audit(&output, ""),
        Asked::Refused { output, last } => audit(&output, &last),
    })
}

/// Reads the report; npm ends badly with findings and without an answer alike.
fn audit(output: &str, last: &str) -> Verdict {
    let report = output.find('{').and_then(|start| {
        let mut values = serde_json::Deserializer::from_str(output.get(start..)?).into_iter();
        values.next()?.ok()
    });
    let report: Value = report.unwrap_or_default();
    let Some(found) = report["vulnerabilities"].as_object() else {
        let status = report["statusCode"]
            .as_u64()
            .map(|code| format!("HTTP {code}"));
        let why = status.unwrap_or_else(|| last.chars().take(80).collect());
        return Verdict::Unchecked(format!("the registry does not tell weaknesses ({why})"));
    };
    let severity = |entry: &Value| entry["severity"].as_str().unwrap_or("unknown").to_owned();
    let told = |(name, entry): (&String, &Value)| format!("{name}: {}", severity(entry));
    let is_severe = |(_, entry): &(&String, &Value)| SEVERE.contains(&&*severity(entry));
    let (severe, lesser): (Vec<_>, Vec<_>) = found.iter().partition(is_severe);
    let lesser: Vec<String> = lesser.into_iter().map(told).collect();
    let fine = match lesser.as_slice() {
        [] => "none known".to_owned(),
        known => format!("none severe; {}", known.join(", ")),
    };
    Verdict::of(severe.into_iter().map(told).collect(), fine)
}

/// Whether what the site is made of imports files of its own alone.
fn imports(checkout: &Checkout) -> Done<Verdict> {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for folder in SITE {
        for path in list(&checkout.folder(folder))? {
            if path.extension().is_none_or(|ending| ending != "js") {
                continue;
            }
            count += 1;
            for imported in imported(&read(&path)?) {
                if !imported.starts_with("./") && !imported.starts_with("../") {
                    wrong.push(format!("{} imports {imported}", path.display()));
                }
            }
        }
    }
    if count == 0 {
        wrong.push("the site's files were looked for in vain".to_owned());
    }
    Ok(Verdict::of(
        wrong,
        format!("{count} files, which import files of ours alone"),
    ))
}

/// What stands after `from` and `import`, in quotes.
fn imported(source: &str) -> Vec<String> {
    let quoted = |rest: &str| {
        let rest = rest.trim_start().trim_start_matches('(').trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next().map(str::to_owned)
    };
    let after = |word: &str| {
        let parts = source.split(word).skip(1);
        parts.filter_map(quoted).collect::<Vec<_>>()
    };
    [after("from "), after("import"), after("require")].concat()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_fine(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Fine(_))
    }

    #[test]
    fn ranges_tags_and_addresses_are_no_versions() {
        for version in ["1.2.3", "0.0.1", "4.0.0-beta.1"] {
            assert!(is_exact(version), "{version}");
        }
        for version in [
            "",
            "^1.2.3",
            "~1.2.3",
            "1.2",
            "1.x.0",
            "*",
            "latest",
            "1.2.3 || 2.0.0",
            "git+ssh://a/b",
            "1.2.3-",
            "file:../a",
        ] {
            assert!(!is_exact(version), "{version}");
        }
        let package = |version: &str| json!({"devDependencies": {"a": version}});
        assert!(is_fine(&pinned(&package("1.0.0"))));
        assert!(!is_fine(&pinned(&package("^1.0.0"))));
    }

    #[test]
    fn a_lock_file_has_hashes_and_no_addresses() {
        let lock = |entry: Value| json!({"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": entry}});
        let good = json!({"version": "1.0.0", "integrity": "sha512-AA=="});
        assert!(is_fine(&locked(&lock(good.clone()))));
        for (field, value) in [
            ("integrity", json!(null)),
            ("integrity", json!("sha1-AA==")),
            ("version", json!("^1.0.0")),
            ("resolved", json!("https://elsewhere.example/a.tgz")),
            ("link", json!(true)),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            assert!(!is_fine(&locked(&lock(bad))), "{field}");
        }
    }

    #[test]
    fn install_scripts_are_of_known_packages() {
        let lock = |path: &str| json!({"packages": {path: {"hasInstallScript": true}}});
        assert!(is_fine(&scripts(&lock(
            "node_modules/a/node_modules/esbuild"
        ))));
        assert!(!is_fine(&scripts(&lock("node_modules/esbuild-extra"))));
    }

    #[test]
    fn an_audit_without_answer_is_no_check() {
        let refused = r#"npm warn audit 405
            {"message": "405", "statusCode": 405, "error": {}} npm error"#;
        assert!(matches!(audit(refused, ""), Verdict::Unchecked(why) if why.contains("405")));
        assert!(matches!(audit("", "no network"), Verdict::Unchecked(_)));
        let found =
            |severity: &str| json!({"vulnerabilities": {"a": {"severity": severity}}}).to_string();
        assert!(is_fine(&audit(r#"{"vulnerabilities": {}}"#, "")));
        assert!(is_fine(&audit(&found("low"), "")));
        assert!(matches!(audit(&found("high"), ""), Verdict::Wrong(_)));
    }

    #[test]
    fn imports_are_found_in_each_form() {
        let source = "import a from \"one\"; import 'two'; export * from \"three\";\n\
                      const b = await import(\"four\"); const c = require('five');";
        let mut found = imported(source);
        found.sort();
        assert_eq!(found, ["five", "four", "one", "three", "two"]);
    }
}

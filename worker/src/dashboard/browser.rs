//! The name of a browser, as people call it: `Chrome · Windows`.
//!
//! Read from its `User-Agent` header, which anybody may write: for show only.

use super::desk::Desk;

/// What a browser's header has, and its name, or the text's that names it. The first that is found
/// counts: nearly all claim to be Safari besides, and most to be Chrome.
const BROWSERS: &[(&str, &str)] = &[
    ("MicroMessenger/", "wechat"),
    ("AlipayClient/", "alipay"),
    ("QQBrowser/", "qq"),
    ("UCBrowser/", "uc"),
    ("HuaweiBrowser/", "huawei"),
    ("SamsungBrowser/", "samsung"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same of systems: Android claims to be Linux.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl Desk {
    /// The browser and the system that a header speaks of; the header where neither is known.
    #[must_use]
    pub fn browser(&self, agent: &str) -> String {
        let names: Vec<&str> = names(agent)
            .map(|name| self.word("browser", name))
            .collect();
        if names.is_empty() {
            return agent.to_owned();
        }
        names.join(" · ")
    }
}

/// The names of the browser and of the system, as far as they are known.
fn names(agent: &str) -> impl Iterator<Item = &'static str> {
    let first_of = |known: &'static [(&str, &str)]| {
        let found = known.iter().find(|(sign, _)| agent.contains(sign));
        found.map(|(_, name)| *name)
    };
    first_of(BROWSERS).into_iter().chain(first_of(SYSTEMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as these browsers send them, but for the parts that all of them have: Mozilla/5.0,
    /// AppleWebKit and (KHTML, like Gecko).
    const HEADERS: &str = "
(Windows NT 10.0; Win64; x64) Chrome/141.0.0.0 Safari/537.36 = Chrome Windows
(X11; CrOS x86_64 14541.0.0) Chrome/141.0.0.0 Safari/537.36 = Chrome ChromeOS
(X11; Linux x86_64) Chrome/141.0.0.0 Safari/537.36 = Chrome Linux
(Windows NT 10.0; Win64; x64) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0 = Edge Windows
(Linux; Android 10; HD1913) Chrome/141.0.0.0 Mobile Safari/537.36 EdgA/141.0.0.0 = Edge Android
(Macintosh; Intel Mac OS X 10_15_7) Chrome/141.0.0.0 Safari/537.36 OPR/122.0.0.0 = Opera Mac
(Macintosh; Intel Mac OS X 10_15_7) Version/26.0 Safari/605.1.15 = Safari Mac
(iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1 = Safari iPhone
(iPhone; CPU iPhone OS 18_6 like Mac OS X) CriOS/141.0.7390.96 Safari/604.1 = Chrome iPhone
(iPad; CPU OS 18_6 like Mac OS X) FxiOS/144.0 Mobile/15E148 Safari/605.1.15 = Firefox iPad
(X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0 = Firefox Linux
(Linux; Android 10; K) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36 = samsung Android
(Linux; U; Android 14; V2309A) Chrome/116.0.0.0 MQQBrowser/16.2 Safari/537.36 = qq Android
(Linux; U; Android 14; V2309A) Chrome/100.0.4896.58 UCBrowser/17.2 Safari/537.36 = uc Android
(Phone; OpenHarmony 5.0) Chrome/114.0.0.0 Safari/537.36 HuaweiBrowser/5.0.4.300 = huawei HarmonyOS
(Linux; Android 14; wv) Chrome/116.0.0.0 MQQBrowser/6.2 MicroMessenger/8.0.49.2600 = wechat Android
(iPhone; CPU iPhone OS 18_6 like Mac OS X) AliApp(AP/10.6.0) AlipayClient/10.6.0 = alipay iPhone
";

    #[test]
    fn a_browser_is_known_by_what_it_alone_claims() {
        for line in HEADERS.trim_start().lines() {
            let (agent, wanted) = line.split_once(" = ").unwrap();
            let found: Vec<&str> = names(agent).collect();
            assert_eq!(found.join(" "), wanted, "{agent}");
        }
        assert_eq!(names("curl/8.16.0").count(), 0);
    }
}

//! Which language a page has, and which kind of device it is made for.

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English. It also stands in where nothing else is asked for.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Locale {
    /// All languages, in the order in which they are offered.
    pub const ALL: &'static [Self] = &[Self::En, Self::ZhCn];

    /// The BCP 47 tag, which also names the locale file.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::ZhCn => "简体中文",
        }
    }

    /// The language for one BCP 47 tag, by its primary part: every Chinese gets the one that
    /// there is, every English likewise.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL
            .iter()
            .copied()
            .find(|locale| primary.eq_ignore_ascii_case(locale.primary()))
    }

    /// Chooses the language of a page: `asked` for in the address (the shop's `locale` attribute,
    /// or else the language of its page), then the order's, then the browser's
    /// `Accept-Language`, then the store's default, then English.
    #[must_use]
    pub fn choose(
        asked: Option<&str>,
        order: Option<&str>,
        accept_language: Option<&str>,
        store: Option<&str>,
    ) -> Self {
        let tag = |tag: Option<&str>| tag.and_then(Self::of_tag);
        tag(asked)
            .or_else(|| tag(order))
            .or_else(|| accept_language.and_then(Self::accepted))
            .or_else(|| tag(store))
            .unwrap_or_default()
    }

    const fn primary(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh",
        }
    }

    /// The language with the highest weight in an `Accept-Language` header (RFC 9110, 12.5.4);
    /// between equal weights the first one. Weights count in thousandths.
    fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(20) {
            let mut parts = range.split(';');
            let Some(locale) = parts.next().and_then(Self::of_tag) else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1000, thousandths);
            if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

/// A quality value such as `0.8` in thousandths. What cannot be read weighs nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, part.parse::<u16>()) {
        ("0", Ok(part)) => part,
        ("1", Ok(0)) => 1000,
        _ => 0,
    }
}

/// What the shopper holds. Methods and their flows depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// A computer, or a tablet that calls itself one.
    Desktop,
    /// A phone, or a tablet that calls itself one.
    Phone,
    /// The browser inside WeChat.
    Wechat,
}

impl Device {
    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Phone => "phone",
            Self::Wechat => "wechat",
        }
    }

    /// Reads the word of the API.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Desktop, Self::Phone, Self::Wechat]
            .into_iter()
            .find(|device| device.as_str() == text)
    }

    /// The device that a `User-Agent` header speaks of. The frame goes by this too, so that page
    /// and attempt never differ. WeChat on a computer has no payment bridge: it counts as desktop.
    #[must_use]
    pub fn of_user_agent(user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.unwrap_or_default();
        let has = |word: &str| user_agent.contains(word);
        let phone = has("Mobi") || has("Android") || has("iPhone") || has("iPod");
        match (phone, has("MicroMessenger")) {
            (true, true) => Self::Wechat,
            (true, false) => Self::Phone,
            (false, _) => Self::Desktop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_first_then_order_browser_store() {
        let choose = Locale::choose;
        assert_eq!(
            choose(Some("zh-CN"), Some("en"), Some("en"), Some("en")),
            Locale::ZhCn
        );
        assert_eq!(
            choose(None, Some("zh"), Some("en"), Some("en")),
            Locale::ZhCn
        );
        assert_eq!(choose(None, None, Some("zh-TW"), Some("en")), Locale::ZhCn);
        assert_eq!(choose(None, None, None, Some("zh-CN")), Locale::ZhCn);
        assert_eq!(choose(None, None, None, None), Locale::En);
    }

    #[test]
    fn an_unknown_language_is_passed_over() {
        assert_eq!(
            Locale::choose(Some("fr"), None, Some("de, zh;q=0.5"), None),
            Locale::ZhCn
        );
        assert_eq!(
            Locale::choose(Some("../x"), Some(""), None, None),
            Locale::En
        );
    }

    #[test]
    fn tags_count_by_their_primary_part() {
        for tag in ["zh", "zh-CN", "zh-Hans-CN", "ZH_cn", " zh "] {
            assert_eq!(Locale::of_tag(tag), Some(Locale::ZhCn), "{tag}");
        }
        assert_eq!(Locale::of_tag("en-GB"), Some(Locale::En));
        assert_eq!(Locale::of_tag("eng"), None);
    }

    #[test]
    fn accept_language_goes_by_weight_then_by_order() {
        let cases = [
            ("en;q=0.3, zh-CN;q=0.9", Some(Locale::ZhCn)),
            ("en, zh", Some(Locale::En)),
            ("zh;q=0, en;q=0.1", Some(Locale::En)),
            ("zh;q=1.5, en;q=0.1", Some(Locale::En)),
            ("en;q=0.25,zh;q=0.251", Some(Locale::ZhCn)),
            ("fr, de;q=0.5", None),
            ("", None),
        ];
        for (header, wanted) in cases {
            assert_eq!(Locale::accepted(header), wanted, "{header}");
        }
    }

    #[test]
    fn devices_by_user_agent() {
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148";
        let wechat = format!("{phone} MicroMessenger/8.0.50");
        let cases = [
            (
                Some("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"),
                Device::Desktop,
            ),
            (
                Some("Mozilla/5.0 (Windows NT 10.0) MicroMessenger/7"),
                Device::Desktop,
            ),
            (Some(phone), Device::Phone),
            (
                Some("Mozilla/5.0 (Linux; Android 15; Pixel 9) Mobile Safari"),
                Device::Phone,
            ),
            (Some(wechat.as_str()), Device::Wechat),
            (None, Device::Desktop),
        ];
        for (user_agent, wanted) in cases {
            assert_eq!(Device::of_user_agent(user_agent), wanted, "{user_agent:?}");
        }
    }
}

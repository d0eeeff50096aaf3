//! A store's colours as a style of their own, which a content security policy names by its hash.

/// A style that gives pages the store's accent; `accent` and `accent_dark` are `#rrggbb`, checked
/// when they were set. Empty for what is not of that form.
#[must_use]
pub fn theme(accent: &str, accent_dark: Option<&str>) -> String {
    let rule = |colour: &str| {
        let channels = channels(colour)?;
        let text = if is_dark(channels) { "#fff" } else { "#000" };
        let [red, green, blue] = channels;
        Some(format!(
            ":root{{--causeway-accent:#{red:02x}{green:02x}{blue:02x};\
             --causeway-accent-text:{text}}}"
        ))
    };
    let Some(light) = rule(accent) else {
        return String::new();
    };
    match accent_dark.and_then(rule) {
        Some(dark) => format!("{light}@media(prefers-color-scheme:dark){{{dark}}}"),
        None => light,
    }
}

/// The accent of light pages and what stands on it, as messages have them; Causeway's own where the
/// store has none.
#[must_use]
pub fn accent(colour: Option<&str>) -> (String, String) {
    let known = colour.and_then(|c| Some((c, channels(c)?)));
    match known {
        Some((colour, parts)) => {
            let text = if is_dark(parts) { "#ffffff" } else { "#000000" };
            (colour.to_owned(), text.to_owned())
        }
        None => ("#0b6b5d".to_owned(), "#ffffff".to_owned()),
    }
}

fn channels(colour: &str) -> Option<[u8; 3]> {
    let digits = colour.strip_prefix('#').filter(|d| d.len() == 6)?;
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// Linear light of the sRGB values 0, 15, 30, … 255, in millionths (IEC 61966-2-1).
const LINEAR: [u64; 18] = [
    0, 4_777, 12_983, 26_241, 45_186, 70_360, 102_242, 141_263, 187_821, 242_281, 304_987, 376_262,
    456_411, 545_724, 644_480, 752_942, 871_367, 1_000_000,
];

/// Whether white can be read better on a colour than black: its relative luminance is below 0.179,
/// where both have a contrast of 4.58 (WCAG 2.2).
fn is_dark([red, green, blue]: [u8; 3]) -> bool {
    let linear = |value: u8| {
        let (below, rest) = (usize::from(value / 15), u64::from(value % 15));
        let at = |i: usize| LINEAR.get(i).copied().unwrap_or(1_000_000);
        at(below) + (at(below + 1) - at(below)) * rest / 15
    };
    2_126 * linear(red) + 7_152 * linear(green) + 722 * linear(blue) < 1_790_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_on_a_colour_can_be_read() {
        let text = |colour: &str| {
            theme(colour, None)
                .split_once("text:")
                .unwrap()
                .1
                .to_owned()
        };
        for dark in ["#000000", "#0b6b5c", "#b3261e", "#0000ff", "#707070"] {
            assert_eq!(text(dark), "#fff}", "{dark}");
        }
        for light in ["#ffffff", "#5fd0ba", "#ffcc00", "#00ff00", "#777777"] {
            assert_eq!(text(light), "#000}", "{light}");
        }
    }

    #[test]
    fn nothing_but_a_colour_gets_into_the_style() {
        for bad in ["red", "#fff", "#12345g", "#1234567", "}*{display:none"] {
            assert_eq!(theme(bad, None), "", "{bad}");
        }
        let both = theme("#0B6b5c", Some("#5fd0ba"));
        assert!(
            both.contains("#0b6b5c") && both.contains("#5fd0ba"),
            "{both}"
        );
        assert!(!theme("#0b6b5c", Some("}")).contains("media"));
    }
}

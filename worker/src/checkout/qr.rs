//! QR codes as the path of an SVG, drawn by the page itself.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of quiet zone on each side (ISO/IEC 18004: four).
const QUIET: i32 = 4;

/// A code: the side of its square in modules, quiet zone included, and the dark modules as an
/// SVG path.
#[derive(Debug, PartialEq, Eq)]
pub struct Qr {
    /// The side of the view box.
    pub size: i32,
    /// One horizontal run of dark modules after the other.
    pub path: String,
}

/// Draws `content`; `None` when it is too long for any code.
#[must_use]
pub fn draw(content: &str) -> Option<Qr> {
    let code = QrCode::encode_text(content, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while x < code.size() && code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let (left, top, run) = (start + QUIET, y + QUIET, x - start);
                // Writing to a string cannot fail.
                let _ = write!(path, "M{left} {top}h{run}v1h-{run}z");
            } else {
                x += 1;
            }
        }
    }
    Some(Qr {
        size: code.size() + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_finder_patterns_inside_the_quiet_zone() {
        let qr = draw("weixin://wxpay/bizpayurl?pr=abc").unwrap();
        assert!(qr.path.starts_with("M4 4h7v1h-7z"), "{}", qr.path);
        assert_eq!(
            (qr.size - 8 - 17) % 4,
            0,
            "a QR version has 17 + 4n modules"
        );
    }

    #[test]
    fn refuses_what_no_code_holds() {
        assert_eq!(draw(&"x".repeat(3000)), None);
    }
}

//! Which brand a number is of, and what follows from it.

use super::digits;
use std::fmt;

/// A card brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Brand {
    /// American Express.
    Amex,
    /// Diners Club International.
    Diners,
    /// Discover.
    Discover,
    /// JCB.
    Jcb,
    /// Maestro.
    Maestro,
    /// Mastercard.
    Mastercard,
    /// Mir.
    Mir,
    /// RuPay.
    RuPay,
    /// China UnionPay.
    UnionPay,
    /// None of the others, or too few digits to tell.
    Unknown,
    /// Visa.
    Visa,
}

/// First six digits, from and to; the first row that holds them all decides.
///
/// Sources: the published issuer ranges of the brands as collected by ISO/IEC 7812 registers and
/// card libraries. Where brands overlap:
/// - RuPay stands first: its ranges are narrow and lie within Maestro's 50, Discover's 65 and
///   UnionPay's 81. The rest of 60 is shared by too many small brands to name one.
/// - 622126–622925 are UnionPay cards that Discover's network takes too: UnionPay.
/// - 353 and 356 may carry RuPay's mark besides JCB's: JCB, in whose range they lie.
/// - Maestro has no other range in 6 than 63 and 67 here: calling an unclaimed number nothing costs
///   less than calling it wrongly something.
#[rustfmt::skip]
const RANGES: [(u32, u32, Brand); 23] = [
    (508_500, 508_999, Brand::RuPay),
    (606_985, 607_984, Brand::RuPay),
    (608_001, 608_500, Brand::RuPay),
    (652_150, 653_149, Brand::RuPay),
    (817_200, 829_999, Brand::RuPay),
    (220_000, 220_499, Brand::Mir),
    (222_100, 272_099, Brand::Mastercard),
    (300_000, 305_999, Brand::Diners),
    (309_500, 309_599, Brand::Diners),
    (340_000, 349_999, Brand::Amex),
    (352_800, 358_999, Brand::Jcb),
    (360_000, 369_999, Brand::Diners),
    (370_000, 379_999, Brand::Amex),
    (380_000, 399_999, Brand::Diners),
    (400_000, 499_999, Brand::Visa),
    (510_000, 559_999, Brand::Mastercard),
    (500_000, 589_999, Brand::Maestro),
    (601_100, 601_199, Brand::Discover),
    (620_000, 629_999, Brand::UnionPay),
    (630_000, 639_999, Brand::Maestro),
    (644_000, 659_999, Brand::Discover),
    (670_000, 679_999, Brand::Maestro),
    (810_000, 819_999, Brand::UnionPay),
];

impl Brand {
    /// The brand of a number, or of as many of its first digits as there are. [`Brand::Unknown`]
    /// until the digits leave no choice but one of the ranges.
    pub fn detect(prefix: &str) -> Self {
        let Ok(digits) = digits(prefix) else {
            return Self::Unknown;
        };
        // The digits to come can be anything, so the prefix stands for a range of six-digit numbers.
        let (mut low, mut width) = (0, 1_000_000);
        for digit in digits.bytes().take(6) {
            low = low * 10 + u32::from(digit - b'0');
            width /= 10;
        }
        low *= width;
        let high = low + width - 1;
        let holds = |range: &&(u32, u32, Self)| range.0 <= low && high <= range.1;
        RANGES
            .iter()
            .find(holds)
            .map_or(Self::Unknown, |range| range.2)
    }

    /// How many digits a number can have.
    pub const fn lengths(self) -> &'static [usize] {
        match self {
            Self::Amex => &[15],
            Self::Mastercard | Self::RuPay => &[16],
            Self::Visa => &[13, 16, 19],
            Self::Discover | Self::Jcb | Self::Mir | Self::UnionPay => &[16, 17, 18, 19],
            Self::Diners => &[14, 15, 16, 17, 18, 19],
            // The bounds of ISO/IEC 7812 for what no brand narrows down.
            Self::Maestro | Self::Unknown => &[12, 13, 14, 15, 16, 17, 18, 19],
        }
    }

    /// Whether the last digit always is a check digit after Luhn. UnionPay has issued cards
    /// without one.
    pub const fn has_check_digit(self) -> bool {
        !matches!(self, Self::UnionPay)
    }

    /// How many digits the security code has.
    pub const fn cvc_length(self) -> usize {
        match self {
            Self::Amex => 4,
            _ => 3,
        }
    }

    /// What the brand calls the security code.
    pub const fn cvc_name(self) -> &'static str {
        match self {
            Self::Amex | Self::Discover => "CID",
            Self::Jcb => "CAV",
            Self::Maestro | Self::Mastercard | Self::Unknown => "CVC",
            Self::Mir => "CVP",
            Self::RuPay => "CVD",
            Self::UnionPay => "CVN",
            Self::Diners | Self::Visa => "CVV",
        }
    }

    /// The brand in lower case, as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Amex => "amex",
            Self::Diners => "diners",
            Self::Discover => "discover",
            Self::Jcb => "jcb",
            Self::Maestro => "maestro",
            Self::Mastercard => "mastercard",
            Self::Mir => "mir",
            Self::RuPay => "rupay",
            Self::UnionPay => "unionpay",
            Self::Unknown => "unknown",
            Self::Visa => "visa",
        }
    }

    /// The brand as its owner writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amex => "American Express",
            Self::Diners => "Diners Club",
            Self::Discover => "Discover",
            Self::Jcb => "JCB",
            Self::Maestro => "Maestro",
            Self::Mastercard => "Mastercard",
            Self::Mir => "Mir",
            Self::RuPay => "RuPay",
            Self::UnionPay => "UnionPay",
            Self::Unknown => "",
            Self::Visa => "Visa",
        }
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! The plaintext of a sealed card.

use super::{CardError, Expiry, check_cvc, check_number, digits};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Longer names are not printed on cards.
const HOLDER_BYTES_MAX: usize = 200;

/// A card in the clear. Redacted in `Debug`, wiped on drop.
pub struct CardPlain {
    /// The number, ASCII digits only.
    pub number: String,
    /// The month of expiry, 1 to 12.
    pub expiry_month: u8,
    /// The year of expiry, four digits.
    pub expiry_year: u16,
    /// The security code, ASCII digits only; empty where a card has none.
    pub cvc: String,
    /// The name on the card; may be empty.
    pub holder: String,
}

impl CardPlain {
    /// A card of what was typed. An empty security code is let through: whether one is needed is
    /// the form's and the channel's concern.
    ///
    /// # Errors
    /// Those of [`check_number`] and [`check_cvc`]; [`CardError::TooLong`] for a name of more than
    /// 200 bytes.
    pub fn new(number: &str, expiry: Expiry, cvc: &str, holder: &str) -> Result<Self, CardError> {
        let brand = check_number(number)?;
        let holder = holder.trim();
        if holder.len() > HOLDER_BYTES_MAX {
            return Err(CardError::TooLong);
        }
        let mut card = Self {
            number: std::mem::take(&mut *digits(number)?),
            expiry_month: expiry.month(),
            expiry_year: expiry.year(),
            cvc: String::new(),
            holder: holder.to_owned(),
        };
        if !cvc.is_empty() {
            check_cvc(cvc, brand)?;
            card.cvc = std::mem::take(&mut *digits(cvc)?);
        }
        Ok(card)
    }

    /// The card as JSON:
    /// `{"number":"…","exp_month":12,"exp_year":2029,"cvc":"…","name":"…"}`.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let texts = self.number.len() + self.cvc.len() + self.holder.len();
        // Room for every byte escaped, so that growing leaves no copy behind.
        let mut json = Zeroizing::new(Vec::with_capacity(6 * texts + 100));
        json.extend_from_slice(NUMBER);
        push_text(&mut json, &self.number);
        json.extend_from_slice(MONTH);
        push_number(&mut json, u16::from(self.expiry_month));
        json.extend_from_slice(YEAR);
        push_number(&mut json, self.expiry_year);
        json.extend_from_slice(CVC);
        push_text(&mut json, &self.cvc);
        json.extend_from_slice(NAME);
        push_text(&mut json, &self.holder);
        json.extend_from_slice(END);
        json
    }

    /// Reads what [`CardPlain::encode`] writes, byte for byte, and checks it as [`CardPlain::new`]
    /// does: what comes out of an envelope is still a stranger's input.
    ///
    /// # Errors
    /// [`CardError::Malformed`] for another form, and those of [`CardPlain::new`].
    pub fn decode(json: &[u8]) -> Result<Self, CardError> {
        let mut reader = Reader(json);
        reader.skip(NUMBER)?;
        let number = reader.text()?;
        reader.skip(MONTH)?;
        let month = reader.number()?;
        reader.skip(YEAR)?;
        let year = reader.number()?;
        reader.skip(CVC)?;
        let cvc = reader.text()?;
        reader.skip(NAME)?;
        let holder = reader.text()?;
        reader.skip(END)?;
        if !reader.0.is_empty() {
            return Err(CardError::Malformed);
        }
        let month = u8::try_from(month).map_err(|_| CardError::Malformed)?;
        let expiry = Expiry::new(year, month).map_err(|_| CardError::Malformed)?;
        Self::new(&number, expiry, &cvc, &holder)
    }
}

impl fmt::Debug for CardPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardPlain(…)")
    }
}

impl Drop for CardPlain {
    fn drop(&mut self) {
        self.number.zeroize();
        self.expiry_month.zeroize();
        self.expiry_year.zeroize();
        self.cvc.zeroize();
        self.holder.zeroize();
    }
}

const NUMBER: &[u8] = br#"{"number":""#;
const MONTH: &[u8] = br#"","exp_month":"#;
const YEAR: &[u8] = br#","exp_year":"#;
const CVC: &[u8] = br#","cvc":""#;
const NAME: &[u8] = br#"","name":""#;
const END: &[u8] = br#""}"#;

/// Escapes what JSON wants escaped (RFC 8259, section 7), and nothing else.
fn push_text(json: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => {
                json.extend_from_slice(b"\\u00");
                json.push(HEX[usize::from(byte >> 4)]);
                json.push(HEX[usize::from(byte & 15)]);
            }
            _ => json.push(byte),
        }
    }
}

/// By hand: the formatting of the standard library costs more bytes in the widget.
fn push_number(json: &mut Vec<u8>, number: u16) {
    if number > 9 {
        push_number(json, number / 10);
    }
    json.push(b'0' + (number % 10) as u8);
}

/// Reads an encoded card from the left.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn skip(&mut self, expected: &[u8]) -> Result<(), CardError> {
        self.0 = self.0.strip_prefix(expected).ok_or(CardError::Malformed)?;
        Ok(())
    }

    fn next(&mut self) -> Result<u8, CardError> {
        let (first, rest) = self.0.split_first().ok_or(CardError::Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    /// Up to four digits without a zero in front.
    fn number(&mut self) -> Result<u16, CardError> {
        let length = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(length);
        if !(1..=4).contains(&length) || digits[0] == b'0' {
            return Err(CardError::Malformed);
        }
        self.0 = rest;
        Ok(digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
    }

    /// Up to the closing quotation mark, which stays.
    fn text(&mut self) -> Result<Zeroizing<String>, CardError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len()));
        while self.0.first().is_some_and(|&byte| byte != b'"') {
            let byte = match self.next()? {
                b'\\' => self.escaped()?,
                0..=0x1f => return Err(CardError::Malformed),
                byte => byte,
            };
            bytes.push(byte);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| CardError::Malformed)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Result<u8, CardError> {
        match self.next()? {
            byte @ (b'"' | b'\\') => Ok(byte),
            b'u' => {
                self.skip(b"00")?;
                let mut value = 0;
                for _ in 0..2 {
                    let digit = match self.next()? {
                        byte @ b'0'..=b'9' => byte - b'0',
                        byte @ b'a'..=b'f' => byte - b'a' + 10,
                        _ => return Err(CardError::Malformed),
                    };
                    value = value << 4 | digit;
                }
                if value < 0x20 {
                    Ok(value)
                } else {
                    Err(CardError::Malformed)
                }
            }
            _ => Err(CardError::Malformed),
        }
    }
}

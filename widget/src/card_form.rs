//! The card fields: they are the page's own inputs, with whatever was typed already.
//!
//! Nothing here keeps a digit: values are read when they are needed, into memory that wipes
//! itself.

use causeway_shared::card::{
    Brand, CardError, CardPlain, Expiry, ExpiryError, check_cvc, check_number, format_expiry,
    format_number,
};
use zeroize::Zeroizing;

use crate::browser;

/// The longest name that a sealed card holds, in bytes.
const HOLDER_BYTES_MAX: usize = 200;

/// The key of the text that says what is wrong with a field.
type Problem = &'static str;

/// One of the fields, in the order in which the page has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The number.
    Number,
    /// Month and year.
    Expiry,
    /// The security code.
    Cvc,
    /// The name on the card.
    Holder,
}

impl Which {
    const ALL: [Self; 4] = [Self::Number, Self::Expiry, Self::Cvc, Self::Holder];

    /// The field at this place.
    pub fn at(place: u8) -> Option<Self> {
        Self::ALL.get(usize::from(place)).copied()
    }

    /// The id of its input.
    pub fn id(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Expiry => "expiry",
            Self::Cvc => "cvc",
            Self::Holder => "holder",
        }
    }

    fn value(self) -> Zeroizing<String> {
        Zeroizing::new(browser::value(self.id()))
    }
}

/// The four fields of a card, and which of them carry a message.
#[derive(Default)]
pub struct CardForm {
    marked: [bool; 4],
}

impl CardForm {
    /// Takes over what was typed before the widget was there.
    pub fn adopt(&mut self) {
        reformat(Which::Number);
        reformat(Which::Expiry);
        show_brand();
    }

    /// Something was typed, pasted or filled in.
    pub fn typed(&mut self, which: Which) {
        reformat(which);
        if which == Which::Number {
            show_brand();
            // Another brand may have another length of code.
            self.recheck(Which::Cvc);
        }
        self.recheck(which);
    }

    /// A field was left. That it is still blank is no mistake yet.
    pub fn left(&mut self, which: Which) {
        if !is_blank(&which.value()) {
            self.mark(which, check(which));
        }
    }

    /// The card, if every field holds; else marks what does not and goes to the first of them.
    pub fn read(&mut self) -> Option<CardPlain> {
        let mut first = None;
        for which in Which::ALL {
            let problem = check(which);
            self.mark(which, problem);
            if problem.is_some() {
                first = first.or(Some(which));
            }
        }
        if let Some(which) = first {
            browser::focus(which.id());
            return None;
        }
        let expiry = Expiry::parse(&Which::Expiry.value()).ok()?;
        let [number, _, cvc, holder] = Which::ALL.map(Which::value);
        let cvc = if is_blank(&cvc) { "" } else { &cvc };
        CardPlain::new(&number, expiry, cvc, &holder).ok()
    }

    /// Empties the fields.
    pub fn wipe(&mut self) {
        for which in Which::ALL {
            browser::put(which.id(), "", 0);
            self.mark(which, None);
        }
        show_brand();
    }

    /// A message goes as soon as its cause has gone, and changes with it.
    fn recheck(&mut self, which: Which) {
        if self.marked[which as usize] {
            self.mark(which, check(which));
        }
    }

    fn mark(&mut self, which: Which, problem: Option<Problem>) {
        self.marked[which as usize] = problem.is_some();
        browser::mark(which.id(), problem.unwrap_or_default(), cvc_length(brand()));
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

fn brand() -> Brand {
    Brand::detect(&Which::Number.value())
}

fn cvc_length(brand: Brand) -> u8 {
    if brand.cvc_length() == 4 { 4 } else { 3 }
}

fn show_brand() {
    let brand = brand();
    browser::show_brand(brand.as_str(), cvc_length(brand));
}

fn reformat(which: Which) {
    let format = match which {
        Which::Number => format_number,
        Which::Expiry => format_expiry,
        Which::Cvc | Which::Holder => return,
    };
    let value = which.value();
    let (text, caret) = format(&value, browser::caret(which.id()) as usize);
    let text = Zeroizing::new(text);
    if *text != *value {
        browser::put(which.id(), &text, caret as u32);
    }
}

fn check(which: Which) -> Option<Problem> {
    let value = which.value();
    match which {
        Which::Number => check_number(&value).err().map(number_problem),
        Which::Expiry => {
            let now = browser::this_month();
            Expiry::parse(&value)
                .and_then(|expiry| expiry.check((now / 100) as u16, (now % 100) as u8))
                .err()
                .map(expiry_problem)
        }
        Which::Cvc => match check_cvc(&value, brand()) {
            Ok(()) => None,
            // Some Maestro cards carry none.
            Err(CardError::Empty) if brand() == Brand::Maestro => None,
            Err(CardError::Empty) => Some("error.cvc.empty"),
            Err(_) => Some("error.cvc.length"),
        },
        Which::Holder if value.len() > HOLDER_BYTES_MAX => Some("error.name.too_long"),
        Which::Holder if is_blank(&value) => Some("error.name.empty"),
        Which::Holder => None,
    }
}

fn number_problem(error: CardError) -> Problem {
    match error {
        CardError::Checksum => "error.number.checksum",
        CardError::Empty => "error.number.empty",
        CardError::Letters | CardError::Malformed => "error.number.letters",
        CardError::TooLong => "error.number.too_long",
        CardError::TooShort => "error.number.too_short",
    }
}

fn expiry_problem(error: ExpiryError) -> Problem {
    match error {
        ExpiryError::Empty => "error.expiry.empty",
        ExpiryError::Malformed | ExpiryError::Month => "error.expiry.form",
        ExpiryError::Past => "error.expiry.past",
        ExpiryError::TooFar => "error.expiry.far",
    }
}

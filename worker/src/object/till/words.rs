//! The words by which an order is found, and those that somebody searches for.
//!
//! A run of letters and digits is a word, in lower case; of Chinese, Japanese and Korean, which
//! have no blanks, each two neighbouring characters are one. An amount is a word of its own.

use std::collections::BTreeSet;

use causeway_shared::id::Mode;
use causeway_shared::money::Money;

use super::call::OrderRecord;

/// The most words of an order.
const MAX_WORDS: usize = 64;
/// The most characters of a word.
const MAX_LENGTH: usize = 40;
/// The most words that are searched for.
const MAX_SEARCHED: usize = 8;
/// The least characters of what can be the beginning of a word.
const MIN_BEGINNING: usize = 3;

/// What is searched for: all of it has to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(pub Vec<Choice>);

/// One thing that is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Any of these words.
    pub words: Vec<String>,
    /// Where no order has those: a word that begins so.
    pub beginning: Option<String>,
    /// Where no order has those: all of these.
    pub parts: Vec<Self>,
}

impl Choice {
    /// Takes a word for the beginning of one, too.
    fn may_begin(&mut self) {
        // The first character is its mode.
        if let [word] = &self.words[..]
            && word.chars().count() > MIN_BEGINNING
        {
            self.beginning = Some(word.clone());
        }
    }
}

/// The words of an order.
pub(super) fn of_order(record: &OrderRecord) -> BTreeSet<String> {
    let (order, details) = (&record.order, &record.details);
    let mut words = Words(BTreeSet::new(), details.mode);
    words.add(order.id().as_str());
    words.whole(details.merchant_reference.as_deref());
    words.whole(details.shopper.email.as_deref());
    words.add(details.shopper.name.as_deref().unwrap_or_default());
    words.whole(details.shopper.phone.as_deref());
    words.amount(order.total());
    for attempt in order.attempts() {
        words.whole(attempt.channel_number.as_deref());
        words.add(attempt.card.as_ref().map_or("", |c| c.last4.as_str()));
    }
    for refund in order.refunds() {
        words.whole(refund.channel_number.as_deref());
        words.amount(refund.amount);
    }
    for item in &details.items {
        words.add(&item.name);
        words.whole(item.sku.as_deref());
    }
    words.0
}

/// Reads what somebody has typed.
pub(super) fn wanted(text: &str, mode: Mode) -> Wanted {
    let mut choices = Vec::new();
    for part in text.split_whitespace() {
        let amount = amount_of(part);
        let found = split(part);
        if let (Some(amount), true) = (&amount, part.contains(['.', ','])) {
            choices.push(exact(vec![key(mode, &format!("={amount}"))]));
            continue;
        }
        // An order's reference at a channel is its id and two digits.
        if let Some(order) = order_of_reference(part) {
            choices.push(exact(vec![key(mode, &order)]));
            continue;
        }
        let parts = || found.iter().map(|w| exact(vec![key(mode, w)])).collect();
        let mut choice = exact(vec![key(mode, &part.to_lowercase())]);
        match (&found[..], amount) {
            ([], _) => choice.words.clear(),
            ([word], amount) => {
                choice.words = vec![key(mode, word)];
                let amount = amount.map(|a| key(mode, &format!("={a}")));
                choice.words.extend(amount);
            }
            // Written in one, such as an address or a number of the shop's; else word by word.
            (_, _) => choice.parts = parts(),
        }
        choices.push(choice);
    }
    choices.truncate(MAX_SEARCHED);
    if let Some(last) = choices.last_mut() {
        match last.parts.last_mut() {
            Some(part) => part.may_begin(),
            None => last.may_begin(),
        }
    }
    Wanted(choices)
}

fn exact(words: Vec<String>) -> Choice {
    Choice {
        words,
        ..Choice::default()
    }
}

/// Words of test and of live orders are apart.
fn key(mode: Mode, word: &str) -> String {
    let mode = match mode {
        Mode::Test => 't',
        Mode::Live => 'l',
    };
    let mut key = String::with_capacity(word.len() + 1);
    key.push(mode);
    key.extend(word.chars().take(MAX_LENGTH));
    key
}

struct Words(BTreeSet<String>, Mode);

impl Words {
    /// A number or an address: as it is written, and its words.
    fn whole(&mut self, text: Option<&str>) {
        let text = text.unwrap_or_default();
        self.add(text);
        if !text.is_empty() && self.0.len() < MAX_WORDS {
            self.0.insert(key(self.1, &text.to_lowercase()));
        }
    }

    fn add(&mut self, text: &str) {
        let alone = text.chars().filter(|c| is_wide(*c)).map(String::from);
        for word in split(text).into_iter().chain(alone) {
            if self.0.len() < MAX_WORDS {
                self.0.insert(key(self.1, &word));
            }
        }
    }

    /// As it is written, and as it is said where its fraction is zero.
    fn amount(&mut self, amount: Money) {
        let text = amount.to_decimal();
        let whole = text
            .split_once('.')
            .filter(|(_, fraction)| fraction.bytes().all(|b| b == b'0'))
            .map(|(whole, _)| whole.to_owned());
        for text in whole.into_iter().chain([text]) {
            self.0.insert(key(self.1, &format!("={text}")));
        }
    }
}

fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut wide: Vec<char> = Vec::new();
    for c in text.chars().chain([' ']) {
        if !is_wide(c) && !wide.is_empty() {
            match wide[..] {
                [only] => words.push(only.to_string()),
                _ => words.extend(wide.windows(2).map(|pair| pair.iter().collect())),
            }
            wide.clear();
        }
        if is_wide(c) {
            wide.push(c);
        }
        if c.is_alphanumeric() && !is_wide(c) {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    words
}

/// Whether a character is of a script without blanks between words.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF
        | 0x20000..=0x323AF)
}

/// An amount as it is typed: a sign of a currency before or after it, a point or a comma.
fn amount_of(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| !c.is_ascii_digit());
    let text = text.replace(',', ".");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let fits = !whole.is_empty() && whole.len() <= 12 && fraction.len() <= 4;
    let padded = if fraction.len() == 1 { "0" } else { "" };
    (fits && digits(whole) && digits(fraction)).then(|| format!("{text}{padded}"))
}

fn order_of_reference(text: &str) -> Option<String> {
    let reference = causeway_shared::id::Reference::parse(&text.to_uppercase()).ok()?;
    Some(reference.order().as_str().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(text: &str) -> Vec<Vec<String>> {
        let wanted = wanted(text, Mode::Test);
        wanted.0.into_iter().map(|c| c.words).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_pairs_of_wide_characters() {
        assert_eq!(split("Lóngjǐng green-tea"), ["lóngjǐng", "green", "tea"]);
        assert_eq!(split("龙井绿茶 250g"), ["龙井", "井绿", "绿茶", "250g"]);
        assert_eq!(split("茶"), ["茶"]);
        assert_eq!(split("A茶b"), ["a", "茶", "b"]);
        assert_eq!(split("mei@example.com"), ["mei", "example", "com"]);
        assert!(split("!? --").is_empty());
    }

    #[test]
    fn amounts_are_found_as_they_are_written() {
        assert_eq!(searched("33.20"), [["t=33.20"]]);
        assert_eq!(searched("$33,2"), [["t=33.20"]]);
        assert_eq!(searched("¥1000"), [["t1000", "t=1000"]]);
        assert_eq!(searched("4242"), [["t4242", "t=4242"]]);
        assert_eq!(searched("1.2.3"), [["t1.2.3"]]);
        assert!(searched("!?")[0].is_empty());
    }

    #[test]
    fn a_reference_is_found_by_its_order() {
        assert_eq!(
            searched("01M80K4FW0053GE1R70W3GE1R702"),
            [["t01m80k4fw0053ge1r70w3ge1r7"]]
        );
    }

    #[test]
    fn only_the_last_word_can_be_a_beginning() {
        let beginnings = |text| -> Vec<Option<String>> {
            let wanted = wanted(text, Mode::Live);
            wanted.0.into_iter().map(|c| c.beginning).collect()
        };
        assert_eq!(beginnings("green te"), [None, None]);
        assert_eq!(beginnings("green tea"), [None, Some("ltea".to_owned())]);
        assert_eq!(beginnings("绿茶"), [None]);
        assert!(wanted("", Mode::Live).0.is_empty());
    }
}

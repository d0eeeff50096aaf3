//! What holds of everything that a channel file reads, whatever was sent.

use causeway_shared::channel::{
    Action, ChannelError, Decline, PaymentProof, ProofKind, RefundProof, RefundReported,
    RefundStatus, Reported, Source, Status,
};
use causeway_shared::id::AccountId;
use causeway_shared::money::{MINOR_MAX, Money};
use causeway_shared::time::UnixTime;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest number, id or code that may be kept.
const TEXT_MAX: usize = 255;

/// What is read must come from this source and be about this account.
pub(crate) struct Expected<'a> {
    pub account: &'a AccountId,
    pub source: Source,
}

impl Expected<'_> {
    /// A payment as reported; gives its proof, if it is one.
    pub fn payment<'r>(&self, reported: &'r Reported) -> Option<&'r PaymentProof> {
        same_as_json(reported);
        reported.channel_number.as_deref().inspect(|n| short(n));
        if let Some(card) = &reported.card {
            let digits = card.last4.bytes().all(|b| b.is_ascii_digit());
            assert!(card.last4.len() == 4 && digits, "four digits of a card");
            assert!(card.brand.len() <= 32, "a brand's name");
        }
        match &reported.status {
            Status::Authorized(proof) => {
                self.proof(proof, ProofKind::Authorized);
                Some(proof)
            }
            Status::Paid(proof) => {
                self.proof(proof, ProofKind::Captured);
                Some(proof)
            }
            Status::Declined(decline) => {
                code(decline);
                None
            }
            Status::RequiresAction(asked) => {
                action(asked);
                None
            }
            Status::Closed | Status::NotFound | Status::Pending => None,
        }
    }

    /// A refund as reported; gives its proof, if it is one.
    pub fn refund<'r>(&self, reported: &'r RefundReported) -> Option<&'r RefundProof> {
        same_as_json(reported);
        reported.channel_number.as_deref().inspect(|n| short(n));
        match &reported.status {
            RefundStatus::Settled(proof) => {
                assert_eq!(proof.account(), Some(self.account));
                assert_eq!(proof.source(), self.source);
                amount(proof.amount());
                time(proof.at());
                Some(proof)
            }
            RefundStatus::Failed(decline) => {
                code(decline);
                None
            }
            RefundStatus::NotFound | RefundStatus::Pending => None,
        }
    }

    fn proof(&self, proof: &PaymentProof, kind: ProofKind) {
        assert_eq!(proof.kind(), kind);
        assert_eq!(proof.account(), Some(self.account));
        assert_eq!(proof.source(), self.source);
        short(proof.channel_number());
        amount(proof.amount());
        time(proof.at());
    }
}

fn amount(money: Money) {
    assert!((1..=MINOR_MAX).contains(&money.minor()), "{money}");
}

fn time(at: UnixTime) {
    assert!((UnixTime::MIN..=UnixTime::MAX).contains(&at));
}

/// Numbers and ids that are stored, shown and logged.
pub(crate) fn short(text: &str) {
    let printable = text.bytes().all(|b| b.is_ascii_graphic());
    let fits = (1..=TEXT_MAX).contains(&text.len());
    assert!(fits && printable, "{text:?}");
}

fn code(decline: &Decline) {
    let code = &decline.channel_code;
    let printable = code.bytes().all(|b| b.is_ascii_graphic());
    assert!(code.len() <= 64 && printable, "{code:?}");
}

fn action(action: &Action) {
    let web = |url: &str| {
        let scheme = url.starts_with("https://") || url.starts_with("http://");
        assert!(scheme && !url.contains(char::is_whitespace), "{url:?}");
    };
    match action {
        Action::Bridge { parameters } => {
            let read: serde_json::Value = serde_json::from_str(parameters).unwrap();
            assert!(read.is_object());
        }
        Action::Challenge { url } | Action::Redirect { url } => web(url),
        Action::FormPost { url, fields } => {
            web(url);
            assert!(!fields.is_empty());
        }
        Action::Qr {
            content,
            expires_at,
        } => {
            assert!((1..=1024).contains(&content.len()), "{content:?}");
            time(*expires_at);
        }
    }
}

/// What is stored as JSON is read back as the same.
pub(crate) fn same_as_json<T>(value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let json = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&json).unwrap();
    assert_eq!(&read, value);
}

/// An error is fit for a log: it has no more of a stranger's text than a code.
pub(crate) fn error(error: &ChannelError) {
    let text = error.to_string();
    assert!(text.len() <= 256, "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
}

//! Notices: a form that Alipay posts when a trade changes, verified before it is read.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use percent_encoding::percent_decode;

use super::answer::{is_trade_number, read_money};
use super::keys::Keys;
use super::trade::{Trade, TradeFacts};
use crate::channel::proof::Source;
use crate::channel::{
    Account, ChannelError, Fact, Fresh, Noticed, RefundReported, RefundStatus, Subject,
};
use crate::http::{Method, Request};
use crate::id::{AccountId, Reference, RefundId};
use crate::sign::{Algorithm, Next, Step, ToVerify};
use crate::time::UnixTime;

/// A notice has some thirty fields, the lists of vouchers and funds among them.
const BODY_MAX: usize = 64 * 1024;
const FIELDS_MAX: usize = 200;

/// How old a notice may be: Alipay repeats it for 24 hours and 22 minutes, eight times within 25
/// hours (its documentation of notify_url), and clocks may differ by ten minutes.
const AGE_MAX_S: i64 = 25 * 3600 + 600;

/// Verifies and reads a notice.
pub(super) fn read(account: &Account, notice: &Request, fresh: &Fresh) -> Next<Noticed> {
    let keys = Keys::read(&account.credentials)?;
    if notice.method != Method::Post {
        return Err(ChannelError::Malformed("the notice is not a POST"));
    }
    let form = Form::parse(&notice.body)?;
    if form.text("sign_type") != Some("RSA2") {
        return Err(ChannelError::Unauthentic(
            "the notice is not signed with RSA2",
        ));
    }
    let signature = form
        .text("sign")
        .and_then(|text| Base64::decode_vec(text).ok())
        .ok_or(ChannelError::Unauthentic(
            "the notice has no signature in base64",
        ))?;
    let to_verify = ToVerify {
        algorithm: Algorithm::RsaSha256,
        key_spki: keys.alipay_key.clone(),
        message: form.signed(),
        signature,
    };
    let (account, now) = (account.id.clone(), fresh.now);
    Ok(Step::verify(to_verify, move || {
        Ok(Step::Done(read_verified(&form, &keys, &account, now)?))
    }))
}

/// Reads a notice whose signature holds. In certificate mode one key of Alipay's signs for all
/// apps of all merchants, so that whom it is for is to be checked as well.
fn read_verified(
    form: &Form,
    keys: &Keys,
    account: &AccountId,
    now: UnixTime,
) -> Result<Noticed, ChannelError> {
    if form.text("app_id") != Some(keys.app_id.as_str()) {
        return Err(ChannelError::Unauthentic("the notice is for another app"));
    }
    let sent_at = form
        .time("notify_time")
        .ok_or(ChannelError::Malformed("no notify_time"))?;
    if now.millis_since(sent_at) > AGE_MAX_S * 1000 {
        return Err(ChannelError::Unauthentic("the notice is too old"));
    }
    let notice_id = form
        .text("notify_id")
        .filter(|id| id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or(ChannelError::Malformed("the notify_id is no such id"))?
        .to_owned();
    // Of other kinds of notices, and of trades that somebody else began under this app, there is
    // nothing to keep.
    let facts = match (form.text("notify_type"), trade_of(form, account)) {
        (Some("trade_status_sync"), Some(trade)) => {
            if keys.seller_id.is_some() && form.text("seller_id") != keys.seller_id.as_deref() {
                return Err(ChannelError::Unauthentic(
                    "the notice is for another seller",
                ));
            }
            read_trade(form, &trade, sent_at)?
        }
        _ => Vec::new(),
    };
    Ok(Noticed { notice_id, facts })
}

fn trade_of(form: &Form, account: &AccountId) -> Option<Trade> {
    let reference = Reference::parse(form.text("out_trade_no")?).ok()?;
    Some(Trade {
        account: account.clone(),
        reference,
    })
}

fn read_trade(form: &Form, trade: &Trade, sent_at: UnixTime) -> Result<Vec<Fact>, ChannelError> {
    let number = form
        .text("trade_no")
        .filter(|number| is_trade_number(number));
    let facts = TradeFacts {
        status: form.text("trade_status"),
        was_paid: form.text("gmt_payment").is_some(),
        number,
        paid_at: form.time("gmt_payment").unwrap_or(sent_at),
    };
    let amount = || read_money(form.text("total_amount"), form.text("trans_currency"));
    let reported = facts.report(trade, Source::Notice, amount)?;
    let subject = Subject {
        reference: Some(trade.reference.clone()),
        channel_number: number.map(str::to_owned),
    };
    let refund = refund_of(form).map(|refund| Fact::Refund {
        subject: subject.clone(),
        refund,
        // The notice states the sum of all the trade's refunds (`refund_fee`), not this one: no
        // proof, but a reason to ask.
        reported: RefundReported {
            channel_number: None,
            status: RefundStatus::Pending,
        },
    });
    Ok([Fact::Payment { subject, reported }]
        .into_iter()
        .chain(refund)
        .collect())
}

/// Whether the notice is about a refund, and which: `out_biz_no` repeats `out_request_no`. It is
/// not ours when somebody refunded at Alipay.
fn refund_of(form: &Form) -> Option<Option<RefundId>> {
    let some_money = |fee| read_money(Some(fee), None).is_ok_and(|money| money.is_positive());
    form.text("gmt_refund")
        .or(form.text("refund_fee").filter(|fee| some_money(fee)))?;
    Some(
        form.text("out_biz_no")
            .and_then(|id| RefundId::parse(id).ok()),
    )
}

/// The fields of a form, decoded once, each value in the bytes of the notice's character set:
/// those are what is signed. What is read of them is ASCII in any set.
pub(super) struct Form(BTreeMap<String, Vec<u8>>);

impl Form {
    pub fn parse(body: &[u8]) -> Result<Self, ChannelError> {
        if body.len() > BODY_MAX {
            return Err(ChannelError::Malformed("the notice is too long"));
        }
        let mut fields = BTreeMap::new();
        for pair in body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            let name = String::from_utf8(name)
                .ok()
                .filter(|name| !name.is_empty())
                .ok_or(ChannelError::Malformed("a field without a proper name"))?;
            // Which of two would be the signed one, which the one that is read?
            if fields.insert(name, value).is_some() || fields.len() > FIELDS_MAX {
                return Err(ChannelError::Malformed(
                    "a field comes twice, or there are too many",
                ));
            }
        }
        Ok(Self(fields))
    }

    /// What the signature covers: the fields sorted by name, `name=value` joined by `&`, decoded,
    /// without `sign`; a trade's notice also without `sign_type`, other kinds with it.
    ///
    /// npm alipay-sdk 4.14.0 (src/alipay.ts, checkNotifySign) tries both, and two real notices in
    /// its tests need one each. Which it is depends on the kind alone, so one is enough.
    pub fn signed(&self) -> Vec<u8> {
        let is_trade = self.text("notify_type") == Some("trade_status_sync");
        let left_out = |name: &str| name == "sign" || (is_trade && name == "sign_type");
        let pairs: Vec<Vec<u8>> = self
            .0
            .iter()
            .filter(|(name, _)| !left_out(name))
            .map(|(name, value)| [name.as_bytes(), b"=", value].concat())
            .collect();
        pairs.join(&b'&')
    }

    /// A field that is there and not empty.
    fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        std::str::from_utf8(value)
            .ok()
            .filter(|text| !text.is_empty())
    }

    fn time(&self, name: &str) -> Option<UnixTime> {
        self.text(name)
            .and_then(|text| UnixTime::parse_beijing(text).ok())
    }
}

/// Decodes `%41` and `+`, once: values may hold either of them themselves.
fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|b| if *b == b'+' { b' ' } else { *b })
        .collect();
    percent_decode(&spaced).collect()
}

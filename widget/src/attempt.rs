//! One attempt: its id, which survives a reload, and the sealed card.

use causeway_shared::card::CardPlain;
use causeway_shared::id::AttemptId;
use causeway_shared::seal::{Binding, RANDOM_LENGTH, SealError, SealKey, seal};

use crate::{base64, browser};

/// The id for an attempt of this order by this method and account: the one that was not finished,
/// after a reload too, or else a new one. `None` where the browser has no random numbers.
pub fn id_for(order: &str, method: &str, account: &str) -> Option<String> {
    let wanted = [" ", method, " ", account].concat();
    let kept = browser::kept(order);
    if let Some(id) = kept.strip_suffix(wanted.as_str())
        && AttemptId::parse(id).is_ok()
    {
        return Some(id.to_owned());
    }
    let id = AttemptId::make(random()?).as_str().to_owned();
    browser::keep(order, &[id.as_str(), &wanted].concat());
    Some(id)
}

/// Forgets the id: its attempt is over.
pub fn forget(order: &str) {
    browser::keep(order, "");
}

/// Seals a card for one attempt, as base64url.
///
/// # Errors
/// [`SealError`] if the key is none, or the browser has no random numbers.
pub fn sealed(
    public_key: &str,
    binding: &Binding<'_>,
    card: &CardPlain,
) -> Result<String, SealError> {
    let key = SealKey::parse(&base64::decode(public_key).ok_or(SealError)?)?;
    let random: [u8; RANDOM_LENGTH] = random().ok_or(SealError)?;
    // What `encode` gives wipes itself.
    let envelope = seal(&key, binding, &card.encode(), random)?;
    Ok(base64::encode(&envelope))
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    browser::fill_random(&mut bytes).ok()?;
    Some(bytes)
}

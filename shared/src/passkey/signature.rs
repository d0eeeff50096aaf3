//! An ECDSA signature: authenticators write it in DER (RFC 3279, section 2.2.3), WebCrypto takes
//! its two numbers as they are.

use super::PasskeyError;

/// The numbers r and s, 32 bytes each.
pub(super) fn raw(der: &[u8]) -> Result<[u8; 64], PasskeyError> {
    let (body, rest) = field(der, 0x30)?;
    let (r, after) = field(body, 0x02)?;
    let (s, end) = field(after, 0x02)?;
    if !rest.is_empty() || !end.is_empty() {
        return Err(PasskeyError::Malformed);
    }
    let mut signature = [0; 64];
    for (number, place) in [(r, 0), (s, 32)] {
        let digits = digits(number)?;
        let start = place + 32 - digits.len();
        let to = signature.get_mut(start..place + 32);
        to.ok_or(PasskeyError::Malformed)?.copy_from_slice(digits);
    }
    Ok(signature)
}

/// The content of a field with this tag, and what follows. Both numbers of P-256 fit the short form
/// of a length.
fn field(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), PasskeyError> {
    match der {
        [found, length @ 0..=0x7f, rest @ ..] if *found == tag => rest
            .split_at_checked(usize::from(*length))
            .ok_or(PasskeyError::Malformed),
        _ => Err(PasskeyError::Malformed),
    }
}

/// A positive integer of at most 32 bytes without its leading zero, in the one form that DER has.
fn digits(number: &[u8]) -> Result<&[u8], PasskeyError> {
    let digits = match number {
        [0, rest @ ..] if rest.first().is_some_and(|b| *b >= 0x80) => rest,
        [1..=0x7f, ..] => number,
        _ => return Err(PasskeyError::Malformed),
    };
    if digits.len() > 32 {
        return Err(PasskeyError::Malformed);
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{from_hex, hex};

    #[test]
    fn short_and_long_numbers_find_their_place() {
        let signature = raw(&from_hex("300702020081020101")).unwrap();
        assert_eq!(
            hex(&signature),
            format!("{}81{}01", "0".repeat(62), "0".repeat(62))
        );
        let full = format!("3046022100{}022100{}", "ff".repeat(32), "80".repeat(32));
        let signature = raw(&from_hex(&full)).unwrap();
        assert_eq!(
            hex(&signature),
            format!("{}{}", "ff".repeat(32), "80".repeat(32))
        );
    }

    #[test]
    fn rejects_what_der_does_not_have() {
        let long = format!("3026022101{}020101", "00".repeat(32));
        for bad in [
            "",
            "30",
            "3006020101",
            "30060201010201",
            "3006020101020101ff",
            "3006020100020101",
            "3006020181020101",
            "300702020001020101",
            "300602000201010000",
            "3106020101020101",
            "3007020101020101ff",
            "30800201010201010000",
            &long,
        ] {
            assert_eq!(raw(&from_hex(bad)), Err(PasskeyError::Malformed), "{bad}");
        }
    }
}

//! The store profile: what shoppers read about the merchant. Names, registrations, contact,
//! policies, logo, colours.
//!
//! It has a row of its own. Requests of the checkout need only a few facts of it (the [`Face`]),
//! which stand among the settings that every isolate keeps.

use causeway_shared::json;
use causeway_shared::object_only;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::audit::{self, Entry};
use super::{SqlError, StoreAnswer, missing_is_empty};
use crate::actor::Actor;
use crate::page::Locale;
use crate::sql::Sql;

/// How many days before a registration lapses the merchant is reminded.
pub(super) const REMIND_DAYS: i64 = 30;
/// Seconds of a day.
pub(super) const DAY_S: i64 = 24 * 3600;

/// What shoppers read about a merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreProfile {
    /// The name as shoppers know it, per language; the store's plain name where left out.
    pub names: Localized,
    /// The name of the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_name: Option<String>,
    /// Licences and tax numbers.
    pub registrations: Vec<Registration>,
    /// Where shoppers turn to.
    pub contact: Contact,
    /// What the merchant promises.
    pub policies: Policies,
    /// A picture, served from the pay origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    /// Colours of pages and messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colours: Option<Colours>,
}

/// A text in the languages that the pages speak.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct Localized {
    /// English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN", skip_serializing_if = "Option::is_none")]
    pub zh_cn: Option<String>,
}

object_only!(Localized, both);

impl Localized {
    /// The text in this language, else in the other.
    #[must_use]
    pub fn get(&self, locale: Locale) -> Option<&str> {
        let (first, second) = match locale {
            Locale::En => (&self.en, &self.zh_cn),
            Locale::ZhCn => (&self.zh_cn, &self.en),
        };
        first.as_deref().or(second.as_deref())
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.en.is_none() && self.zh_cn.is_none()
    }

    /// The texts with the tags of their languages.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let both = [("en", &self.en), ("zh-CN", &self.zh_cn)];
        both.into_iter()
            .filter_map(|(tag, text)| Some((tag, text.as_deref()?)))
    }
}

/// A licence or a number that an authority gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Registration {
    /// What it is.
    pub kind: RegistrationKind,
    /// Its number.
    pub number: String,
    /// Whose authority gave it: ISO 3166-1 alpha-2.
    pub country: String,
    /// The last day on which it is valid, as `2027-03-31`; none for one that does not lapse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
}

object_only!(Registration, both);

impl Registration {
    /// The midnight, by UTC, in which its last day begins.
    #[must_use]
    pub fn last_day(&self) -> Option<UnixTime> {
        let day = self.expires_on.as_ref()?;
        UnixTime::parse_rfc3339(&format!("{day}T00:00:00Z")).ok()
    }

    /// How many days are left; none on the last day.
    #[must_use]
    pub fn days_left(&self, now: UnixTime) -> Option<i64> {
        let day = |time: UnixTime| time.seconds().div_euclid(DAY_S);
        Some(day(self.last_day()?) - day(now))
    }
}

/// What a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationKind {
    /// A business licence (China: the unified social credit code).
    BusinessLicence,
    /// The number in the register of companies.
    Company,
    /// A tax number.
    Tax,
    /// A value added tax number.
    Vat,
}

impl RegistrationKind {
    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BusinessLicence => "business_licence",
            Self::Company => "company",
            Self::Tax => "tax",
            Self::Vat => "vat",
        }
    }
}

/// Where shoppers turn to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct Contact {
    /// E-mail address; answers to messages go there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Postal address, with line breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The shop's own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

object_only!(Contact, both);

/// Policies: plain text, a blank line between paragraphs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct Policies {
    /// Sending goods back.
    #[serde(skip_serializing_if = "Localized::is_empty")]
    pub returns: Localized,
    /// Getting money back.
    #[serde(skip_serializing_if = "Localized::is_empty")]
    pub refunds: Localized,
    /// Delivery.
    #[serde(skip_serializing_if = "Localized::is_empty")]
    pub shipping: Localized,
    /// Personal data.
    #[serde(skip_serializing_if = "Localized::is_empty")]
    pub privacy: Localized,
    /// Terms of sale.
    #[serde(skip_serializing_if = "Localized::is_empty")]
    pub terms: Localized,
}

object_only!(Policies, both);

impl Policies {
    /// All of them with their names, in the order in which they are shown.
    #[must_use]
    pub fn each(&self) -> [(PolicyKind, &Localized); 5] {
        [
            (PolicyKind::Returns, &self.returns),
            (PolicyKind::Refunds, &self.refunds),
            (PolicyKind::Shipping, &self.shipping),
            (PolicyKind::Privacy, &self.privacy),
            (PolicyKind::Terms, &self.terms),
        ]
    }
}

/// What a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// Sending goods back.
    Returns,
    /// Getting money back.
    Refunds,
    /// Delivery.
    Shipping,
    /// Personal data.
    Privacy,
    /// Terms of sale.
    Terms,
}

impl PolicyKind {
    /// The word in the API, which is also the anchor in the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Returns => "returns",
            Self::Refunds => "refunds",
            Self::Shipping => "shipping",
            Self::Privacy => "privacy",
            Self::Terms => "terms",
        }
    }
}

/// A picture. Not SVG: a page may run what stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Logo {
    /// Its form.
    #[serde(rename = "type")]
    pub kind: LogoKind,
    /// Its bytes in base64.
    pub data: String,
}

object_only!(Logo, both);

/// The form of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogoKind {
    /// JPEG
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG
    #[serde(rename = "image/png")]
    Png,
    /// WebP
    #[serde(rename = "image/webp")]
    Webp,
}

impl LogoKind {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// Whether bytes begin as this form does (PNG: RFC 2083, section 12.11; JPEG: ITU-T T.81,
    /// annex B; WebP: RFC 9649, section 2.4).
    #[must_use]
    pub fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::Jpeg => bytes.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        }
    }
}

/// The colours of what can be pressed, as `#rrggbb`. What stands on them is black or white,
/// whichever can be read better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Colours {
    /// On light pages.
    pub accent: String,
    /// On dark pages; the same where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent_dark: Option<String>,
}

object_only!(Colours, both);

/// What the checkout needs of a profile, small enough to be read with every request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    /// The name per language.
    pub names: Localized,
    /// The name of the company.
    pub legal_name: Option<String>,
    /// Which policies there are.
    pub policies: Vec<PolicyKind>,
    /// Colours.
    pub colours: Option<Colours>,
    /// The name of the logo's file, which changes with its content.
    pub logo: Option<String>,
    /// Where answers to messages go.
    pub email: Option<String>,
}

impl StoreProfile {
    /// What the checkout needs of it.
    #[must_use]
    pub fn face(&self) -> Face {
        let there = |(kind, text): &(PolicyKind, &Localized)| (!text.is_empty()).then_some(*kind);
        Face {
            names: self.names.clone(),
            legal_name: self.legal_name.clone(),
            policies: self.policies.each().iter().filter_map(there).collect(),
            colours: self.colours.clone(),
            logo: self.logo.as_ref().map(logo_name),
            email: self.contact.email.clone(),
        }
    }

    /// Registrations that lapse within 30 days or have lapsed: their place in the list, and the
    /// days left, of which there are none on the last day.
    #[must_use]
    pub fn lapsing(&self, now: UnixTime) -> Vec<(usize, i64)> {
        let left = |r: &Registration| r.days_left(now).filter(|days| *days <= REMIND_DAYS);
        let listed = self.registrations.iter().enumerate();
        listed.filter_map(|(i, r)| Some((i, left(r)?))).collect()
    }
}

fn logo_name(logo: &Logo) -> String {
    let digest = Sha256::digest(&logo.data);
    let digits = digest.iter().take(5).map(|b| format!("{b:02x}"));
    let ending = logo.kind.media_type().trim_start_matches("image/");
    format!("{}.{ending}", digits.collect::<String>())
}

/// The most characters of a text that the audit log keeps.
const MAX_RECORDED: usize = 200;

const TEXTS: i64 = 1;
const LOGO: i64 = 2;

/// Sets the profile, and its face among the settings.
pub(super) fn put(
    sql: &dyn Sql,
    now: UnixTime,
    actor: &Actor,
    mut profile: StoreProfile,
) -> Result<StoreAnswer, SqlError> {
    let before = recorded(&load(sql)?);
    let after = recorded(&profile);
    let face = profile.face();
    let logo = profile.logo.take();
    let rows = [
        (TEXTS, serde_json::to_string(&profile)?),
        (LOGO, serde_json::to_string(&logo)?),
    ];
    for (id, doc) in rows {
        sql.run(
            "INSERT OR REPLACE INTO profile (id, doc) VALUES (?, ?)",
            &[id.into(), doc.into()],
        )?;
    }
    let mut config = super::read(sql)?;
    config.face = face;
    config.version += 1;
    if let Some(refused) = super::save(sql, &config)? {
        return Ok(refused);
    }
    let entry = Entry {
        actor,
        act: "profile.edit",
        target: "profile",
        before: Some(before),
        after: Some(after),
    };
    audit::record(sql, now, &entry)?;
    Ok(StoreAnswer::Config(Box::new(config)))
}

/// The profile as the audit log keeps it: of long texts their beginning and length, of the picture
/// its name.
fn recorded(profile: &StoreProfile) -> Value {
    let mut value = serde_json::to_value(profile).unwrap_or_default();
    if let Some(logo) = &profile.logo {
        value["logo"] = logo_name(logo).into();
    }
    shorten(&mut value);
    value
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            let length = text.chars().count();
            if length > MAX_RECORDED {
                let begin: String = text.chars().take(MAX_RECORDED).collect();
                *text = format!("{begin}… ({length} characters)");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Reads the profile; an empty one where none was set.
pub(super) fn read(sql: &dyn Sql) -> Result<StoreAnswer, SqlError> {
    Ok(StoreAnswer::Profile(Box::new(load(sql)?)))
}

pub(super) fn load(sql: &dyn Sql) -> Result<StoreProfile, SqlError> {
    let row = |id: i64| -> Result<Option<String>, SqlError> {
        let query = "SELECT doc FROM profile WHERE id = ?";
        let rows = missing_is_empty(sql.run(query, &[id.into()]))?;
        rows.first().map(|r| Ok(r.text(0)?.to_owned())).transpose()
    };
    let mut profile: StoreProfile = match row(TEXTS)? {
        Some(doc) => json::from_str(&doc)?,
        None => StoreProfile::default(),
    };
    if let Some(doc) = row(LOGO)? {
        profile.logo = json::from_str(&doc)?;
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_reminded_of_from_thirty_days_before_its_last_day() {
        let registration = |day: Option<&str>| Registration {
            kind: RegistrationKind::Tax,
            number: "1".to_owned(),
            country: "DE".to_owned(),
            expires_on: day.map(str::to_owned),
        };
        let profile = StoreProfile {
            registrations: [
                None,
                Some("2026-12-22"),
                Some("2026-12-23"),
                Some("2026-11-22"),
                Some("2026-11-20"),
            ]
            .map(registration)
            .to_vec(),
            ..StoreProfile::default()
        };
        let now = UnixTime::parse_rfc3339("2026-11-22T23:59:00Z").unwrap();
        assert_eq!(profile.lapsing(now), [(1, 30), (3, 0), (4, -2)]);
    }

    #[test]
    fn a_text_that_is_not_there_is_shown_in_the_other_language() {
        let both = Localized {
            en: Some("Tea".to_owned()),
            zh_cn: Some("茶".to_owned()),
        };
        assert_eq!(both.get(Locale::ZhCn), Some("茶"));
        let english = Localized {
            zh_cn: None,
            ..both
        };
        assert_eq!(english.get(Locale::ZhCn), Some("Tea"));
        assert_eq!(Localized::default().get(Locale::En), None);
    }

    #[test]
    fn the_audit_log_keeps_no_picture_and_of_long_texts_their_beginning() {
        let mut profile = StoreProfile::default();
        profile.policies.terms.en = Some("茶".repeat(5_000));
        profile.logo = Some(Logo {
            kind: LogoKind::Png,
            data: "A".repeat(40_000),
        });
        let recorded = recorded(&profile);
        let terms = recorded["policies"]["terms"]["en"].as_str().unwrap();
        assert!(terms.ends_with("茶… (5000 characters)"));
        assert!(recorded["logo"].as_str().unwrap().ends_with(".png"));
        assert!(recorded.to_string().len() < 2_000);
    }

    #[test]
    fn a_picture_is_what_it_says() {
        assert!(LogoKind::Png.begins(b"\x89PNG\r\n\x1a\n...."));
        assert!(!LogoKind::Png.begins(b"<svg xmlns"));
        assert!(LogoKind::Webp.begins(b"RIFF....WEBPVP8 "));
        assert!(!LogoKind::Webp.begins(b"RIFF....WAVE"));
        assert!(LogoKind::Jpeg.begins(&[0xff, 0xd8, 0xff, 0xe0]));
    }
}

//! What pages and messages say about the merchant, out of settings and profile.

use causeway_shared::id::StoreId;

use crate::object::store::model::StoreConfig;
use crate::object::store::profile::{Face, StoreProfile};
use crate::page::{Locale, Merchant, theme};

/// The name of a store for a reader of `locale`.
#[must_use]
pub fn store_name(config: &StoreConfig, locale: Locale) -> String {
    let plain = config.profile.as_ref().map(|p| p.name.as_str());
    let name = config.face.names.get(locale).or(plain);
    name.unwrap_or_default().to_owned()
}

/// The store's colours as a style; empty where it has none.
#[must_use]
pub fn style(face: &Face) -> String {
    let colours = face.colours.as_ref();
    colours.map_or(String::new(), |c| {
        theme(&c.accent, c.accent_dark.as_deref())
    })
}

/// The path of a store's logo.
#[must_use]
pub fn logo(face: &Face, store: &StoreId) -> Option<String> {
    face.logo
        .as_ref()
        .map(|file| format!("/logos/{store}/{file}"))
}

/// The path of the page about a store.
#[must_use]
pub fn about(store: &StoreId) -> String {
    format!("/about/{store}")
}

/// All that a page says about the merchant.
#[must_use]
pub fn merchant(
    store: &StoreId,
    config: &StoreConfig,
    profile: StoreProfile,
    locale: Locale,
) -> Merchant {
    let policies = profile.policies.each();
    let policies = policies
        .iter()
        .filter_map(|(kind, text)| Some((kind.name(), text.get(locale)?.to_owned())));
    let policies = policies.collect();
    let registrations = profile.registrations.into_iter();
    Merchant {
        name: store_name(config, locale),
        legal_name: profile.legal_name,
        registrations: registrations
            .map(|r| (r.kind.name(), r.country, r.number))
            .collect(),
        email: profile.contact.email,
        phone: profile.contact.phone,
        address: profile.contact.address,
        url: profile.contact.url,
        policies,
        logo: logo(&config.face, store),
        about: about(store),
        style: style(&config.face),
    }
}

//! Who calls: a key of a store, or the owner of the deployment.

use std::rc::Rc;

use causeway_shared::id::{ApiKey, KeyKind, Mode, StoreId, Till};
use subtle::ConstantTimeEq;
use worker::Request;

use crate::app::App;
use crate::checkout::shopper_network;
use crate::error::AppError;
use crate::gate;
use crate::object::store::model::StoreConfig;
use crate::objects::{Limit, hex};
use crate::random::now;

/// Wrong keys per address and ten minutes.
const WRONG_KEYS: u32 = 30;

/// Who calls, for which store, with test or live money.
#[derive(Debug)]
pub struct Caller {
    /// The store.
    pub store: StoreId,
    /// Test or live.
    pub mode: Mode,
    /// Whether it is the owner of the deployment.
    pub owner: bool,
    /// By whom its calls are counted: the hash of its key, or the owner.
    counted_as: String,
    /// The store's settings.
    pub config: Rc<StoreConfig>,
}

impl Caller {
    /// Counts a call that asks all these tills.
    ///
    /// # Errors
    /// [`AppError::TooMany`].
    pub fn asks(&self, tills: &[Till]) -> Result<(), AppError> {
        let count = u32::try_from(tills.len()).unwrap_or(u32::MAX);
        gate::pass_key(&self.counted_as, count, now())
    }

    /// Refuses all but the owner.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub fn owner_only(&self) -> Result<(), AppError> {
        if self.owner {
            return Ok(());
        }
        Err(AppError::Forbidden {
            detail: "only the owner token may do this",
        })
    }
}

/// Reads and checks the caller of an API call with a secret key or the owner token.
///
/// # Errors
/// [`AppError::Unauthorized`], [`AppError::Forbidden`] for a publishable key,
/// [`AppError::TooMany`] after many wrong keys.
pub async fn caller(app: &App, request: &Request) -> Result<Caller, AppError> {
    let result = check(app, request).await;
    if let (Err(AppError::Unauthorized), Some(ip)) = (&result, shopper_network(request)) {
        app.limit(Limit {
            store: "deployment",
            what: "wrong keys",
            who: &ip,
            most: WRONG_KEYS,
            window_s: 600,
        })
        .await?;
    }
    result
}

async fn check(app: &App, request: &Request) -> Result<Caller, AppError> {
    let bearer = bearer(request)?.ok_or(AppError::Unauthorized)?;
    let owner = app.config.owner_token.expose();
    if bool::from(bearer.as_bytes().ct_eq(owner.as_bytes())) {
        return owner_caller(app, request).await;
    }
    let (caller, kind) = key_caller(app, &bearer).await?;
    gate::pass_key(&caller.counted_as, 1, now())?;
    match kind {
        KeyKind::Secret => Ok(caller),
        KeyKind::Publishable => Err(AppError::Forbidden {
            detail: "a publishable key can only post carts",
        }),
    }
}

/// Checks a key of a store.
///
/// # Errors
/// [`AppError::Unauthorized`].
pub async fn key_caller(app: &App, text: &str) -> Result<(Caller, KeyKind), AppError> {
    let key = ApiKey::parse(text).map_err(|_| AppError::Unauthorized)?;
    let config = app.objects.store_config(key.store()).await?;
    let hash = hex(&key.hash());
    let known = config.keys.iter().any(|k| {
        let same = bool::from(k.hash.as_bytes().ct_eq(hash.as_bytes()));
        same && k.kind == key.kind() && k.mode == key.mode()
    });
    if !known {
        return Err(AppError::Unauthorized);
    }
    let caller = Caller {
        store: key.store().clone(),
        mode: key.mode(),
        owner: false,
        counted_as: hash,
        config,
    };
    Ok((caller, key.kind()))
}

async fn owner_caller(app: &App, request: &Request) -> Result<Caller, AppError> {
    let bad = |detail: &str| AppError::BadRequest {
        code: "bad_store",
        detail: detail.to_owned(),
    };
    let store = request.headers().get("causeway-store")?;
    let store = store.ok_or_else(|| bad("name the store in the header Causeway-Store"))?;
    let store = StoreId::parse(&store).map_err(|_| {
        bad("Causeway-Store must be 1 to 24 lower-case letters and digits, a letter first")
    })?;
    let mode = match request.headers().get("causeway-mode")?.as_deref() {
        None | Some("test") => Mode::Test,
        Some("live") => Mode::Live,
        Some(_) => return Err(bad("Causeway-Mode must be test or live")),
    };
    let config = app.objects.store_config(&store).await?;
    Ok(Caller {
        store,
        mode,
        owner: true,
        counted_as: "owner".to_owned(),
        config,
    })
}

/// The bearer token of a request.
///
/// # Errors
/// When the header cannot be read.
pub fn bearer(request: &Request) -> Result<Option<String>, AppError> {
    let header = request.headers().get("authorization")?;
    Ok(header.and_then(|h| {
        let (scheme, token) = h.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    }))
}

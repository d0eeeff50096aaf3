//! Who calls: a key of a store, an operator, or the owner of the deployment.

use std::rc::Rc;

use causeway_shared::id::{ApiKey, KeyKind, Mode, StoreId, Till};
use subtle::ConstantTimeEq;
use worker::Request;

use super::key_use;
use super::may::{Act, Role, key_may, may};
use crate::actor::{Actor, ActorKind};
use crate::app::App;
use crate::checkout::shopper_network;
use crate::dashboard::session;
use crate::error::AppError;
use crate::gate;
use crate::object::store::model::StoreConfig;
use crate::object::store::operators::{Operator, OperatorCall};
use crate::objects::{Limit, hex};
use crate::random::now;
use crate::token::{Purpose, StoreToken};

/// Wrong keys per address and ten minutes.
const WRONG_KEYS: u32 = 30;

/// Who calls, for which store, with test or live money.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The store.
    pub store: StoreId,
    /// Test or live.
    pub mode: Mode,
    /// Whether it is the bearer of the deployment's owner token.
    pub owner: bool,
    /// Who it is, for the audit log and the order's history.
    pub actor: Actor,
    /// What an operator is; none for keys and the owner token.
    pub role: Option<Role>,
    /// The session of an operator's browser, by its id.
    pub session: Option<String>,
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

    /// Refuses what the caller may not do. Every route of `/v1` goes through it, by
    /// [`act_of`](super::may::act_of); a page that does the same by itself has to call it.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub fn allow(&self, act: Act) -> Result<(), AppError> {
        let (allowed, detail) = match (self.role, self.actor.kind) {
            (Some(role), _) => (may(role, act), "your role does not allow this"),
            (None, ActorKind::Owner) => (true, ""),
            (None, ActorKind::Key) => (
                key_may(act),
                "a key may not do this: use the owner token, or an operator's",
            ),
            (None, ActorKind::Operator | ActorKind::Shopper | ActorKind::System) => {
                (false, "nobody may do this without a role")
            }
        };
        if allowed {
            return Ok(());
        }
        Err(AppError::Forbidden { detail })
    }
}

/// Reads and checks the caller of an API call with a secret key, an operator's token or session, or
/// the owner token.
///
/// # Errors
/// [`AppError::Unauthorized`], [`AppError::Forbidden`] for a publishable key,
/// [`AppError::TooMany`] after many wrong keys.
pub async fn caller(app: &App, request: &Request) -> Result<Caller, AppError> {
    let result = check(app, request).await;
    // A page that outlives its session goes on asking, and is no guess at a key.
    if session::token(app, request)?.is_some() {
        return result;
    }
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
    let Some(bearer) = bearer(request)? else {
        // Who asks comes before what is asked: nobody is told about the mode.
        let caller = session::caller(app, request, Mode::Test).await?;
        let mut caller = caller.ok_or(AppError::Unauthorized)?;
        caller.mode = asked_mode(request)?;
        session::check_header(app, &caller, request)?;
        return Ok(caller);
    };
    let owner = app.config.owner_token.expose();
    if bool::from(bearer.as_bytes().ct_eq(owner.as_bytes())) {
        return owner_caller(app, request).await;
    }
    if let Some(token) = StoreToken::parse(Purpose::Operator, &bearer) {
        let caller = operator_caller(app, request, &token).await?;
        gate::pass_key(&caller.counted_as, 1, now())?;
        return Ok(caller);
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
    let known = config.keys.iter().find(|k| {
        let same = bool::from(k.hash.as_bytes().ct_eq(hash.as_bytes()));
        same && k.kind == key.kind() && k.mode == key.mode()
    });
    let known = known.filter(|k| k.is_valid(now()));
    let known = known.ok_or(AppError::Unauthorized)?;
    key_use::note(app, key.store(), &known.id);
    let actor = Actor::key(&known.id, &known.label);
    let caller = Caller {
        store: key.store().clone(),
        mode: key.mode(),
        owner: false,
        actor,
        role: None,
        session: None,
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
    let mode = asked_mode(request)?;
    let config = app.objects.store_config(&store).await?;
    Ok(Caller {
        store,
        mode,
        owner: true,
        actor: Actor::owner(),
        role: None,
        session: None,
        counted_as: "owner".to_owned(),
        config,
    })
}

async fn operator_caller(
    app: &App,
    request: &Request,
    token: &StoreToken,
) -> Result<Caller, AppError> {
    let call = OperatorCall::ByToken { hash: token.hash() };
    let nobody = Actor::system("sign-in");
    let found = app.objects.operators(token.store(), &nobody, call).await?;
    let operator = found.into_iter().next().ok_or(AppError::Unauthorized)?;
    Caller::of_operator(app, token.store(), asked_mode(request)?, &operator).await
}

impl Caller {
    /// An operator who has proved to be one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn of_operator(
        app: &App,
        store: &StoreId,
        mode: Mode,
        operator: &Operator,
    ) -> Result<Self, AppError> {
        Ok(Self {
            store: store.clone(),
            mode,
            owner: false,
            actor: Actor::operator(&operator.id, &operator.name),
            role: Some(operator.role),
            session: None,
            counted_as: operator.id.clone(),
            config: app.objects.store_config(store).await?,
        })
    }
}

/// Test or live, where the token does not say it: by a header.
fn asked_mode(request: &Request) -> Result<Mode, AppError> {
    match request.headers().get("causeway-mode")?.as_deref() {
        None | Some("test") => Ok(Mode::Test),
        Some("live") => Ok(Mode::Live),
        Some(_) => Err(AppError::BadRequest {
            code: "bad_store",
            detail: "Causeway-Mode must be test or live".to_owned(),
        }),
    }
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

//! Static files: the loader and what the frame loads. One place sets type, caching and encoding,
//! because neither wrangler's assets nor workerd's disk service do it as we need it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64ct::{Base64, Encoding};
use futures_util::future::try_join_all;
use sha2::{Digest, Sha256};
use worker::{EncodeBody, Headers, Request, Response};

use crate::app::App;
use crate::error::AppError;
use crate::page::{Locale, PageAssets, Part, Texts};

/// Files whose name holds a hash never change.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The loader keeps its name.
const SHORTLY: &str = "public, max-age=300";

/// Where the built files are, and the style of the frame.
#[derive(Debug)]
pub struct Manifest {
    /// Paths by logical name.
    paths: BTreeMap<String, String>,
    /// It stands in the page: a file of its own would take the shopper one more round trip.
    pub frame_style: Style,
}

/// A style that stands inside a page.
#[derive(Debug)]
pub struct Style {
    /// As it stands between the tags.
    pub text: Rc<str>,
    /// Its hash, as a content security policy allows it.
    pub source: String,
}

impl Style {
    /// A style of its own.
    ///
    /// # Errors
    /// [`AppError::Internal`] when it would end its element.
    pub fn new(text: &str) -> Result<Self, AppError> {
        // The one thing that a style element does not hold.
        if text.contains("</") {
            return Err(AppError::Internal("the style has a tag in it".to_owned()));
        }
        let digest = Base64::encode_string(&Sha256::digest(text));
        Ok(Self {
            text: text.into(),
            source: format!("'sha256-{digest}'"),
        })
    }
}

thread_local! {
    static MANIFEST: RefCell<Option<Rc<Manifest>>> = const { RefCell::new(None) };
}

impl Manifest {
    /// The path of a built file.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the build lacks it.
    pub fn path(&self, name: &str) -> Result<String, AppError> {
        path(&self.paths, name)
    }

    /// The files of the small pages.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the build lacks one.
    pub fn page_assets(&self) -> Result<PageAssets, AppError> {
        Ok(PageAssets {
            css: self.path("pages.css")?,
            leave_js: self.path("leave.js")?,
        })
    }
}

fn path(paths: &BTreeMap<String, String>, name: &str) -> Result<String, AppError> {
    let missing = || AppError::Internal(format!("the site has no {name}"));
    paths.get(name).cloned().ok_or_else(missing)
}

/// The manifest of the site, read once per isolate.
///
/// # Errors
/// When the site was not built.
pub async fn manifest(app: &App) -> Result<Rc<Manifest>, AppError> {
    if let Some(known) = MANIFEST.with(|m| m.borrow().clone()) {
        return Ok(known);
    }
    let paths: BTreeMap<String, String> = built(app, "/manifest.json").await?.json().await?;
    let style = path(&paths, "checkout.css")?;
    let manifest = Rc::new(Manifest {
        frame_style: Style::new(&built(app, &style).await?.text().await?)?,
        paths,
    });
    MANIFEST.with(|m| *m.borrow_mut() = Some(manifest.clone()));
    Ok(manifest)
}

/// Has the texts of a part in this isolate, in each language, so that they can be shown.
///
/// # Errors
/// When the site was not built, or a file cannot be read.
pub async fn load_texts(app: &App, part: Part) -> Result<(), AppError> {
    let missing = Locale::ALL.iter().filter(|l| !Texts::is_kept(part, **l));
    try_join_all(missing.map(|locale| load(app, part, *locale))).await?;
    Ok(())
}

async fn load(app: &App, part: Part, locale: Locale) -> Result<(), AppError> {
    let name = format!("locales/{}/{}.json", part.folder(), locale.tag());
    let path = manifest(app).await?.path(&name)?;
    let json = built(app, &path).await?.text().await?;
    Texts::keep(part, locale, &json)
        .map_err(|_| AppError::Internal(format!("the texts of {name} cannot be read")))
}

async fn built(app: &App, path: &str) -> Result<Response, AppError> {
    let response = fetch(app, path).await?;
    if response.status_code() == 200 {
        return Ok(response);
    }
    Err(AppError::Internal("the site was not built".to_owned()))
}

/// Serves a file of the site, in brotli where the browser takes it.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn file(app: &App, request: &Request, path: &str) -> Result<Response, AppError> {
    let kind = content_type(path).ok_or(AppError::NotFound)?;
    let loader = path == "/causeway.js";
    // None of our files has a percent sign in its name.
    if path.contains("..") || path.contains('%') || !(loader || path.starts_with("/assets/")) {
        return Err(AppError::NotFound);
    }
    let headers = Headers::new();
    headers.set("content-type", kind)?;
    headers.set("cache-control", if loader { SHORTLY } else { FOREVER })?;
    if loader {
        // Shops load it from their own origin, some with an integrity hash.
        headers.set("cross-origin-resource-policy", "cross-origin")?;
        headers.set("access-control-allow-origin", "*")?;
    }
    serve(app, request, path, headers).await
}

/// Serves the description of the API.
///
/// # Errors
/// When the site was not built.
pub async fn document(app: &App, request: &Request) -> Result<Response, AppError> {
    let path = manifest(app).await?.path("openapi.json")?;
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", SHORTLY)?;
    serve(app, request, &path, headers).await
}

async fn serve(
    app: &App,
    request: &Request,
    path: &str,
    headers: Headers,
) -> Result<Response, AppError> {
    headers.set("vary", "accept-encoding")?;
    let brotli = takes_brotli(request);
    let stored = if brotli {
        format!("{path}.br")
    } else {
        path.to_owned()
    };
    let mut found = fetch(app, &stored).await?;
    if found.status_code() != 200 {
        return Err(AppError::NotFound);
    }
    if brotli {
        headers.set("content-encoding", "br")?;
    }
    let body = Response::from_bytes(found.bytes().await?)?;
    let encoding = if brotli {
        EncodeBody::Manual
    } else {
        EncodeBody::Automatic
    };
    Ok(body.with_headers(headers).with_encode_body(encoding))
}

/// Whether the browser takes Brotli.
#[must_use]
pub fn takes_brotli(request: &Request) -> bool {
    let accepted = request.headers().get("accept-encoding").ok().flatten();
    let accepted = accepted.unwrap_or_default();
    let mut codings = accepted.split(',');
    codings.any(|coding| coding.trim().split(';').next() == Some("br"))
}

async fn fetch(app: &App, path: &str) -> Result<Response, AppError> {
    let assets = app.env.assets("ASSETS")?;
    Ok(assets.fetch(format!("https://assets{path}"), None).await?)
}

fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "json" => Some("application/json"),
        "svg" => Some("image/svg+xml"),
        "wasm" => Some("application/wasm"),
        _ => None,
    }
}

//! What a shopper downloads, and what Cloudflare is given: bytes, as they travel.
//!
//! The budgets are also gates of `cargo xtask test widget`.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::report::{Figure, Report, Target};
use crate::build::{MANIFEST, MODULES};
use crate::checkout::{Checkout, read, write};
use crate::command::{command, text};
use crate::failure::{Done, Failure, OrFail};

/// The name of this part.
pub(super) const PART: &str = "bytes";

/// The loader in the shop's page, Brotli.
const LOADER_BYTES_MAX: u64 = 3 * 1024;

/// Everything that the frame loads, Brotli.
const FRAME_BYTES_MAX: u64 = 64 * 1024;

/// What is aimed at for the frame.
const FRAME_BYTES_AIM: u64 = 48 * 1024;

/// The worker's module, gzip. Cloudflare's own limit is 3 MB.
const WORKER_BYTES_MAX: u64 = 1024 * 1024;

/// What the frame loads besides its page, by its logical name. The style is in the page, and so are
/// the texts of a language, whose file is loaded only when the shopper chooses another one.
const FRAME: [&str; 2] = ["checkout.js", "causeway_widget.wasm"];

/// Measures what is built, part by part and in sum.
pub(super) fn measure(checkout: &Checkout, report: &mut Report) -> Done {
    let sizes = Sizes::measure(checkout)?;
    for (name, bytes) in &sizes.parts {
        report.add(Figure::new(PART, name, "bytes", &[figure(*bytes)]));
    }
    for size in sizes.budgets() {
        let budget = Target::at_most(figure(size.bytes_max));
        let budget = match size.bytes_max {
            FRAME_BYTES_MAX => budget.aim(figure(FRAME_BYTES_AIM)),
            _ => budget,
        };
        report.add(Figure::new(PART, size.what, "bytes", &[figure(size.bytes)]).target(budget));
    }
    Ok(())
}

/// Sizes are far below 2^53, up to which each integer is exact.
fn figure(bytes: u64) -> f64 {
    bytes as f64
}

/// A size and its budget.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    what: &'static str,
    bytes: u64,
    bytes_max: u64,
}

impl Size {
    /// Whether the budget is kept.
    pub fn is_within(&self) -> bool {
        self.bytes <= self.bytes_max
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_within() { "within" } else { "OVER" };
        let Size {
            what,
            bytes,
            bytes_max,
        } = self;
        write!(
            f,
            "{what}: {bytes} bytes, {verdict} its budget of {bytes_max}"
        )
    }
}

/// What was built, measured as it travels.
#[derive(Debug)]
pub struct Sizes {
    loader: u64,
    frame: u64,
    worker: u64,
    parts: Vec<(String, u64)>,
}

impl Sizes {
    /// Measures what is built.
    pub fn measure(checkout: &Checkout) -> Done<Self> {
        let site = checkout.target("site");
        let manifest: Value = serde_json::from_str(&read(&checkout.target(MANIFEST))?)
            .or_fail(|| "Reading the site's manifest failed".into())?;
        let path = |name: &str| {
            let path = manifest.get(name).and_then(Value::as_str).ok_or_else(|| {
                Failure::new(format!(
                    "The site's manifest was searched for {name} in vain."
                ))
            })?;
            Done::Ok(site.join(path.trim_start_matches('/')))
        };
        let mut parts = Vec::new();
        for name in FRAME {
            let bytes = bytes_of(&path(name)?.with_added_extension("br"))?;
            parts.push((format!("{name} (brotli)"), bytes));
        }
        let page = page_bytes(checkout, &path("checkout.css")?)?;
        parts.push(("page with its style, from its templates".to_owned(), page));
        let frame = parts.iter().map(|(_, bytes)| bytes).sum();
        let loader = bytes_of(&site.join("causeway.js.br"))?;
        let worker = gzip_bytes(&checkout.folder(MODULES[1]))?;
        Ok(Sizes {
            loader,
            frame,
            worker,
            parts,
        })
    }

    /// Each size that has a budget.
    pub fn budgets(&self) -> [Size; 3] {
        [
            Size {
                what: "Loader, brotli",
                bytes: self.loader,
                bytes_max: LOADER_BYTES_MAX,
            },
            Size {
                what: "Checkout frame, brotli",
                bytes: self.frame,
                bytes_max: FRAME_BYTES_MAX,
            },
            Size {
                what: "Worker, gzip",
                bytes: self.worker,
                bytes_max: WORKER_BYTES_MAX,
            },
        ]
    }
}

fn bytes_of(path: &Path) -> Done<u64> {
    fs::metadata(path)
        .map(|metadata| metadata.len())
        .or_fail(|| format!("Measuring {} failed", path.display()))
}

fn gzip_bytes(path: &Path) -> Done<u64> {
    let script = "const z=require('zlib');\
                  console.log(z.gzipSync(require('fs').readFileSync(process.argv[1]),{level:9}).length)";
    node_number(script, path)
}

/// The page is written by the worker for each order, and compressed by the runtime. Its style, its
/// templates and one language's texts, with as many bytes as the key for cards has, stand for it:
/// a little more than what a page holds.
fn page_bytes(checkout: &Checkout, style: &Path) -> Done<u64> {
    let mut page = read(style)?;
    for path in crate::checkout::list(&checkout.folder("www/checkout"))? {
        if path.extension().is_some_and(|e| e == "html") {
            page.push_str(&read(&path)?);
        }
    }
    page.push_str(&read(&checkout.folder("www/locales/en.json"))?);
    let whole = checkout.target("xtask/page.html");
    write(&whole, page)?;
    node_number(PAGE_SCRIPT, &whole)
}

/// The key's 1216 bytes cannot be compressed, so they are made up of digests. Quality and window
/// are those of workerd.
const PAGE_SCRIPT: &str = "const z=require('zlib'),c=z.constants,{createHash}=require('crypto');\
    const key=Array.from({length:38},(_,i)=>createHash('sha256').update(`${i}`).digest());\
    const page=require('fs').readFileSync(process.argv[1])+Buffer.concat(key).toString('base64url');\
    const params={[c.BROTLI_PARAM_QUALITY]:5,[c.BROTLI_PARAM_LGWIN]:19};\
    console.log(z.brotliCompressSync(page,{params}).length)";

fn node_number(script: &str, path: &Path) -> Done<u64> {
    let mut node = command("node");
    node.args(["-e", script]).arg(path);
    text(node, "Measuring in Node")?
        .parse()
        .or_fail(|| "Reading Node's figure failed".into())
}

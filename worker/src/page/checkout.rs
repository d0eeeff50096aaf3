//! The frame's page: order, methods and card form, readable and typable before the WASM is there.

use std::rc::Rc;

use askama::Template;
use serde_json::{Value, json};

use super::texts::Texts;
use super::{Device, Locale, PageError, Price};

/// Everything that the frame's page shows, and everything that its script is told. Nothing else
/// reaches the browser.
#[derive(Clone, Debug)]
pub struct CheckoutView {
    /// The language, as [`Locale::choose`] gave it.
    pub locale: Locale,
    /// The device that the methods were chosen for.
    pub device: Device,
    /// The client token of the order.
    pub token: String,
    /// The order's id: part of what the seal is bound to, and the key of what the tab remembers.
    pub order_id: String,
    /// The store's name as shoppers know it.
    pub store_name: String,
    /// The company that sells, where it is named.
    pub seller: Option<String>,
    /// The policies that the page about the store has, by their names in the API.
    pub policies: Vec<&'static str>,
    /// The page about the store.
    pub about: String,
    /// The logo, where the page stands by itself.
    pub logo: Option<String>,
    /// The store's colours, as [`super::theme()`] wrote them; empty where it has none.
    pub colours: String,
    /// What is bought.
    pub items: Vec<ItemLine>,
    /// Shipping, where the order has any.
    pub shipping: Option<Price>,
    /// Tax, where the order has any.
    pub tax: Option<Price>,
    /// The discount as a positive amount, where the order has any.
    pub discount: Option<Price>,
    /// What is charged.
    pub total: Price,
    /// The total in minor units, as the seal is bound to it.
    pub amount_minor: i64,
    /// The methods of this order, the preferred one first.
    pub methods: Vec<MethodChoice>,
    /// The snapshot, exactly as `/checkout/{token}/status` answers it.
    pub snapshot: Value,
    /// The key for card data; `None` where no method takes any.
    pub seal: Option<SealView>,
    /// The origin of the shop's page, already found among the store's allowed origins.
    pub parent: Option<String>,
    /// Whether the frame stands in the shop's markup, where the loader may come after it.
    pub early: bool,
    /// Where the built files are.
    pub assets: Assets,
    /// How often to ask for the status where push fails, in milliseconds.
    pub poll_ms: u32,
}

/// One line of the order.
#[derive(Clone, Debug)]
pub struct ItemLine {
    /// As the shop wrote it.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Unit price times quantity.
    pub total: Price,
    /// A picture, at an address that the page's CSP allows.
    pub image_url: Option<String>,
}

/// A method with the account and the flow that the worker chose for it.
#[derive(Clone, Debug)]
pub struct MethodChoice {
    /// `card`, `alipay` or `wechat_pay`.
    pub method: String,
    /// The account's id.
    pub account: String,
    /// `card`, `qr`, `redirect_desktop`, `redirect_phone` or `bridge`.
    pub flow: String,
}

/// The newest key that cards are sealed to.
#[derive(Clone, Debug)]
pub struct SealView {
    /// The public key, base64url without padding.
    pub public_key: String,
    /// Its id, in hexadecimal.
    pub key_id: String,
}

/// The built files: what stands in the page, and the paths of the others.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The text of `checkout.css`, whose hash the content security policy names.
    pub style: Rc<str>,
    /// `checkout.js`
    pub js: String,
    /// `causeway_widget.wasm`
    pub wasm: String,
    /// The texts of each language.
    pub locales: Vec<(Locale, String)>,
}

/// Writes the frame's page.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_checkout(view: &CheckoutView) -> Result<String, PageError> {
    let texts = Texts::of(view.locale);
    let page = CheckoutPage {
        view,
        locale: view.locale,
        texts,
        total: view.total.display(view.locale),
        data: script_data(view, texts),
        folded: view.device != Device::Desktop,
        opening: Opening::of(&view.snapshot),
    };
    Ok(page.render()?)
}

/// What the page opens with, read from the snapshot as the widget reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// Method and card form.
    Form,
    /// A state with words, by the group of its texts.
    Status(&'static str),
}

impl Opening {
    fn of(snapshot: &Value) -> Self {
        let order = snapshot["state"].as_str().unwrap_or_default();
        let attempt = snapshot["attempt"]["state"].as_str();
        match (order, attempt) {
            ("paid", _) => Self::Status("paid"),
            ("authorized", _) => Self::Status("authorized"),
            ("partly_refunded", _) => Self::Status("partly_refunded"),
            ("refunded", _) => Self::Status("refunded"),
            ("cancelled", _) => Self::Status("cancelled"),
            ("expired", _) => Self::Status("expired"),
            (_, Some("closing")) => Self::Status("closing"),
            (_, None | Some("declined" | "closed")) => Self::Form,
            // Started, pending, something to do, or a state of a newer version: never a form that
            // invites to pay twice.
            (_, Some(_)) => Self::Status("wait"),
        }
    }

    fn is_form(self) -> bool {
        self == Self::Form
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Form => "",
            Self::Status(group) => group,
        }
    }
}

#[derive(Template)]
#[template(path = "checkout/checkout.html")]
struct CheckoutPage<'a> {
    view: &'a CheckoutView,
    locale: Locale,
    texts: &'static Texts,
    total: String,
    data: String,
    folded: bool,
    opening: Opening,
}

impl CheckoutPage<'_> {
    fn t(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    fn fill(&self, key: &str, more: &[(&str, &str)]) -> String {
        let mut values = vec![
            ("store", self.view.store_name.as_str()),
            ("seller", self.view.seller.as_deref().unwrap_or_default()),
            ("total", self.total.as_str()),
        ];
        values.extend_from_slice(more);
        self.texts.fill(key, &values)
    }

    fn money(&self, price: &Price) -> String {
        price.display(self.locale)
    }

    fn quantity(&self, item: &ItemLine) -> String {
        self.fill("summary.quantity", &[("count", &item.quantity.to_string())])
    }

    /// Shipping, tax and discount, as far as there are any. Free shipping is worth a line.
    fn sums(&self) -> Vec<(&'static str, Price)> {
        let discount = self
            .view
            .discount
            .as_ref()
            .filter(|price| !price.is_zero())
            .map(|price| Price {
                amount: format!("-{}", price.amount),
                currency: price.currency.clone(),
            });
        [
            ("summary.shipping", self.view.shipping.clone()),
            (
                "summary.tax",
                self.view.tax.clone().filter(|price| !price.is_zero()),
            ),
            ("summary.discount", discount),
        ]
        .into_iter()
        .filter_map(|(key, price)| price.map(|price| (key, price)))
        .collect()
    }

    fn method_name(&self, choice: &MethodChoice) -> String {
        self.t(&format!("method.{}", choice.method))
    }

    fn hint(&self, choice: &MethodChoice) -> String {
        let method = self.method_name(choice);
        self.fill(&format!("hint.{}", choice.flow), &[("method", &method)])
    }

    fn opening_title(&self) -> String {
        self.opening_part("title")
    }

    fn opening_text(&self) -> String {
        self.opening_part("text")
    }

    fn opening_part(&self, part: &str) -> String {
        let Opening::Status(group) = self.opening else {
            return String::new();
        };
        let refunded = Price {
            amount: self.view.snapshot["refunded"]["amount"]
                .as_str()
                .unwrap_or("")
                .to_owned(),
            currency: self.view.total.currency.clone(),
        };
        self.fill(
            &format!("{group}.{part}"),
            &[("refunded", &refunded.display(self.locale))],
        )
    }
}

/// What the frame's script reads, as JSON that can stand inside a `script` element.
fn script_data(view: &CheckoutView, texts: &Texts) -> String {
    let locale_url: serde_json::Map<String, Value> = view
        .assets
        .locales
        .iter()
        .map(|(locale, path)| (locale.tag().to_owned(), Value::from(path.as_str())))
        .collect();
    let data = json!({
        "token": view.token,
        "order_id": view.order_id,
        "store_name": view.store_name,
        "locale": view.locale.tag(),
        "locales": Locale::ALL.iter().map(|locale| locale.tag()).collect::<Vec<_>>(),
        "locale_url": locale_url,
        "parent": view.parent,
        "early": view.early,
        "device": view.device.as_str(),
        "snapshot": view.snapshot,
        "seal": view.seal.as_ref().map(|seal| json!({
            "public_key": seal.public_key, "key_id": seal.key_id,
        })),
        "amount_minor": view.amount_minor,
        "currency": view.total.currency,
        "texts": texts.for_widget(),
        "poll_ms": view.poll_ms,
    });
    inert(&data.to_string())
}

/// JSON that no HTML parser reads anything into: `</script>` and `<!--` cannot occur.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests;

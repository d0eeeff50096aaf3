//! The shopper's page of an order: what was bought and paid, and what became of it. It is the
//! receipt too, once it is printed.

use askama::Template;

use super::about::Merchant;
use super::texts::Texts;
use super::{Locale, Moment, PageError, Price};

/// Everything that the page shows.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// The language.
    pub locale: Locale,
    /// The path of the page, for links to itself.
    pub path: String,
    /// The address of the page as it stands on a printed receipt, without the token.
    pub printed_from: String,
    /// Whether no real money moves.
    pub is_test: bool,
    /// Who sells.
    pub merchant: Merchant,
    /// The number by which shop and shopper speak of the order.
    pub number: String,
    /// When it was made.
    pub placed: Moment,
    /// Until when it can be paid.
    pub until: Moment,
    /// The state: the group of its texts.
    pub state: &'static str,
    /// What was bought.
    pub items: Vec<OrderLine>,
    /// Shipping, tax, discount: the keys of their texts, and the amounts, a discount below zero.
    pub sums: Vec<(&'static str, Price)>,
    /// What is charged.
    pub total: Price,
    /// What was taken.
    pub captured: Price,
    /// What was given back.
    pub refunded: Price,
    /// What is on its way back.
    pub refund_pending: Price,
    /// What is left after refunds, where there are any.
    pub kept: Option<Price>,
    /// The payment, once the money is held or taken.
    pub payment: Option<PaymentView>,
    /// Parcels, newest first.
    pub shipments: Vec<ShipmentView>,
    /// Requests for refunds, newest first.
    pub requests: Vec<RequestView>,
    /// The form that asks for a refund, where one can be asked for.
    pub ask: Option<AskForm>,
    /// The page that finds orders by e-mail.
    pub find: String,
    /// Refunds, newest first.
    pub refunds: Vec<RefundView>,
    /// Payments that did not fit: the key of the text, and the amount.
    pub irregular: Vec<(&'static str, Price)>,
    /// The address that messages go to, mostly hidden.
    pub email: Option<String>,
    /// The checkout, as long as the order can be paid.
    pub pay_url: Option<String>,
    /// Where the built files are.
    pub assets: OrderAssets,
}

/// One line of the order.
#[derive(Clone, Debug)]
pub struct OrderLine {
    /// As the shop wrote it.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub unit: Price,
    /// Unit price times quantity.
    pub total: Price,
}

/// How an order was paid.
#[derive(Clone, Debug)]
pub struct PaymentView {
    /// Whether it is held and not taken.
    pub is_held: bool,
    /// `card`, `alipay`, `wechat_pay`; `direct` where the money came outside of channels.
    pub method: String,
    /// Brand and last four digits.
    pub card: Option<(String, String)>,
    /// When.
    pub at: Moment,
    /// The channel's number of it; empty where it has none.
    pub number: String,
    /// How much.
    pub amount: Price,
}

/// Money given back.
#[derive(Clone, Debug)]
pub struct RefundView {
    /// `pending`, `settled` or `failed`.
    pub state: &'static str,
    /// How much.
    pub amount: Price,
    /// Since when it is in this state.
    pub at: Moment,
    /// Why; may be blank.
    pub reason: String,
}

/// Goods on their way.
#[derive(Clone, Debug)]
pub struct ShipmentView {
    /// Who carries them.
    pub carrier: String,
    /// The carrier's number.
    pub number: String,
    /// Where to follow them.
    pub url: Option<String>,
    /// What is in it; empty for all.
    pub items: Vec<(u32, String)>,
    /// When.
    pub at: Moment,
}

/// A request for a refund.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// Its state in the API.
    pub state: &'static str,
    /// How much.
    pub amount: Price,
    /// Whether the shopper made it.
    pub is_own: bool,
    /// Why.
    pub reason: String,
    /// What the merchant says to it.
    pub explanation: Option<String>,
    /// When it was made.
    pub at: Moment,
}

/// The form that asks for a refund.
#[derive(Clone, Debug)]
pub struct AskForm {
    /// Where it is sent.
    pub action: String,
    /// All that is left to give back.
    pub amount: Price,
    /// Items: the place in the order, the name, how many are left.
    pub items: Vec<(usize, String, u32)>,
    /// Whether the answer comes by e-mail too.
    pub is_told: bool,
    /// What was typed.
    pub typed: AskView,
}

/// What was typed into the form that asks for a refund.
#[derive(Clone, Debug)]
pub struct AskView {
    /// Whether it is about the whole order.
    pub is_whole: bool,
    /// Why.
    pub reason: String,
    /// How many of each item, as typed.
    pub quantities: Vec<String>,
    /// What is wrong with it: the key of the text.
    pub error: Option<&'static str>,
}

impl Default for AskView {
    fn default() -> Self {
        Self {
            is_whole: true,
            reason: String::new(),
            quantities: Vec::new(),
            error: None,
        }
    }
}

impl AskView {
    fn quantity(&self, index: &usize) -> &str {
        self.quantities.get(*index).map_or("0", String::as_str)
    }

    fn is_wrong(&self, error: &str) -> bool {
        self.error == Some(error)
    }

    fn is_wrong_about_items(&self) -> bool {
        matches!(
            self.error,
            Some("ask.error_items" | "ask.error_number" | "ask.error_quantity")
        )
    }

    /// Whether what is wrong is said at a field.
    fn is_at_field(&self) -> bool {
        self.is_wrong_about_items() || self.is_wrong("ask.error_reason")
    }
}

/// Paths of the built files of the shopper's pages.
#[derive(Clone, Debug)]
pub struct OrderAssets {
    /// `orders.css`
    pub css: String,
    /// `orders.js`
    pub js: String,
}

/// Writes the shopper's page of an order.
///
/// # Errors
/// [`PageError`] when the text cannot be written.
pub fn render_order(view: &OrderView) -> Result<String, PageError> {
    let texts = Texts::of_orders(view.locale);
    let page = OrderPage {
        view,
        locale: view.locale,
        merchant: &view.merchant,
        assets: &view.assets,
        texts,
        title: texts.fill("page.title", &[("store", &view.merchant.name)]),
        path: &view.path,
    };
    Ok(page.render()?)
}

/// How an order was paid, in words: the card's brand and last four digits, or the method.
#[must_use]
pub fn method_name(locale: Locale, method: &str, card: Option<(&str, &str)>) -> String {
    let texts = Texts::of_orders(locale);
    let key = format!("method.{method}");
    let method = texts.get(&key);
    let Some((brand, last4)) = card else {
        return method.to_owned();
    };
    let key = format!("brand.{brand}");
    let brand = if texts.has(&key) {
        texts.get(&key)
    } else {
        method
    };
    texts.fill("payment.card", &[("brand", brand), ("last4", last4)])
}

#[derive(Template)]
#[template(path = "orders/order.html")]
struct OrderPage<'a> {
    view: &'a OrderView,
    locale: Locale,
    merchant: &'a Merchant,
    assets: &'a OrderAssets,
    texts: &'static Texts,
    title: String,
    path: &'a str,
}

impl OrderPage<'_> {
    fn t(&self, key: &str) -> String {
        let view = self.view;
        self.texts.fill(
            key,
            &[
                ("store", &self.merchant.name),
                ("number", &view.number),
                ("total", &self.money(&view.total)),
                ("captured", &self.money(&view.captured)),
                ("refunded", &self.money(&view.refunded)),
            ],
        )
    }

    fn with(&self, key: &str, name: &str, value: &str) -> String {
        let values = [("store", self.merchant.name.as_str()), (name, value)];
        self.texts.fill(key, &values)
    }

    fn money(&self, price: &Price) -> String {
        price.display(self.locale)
    }

    fn state_title(&self) -> String {
        self.t(&format!("state.{}.title", self.view.state))
    }

    fn state_text(&self) -> (String, String) {
        self.around_time(&format!("state.{}.text", self.view.state))
    }

    /// A text round a time, in two parts.
    fn around_time(&self, key: &str) -> (String, String) {
        let text = self.t(key);
        match text.split_once("{time}") {
            Some((before, after)) => (before.to_owned(), after.to_owned()),
            None => (text, String::new()),
        }
    }

    fn quantity(&self, line: &OrderLine) -> String {
        let (count, price) = (line.quantity.to_string(), self.money(&line.unit));
        let values = [("count", count.as_str()), ("price", price.as_str())];
        self.texts.fill("order.quantity", &values)
    }

    fn contents(&self, shipment: &ShipmentView) -> String {
        let items = shipment.items.iter().map(|(count, name)| {
            let values = [("count", count.to_string()), ("name", name.clone())];
            let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
            self.texts.fill("shipment.item", &values)
        });
        let separator = match self.locale {
            Locale::En => ", ",
            Locale::ZhCn => "，",
        };
        items.collect::<Vec<_>>().join(separator)
    }

    fn method(&self, payment: &PaymentView) -> String {
        let card = payment.card.as_ref();
        let card = card.map(|(brand, last4)| (brand.as_str(), last4.as_str()));
        method_name(self.locale, &payment.method, card)
    }

    fn is_good(&self) -> bool {
        matches!(self.view.state, "paid" | "shipped" | "authorized")
    }

    fn is_over(&self) -> bool {
        matches!(self.view.state, "cancelled" | "expired")
    }
}

#[cfg(test)]
mod tests;

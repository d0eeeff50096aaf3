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
    /// `card`, `alipay` or `wechat_pay`.
    pub method: String,
    /// Brand and last four digits.
    pub card: Option<(String, String)>,
    /// When.
    pub at: Moment,
    /// The channel's number of it.
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

//! `/v1/prices.csv`: the price book as a table. All of it is taken, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use causeway_shared::money::{Currency, Money};
use causeway_shared::wire::WireProblem;
use serde::Serialize;
use worker::{Headers, Request, Response};

use super::auth::Caller;
use super::body::{bad_query, only_known, query, read_bytes};
use super::prices::{may_change, problems};
use crate::app::App;
use crate::csv::{self, CsvError, Line};
use crate::error::AppError;
use crate::object::store::StoreCall;
use crate::object::store::model::{Price, Said};
use crate::object::store::prices::{Book, BookCounts, MAX_PRICES};
use crate::reply::json_response;

/// The largest table: what the largest book fits in.
const MAX_TABLE: usize = 8_000_000;
/// The most problems that are told at once.
const MAX_PROBLEMS: usize = 100;
/// Begins the column of a name in another language.
const NAME: &str = "name:";
/// Begins the column of a price.
const PRICE: &str = "price:";

/// `GET /v1/prices.csv`
///
/// # Errors
/// When the store does not answer.
pub async fn read(app: &App, caller: &Caller) -> Result<Response, AppError> {
    let call = StoreCall::Prices { skus: Vec::new() };
    let prices = app.objects.prices(&caller.store, call).await?;
    let headers = Headers::new();
    headers.set("content-type", "text/csv; charset=utf-8")?;
    headers.set("content-disposition", "attachment; filename=\"prices.csv\"")?;
    Ok(Response::from_bytes(write(&prices).into_bytes())?.with_headers(headers))
}

/// `PUT /v1/prices.csv`. The table is the book: what it leaves out is removed, unless the query
/// says `others=keep`. With `dry_run=true` it is only checked and counted.
///
/// # Errors
/// A problem document that names line and column.
pub async fn put(app: &App, caller: &Caller, request: &mut Request) -> Result<Response, AppError> {
    may_change(caller)?;
    only_known(request, &["others", "dry_run"])?;
    let keep_others = match query(request, "others").as_deref() {
        None | Some("remove") => false,
        Some("keep") => true,
        Some(_) => return Err(bad_query("bad_others", "others must be keep or remove")),
    };
    let dry_run = match query(request, "dry_run").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(bad_query("bad_dry_run", "dry_run must be true or false")),
    };
    let table = read_bytes(request, MAX_TABLE).await?;
    let prices = parse(&table, app.config.allow_http).map_err(AppError::Invalid)?;
    let book = Book {
        prices,
        keep_others,
        dry_run,
    };
    let counts = app
        .objects
        .put_book(&caller.store, &caller.actor, book)
        .await?;
    json_response(200, &Answer { dry_run, counts })
}

#[derive(Serialize)]
struct Answer {
    dry_run: bool,
    #[serde(flatten)]
    counts: BookCounts,
}

/// The book as a table, one column for each language and currency that is in it.
fn write(prices: &[Price]) -> String {
    let tags: BTreeSet<&str> = prices
        .iter()
        .flat_map(|p| p.names.keys().map(String::as_str))
        .collect();
    let currencies: BTreeSet<Currency> = prices
        .iter()
        .flat_map(|p| p.prices.iter().map(|money| money.currency()))
        .collect();
    let mut text = csv::BYTE_ORDER_MARK.to_owned();
    let tagged = tags.iter().map(|tag| format!("{NAME}{tag}"));
    let priced = currencies.iter().map(|c| format!("{PRICE}{}", c.code()));
    let header: Vec<String> = ["sku".to_owned(), "name".to_owned()]
        .into_iter()
        .chain(tagged)
        .chain(["active", "image_url", "stock", "stock_taken"].map(str::to_owned))
        .chain(priced)
        .collect();
    csv::write_line(&mut text, header.iter().map(String::as_str));
    for price in prices {
        let amount = |currency: &Currency| {
            let mut all = price.prices.iter();
            let found = all.find(|money| money.currency() == *currency);
            found.map(|money| money.to_decimal()).unwrap_or_default()
        };
        let amounts: Vec<String> = currencies.iter().map(amount).collect();
        let names = tags
            .iter()
            .map(|tag| price.names.get(*tag).map_or("", String::as_str));
        let active = if price.active { "true" } else { "false" };
        let [stock, taken] = [price.stock, price.stock_taken].map(|Said(count)| {
            let count = count.flatten().map(|count| count.to_string());
            count.unwrap_or_default()
        });
        let cells = [price.sku.as_str(), &price.name]
            .into_iter()
            .chain(names)
            .chain([
                active,
                price.image_url.as_deref().unwrap_or_default(),
                &stock,
                &taken,
            ])
            .chain(amounts.iter().map(String::as_str));
        csv::write_line(&mut text, cells);
    }
    text
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Active,
    ImageUrl,
    Name,
    NameIn(String),
    Price(Currency),
    Sku,
    Stock,
    StockTaken,
}

/// Where a problem is, and what.
struct Problems(Vec<WireProblem>);

impl Problems {
    fn add(&mut self, line: usize, column: &str, code: &'static str, detail: &str) {
        if self.0.len() >= MAX_PROBLEMS {
            return;
        }
        let place = column.replace('~', "~0").replace('/', "~1");
        let named = if column.is_empty() {
            format!("line {line}: {detail}")
        } else {
            format!("line {line}, column {column}: {detail}")
        };
        self.0.push(WireProblem {
            pointer: format!("/{line}/{place}").trim_end_matches('/').to_owned(),
            code,
            detail: named,
        });
    }
}

/// Reads a table.
///
/// # Errors
/// What is wrong with it, up to a hundred places.
fn parse(table: &[u8], allow_http: bool) -> Result<Vec<Price>, Vec<WireProblem>> {
    let mut problems = Problems(Vec::new());
    let lines = match csv::read(table) {
        Ok(lines) => lines,
        Err(error) => {
            let (line, code, detail) = unreadable(error);
            problems.add(line, "", code, detail);
            return Err(problems.0);
        }
    };
    let Some((header, lines)) = lines.split_first() else {
        problems.add(1, "", "missing", "the first line must name the columns");
        return Err(problems.0);
    };
    let columns = read_header(header, &mut problems);
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    let mut prices = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines
        .iter()
        .filter(|l| !l.cells.iter().all(String::is_empty))
    {
        if line.cells.len() != columns.len() {
            let detail = format!(
                "has {} cells, but the first line names {} columns",
                line.cells.len(),
                columns.len()
            );
            problems.add(line.number, "", "count", &detail);
            continue;
        }
        let price = read_line(line, &columns, &header.cells, &mut problems);
        check_line(line.number, &price, allow_http, &mut problems);
        if let Some(first) = seen.insert(price.sku.clone(), line.number) {
            let detail = format!("is the sku of line {first}, too");
            problems.add(line.number, "sku", "duplicate", &detail);
        }
        prices.push(price);
    }
    if i64::try_from(prices.len()).is_ok_and(|count| count > MAX_PRICES) {
        problems.add(1, "", "count", "there may be 10000 products at most");
    }
    if problems.0.is_empty() {
        Ok(prices)
    } else {
        Err(problems.0)
    }
}

fn unreadable(error: CsvError) -> (usize, &'static str, &'static str) {
    match error {
        CsvError::Encoding { line } => (
            line,
            "not_utf8",
            "is not UTF-8; in a spreadsheet, save the table as \"CSV UTF-8\"",
        ),
        CsvError::Quote { line } => (
            line,
            "open_quote",
            "has a quotation mark that is not closed",
        ),
        CsvError::Columns { line } => (line, "count", "has too many columns"),
    }
}

fn read_header(header: &Line, problems: &mut Problems) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for cell in &header.cells {
        match read_column(cell.trim()) {
            Ok(column) if columns.contains(&column) => {
                problems.add(header.number, cell, "duplicate", "stands there twice");
            }
            Ok(column) => columns.push(column),
            Err((code, detail)) => problems.add(header.number, cell, code, detail),
        }
    }
    for (wanted, name) in [(Column::Sku, "sku"), (Column::Name, "name")] {
        if !columns.contains(&wanted) {
            problems.add(header.number, name, "missing", "the column is missing");
        }
    }
    if !columns.iter().any(|c| matches!(c, Column::Price(_))) {
        let detail = "a column such as price:USD is missing";
        problems.add(header.number, "price", "missing", detail);
    }
    columns
}

fn read_column(name: &str) -> Result<Column, (&'static str, &'static str)> {
    if let Some(code) = name.strip_prefix(PRICE) {
        return Currency::parse(code).map(Column::Price).map_err(|_| {
            (
                "unknown_currency",
                "must end in an ISO 4217 code such as USD",
            )
        });
    }
    if let Some(tag) = name.strip_prefix(NAME) {
        return Ok(Column::NameIn(tag.to_owned()));
    }
    match name {
        "active" => Ok(Column::Active),
        "image_url" => Ok(Column::ImageUrl),
        "name" => Ok(Column::Name),
        "sku" => Ok(Column::Sku),
        "stock" => Ok(Column::Stock),
        "stock_taken" => Ok(Column::StockTaken),
        _ => Err((
            "unknown_column",
            "columns are sku, name, name:LANGUAGE, active, image_url, stock, stock_taken and \
             price:CURRENCY",
        )),
    }
}

fn read_line(line: &Line, columns: &[Column], names: &[String], problems: &mut Problems) -> Price {
    let mut price = Price {
        sku: String::new(),
        name: String::new(),
        image_url: None,
        prices: Vec::new(),
        active: true,
        names: BTreeMap::new(),
        stock: Said::default(),
        stock_taken: Said::default(),
    };
    for ((column, cell), name) in columns.iter().zip(&line.cells).zip(names) {
        match column {
            Column::Active => match cell.trim().to_ascii_lowercase().as_str() {
                "true" | "" => {}
                "false" => price.active = false,
                _ => problems.add(line.number, name, "wrong_form", "must be true or false"),
            },
            Column::ImageUrl => price.image_url = Some(cell.clone()).filter(|url| !url.is_empty()),
            Column::Name => price.name.clone_from(cell),
            Column::NameIn(tag) => {
                if !cell.is_empty() {
                    price.names.insert(tag.clone(), cell.clone());
                }
            }
            Column::Price(currency) => {
                let amount = cell.trim();
                match Money::parse(amount, *currency) {
                    _ if amount.is_empty() => {}
                    Ok(money) => price.prices.push(money),
                    Err(error) => {
                        problems.add(line.number, name, "wrong_form", &error.to_string());
                    }
                }
            }
            Column::Sku => price.sku.clone_from(cell),
            Column::Stock | Column::StockTaken => {
                let pieces = Some(cell.trim()).filter(|pieces| !pieces.is_empty());
                let Ok(pieces) = pieces.map(str::parse).transpose() else {
                    let detail = "must be a whole number, not below zero";
                    problems.add(line.number, name, "wrong_form", detail);
                    continue;
                };
                match column {
                    Column::Stock => price.stock = Said(Some(pieces)),
                    _ => price.stock_taken = Said(Some(pieces)),
                }
            }
        }
    }
    price
}

/// The same rules as for one price, told by column.
fn check_line(line: usize, price: &Price, allow_http: bool, found: &mut Problems) {
    for problem in problems(price, allow_http) {
        let part = problem.pointer.trim_start_matches('/');
        let column = match part.split_once('/') {
            Some(("names", tag)) => format!("{NAME}{}", tag.replace("~1", "/").replace("~0", "~")),
            Some(("prices", index)) => {
                let money = index.parse().ok().and_then(|i: usize| price.prices.get(i));
                money.map_or_else(String::new, |m| format!("{PRICE}{}", m.currency().code()))
            }
            // No price at all: told for the line, unless one of its cells is wrong already.
            _ if part == "prices" => {
                let start = format!("/{line}/{PRICE}");
                if found
                    .0
                    .iter()
                    .any(|known| known.pointer.starts_with(&start))
                {
                    continue;
                }
                String::new()
            }
            _ => part.to_owned(),
        };
        found.add(line, &column, problem.code, &problem.detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(table: &str) -> Vec<(String, &'static str)> {
        let problems = parse(table.as_bytes(), false).unwrap_err();
        problems.into_iter().map(|p| (p.pointer, p.code)).collect()
    }

    fn price(sku: &str, name: &str, prices: &[(&str, Currency)]) -> Price {
        let money =
            |(amount, currency): &(&str, Currency)| Money::parse(amount, *currency).unwrap();
        Price {
            sku: sku.to_owned(),
            name: name.to_owned(),
            image_url: None,
            prices: prices.iter().map(money).collect(),
            active: true,
            names: BTreeMap::new(),
            stock: Said(Some(None)),
            stock_taken: Said(Some(None)),
        }
    }

    #[test]
    fn a_book_that_is_written_is_read_again() {
        let mut tea = price("=tea", "Tea, \"green\"", &[("12.50", Currency::USD)]);
        tea.names.insert("zh-CN".to_owned(), "+茶".to_owned());
        tea.image_url = Some("https://shop.example/a,b.png".to_owned());
        let mut cup = price(
            "'-cup",
            " Cup ",
            &[("80", Currency::JPY), ("5.00", Currency::USD)],
        );
        cup.active = false;
        (cup.stock, cup.stock_taken) = (Said(Some(Some(0))), Said(Some(Some(3))));
        let book = vec![cup, tea];
        let text = write(&book);
        let header = "\u{feff}sku,name,name:zh-CN,active,image_url,stock,stock_taken,price:JPY,price:USD\r\n";
        assert!(text.starts_with(header), "{text}");
        assert_eq!(parse(text.as_bytes(), false), Ok(book));
        assert_eq!(
            write(&[]),
            "\u{feff}sku,name,active,image_url,stock,stock_taken\r\n"
        );
    }

    #[test]
    fn columns_stand_in_any_order_and_may_be_left_out() {
        let read = parse(b"price:USD;name;sku\n1.5;Tea;t\n;;\n", false).unwrap();
        let mut tea = price("t", "Tea", &[("1.50", Currency::USD)]);
        (tea.stock, tea.stock_taken) = (Said::default(), Said::default());
        assert_eq!(read, [tea]);
    }

    #[test]
    fn a_header_says_what_is_wrong_with_it() {
        let at = |place: &str, code| (place.to_owned(), code);
        assert_eq!(places(""), [at("/1", "missing")]);
        assert_eq!(
            places("sku,price:XYZ,size,sku,a/b"),
            [
                at("/1/price:XYZ", "unknown_currency"),
                at("/1/size", "unknown_column"),
                at("/1/sku", "duplicate"),
                at("/1/a~1b", "unknown_column"),
                at("/1/name", "missing"),
                at("/1/price", "missing"),
            ]
        );
    }

    #[test]
    fn every_line_says_what_is_wrong_with_it() {
        let at = |place: &str, code| (place.to_owned(), code);
        let table = "sku,name,name:de,active,image_url,price:USD,price:JPY\n\
            a,Tea,,yes,http://shop.example/a.png,1.234,\n\
            \"b\nb\",,,,,,\n\
            c,Cup\n\
            d,Cup,,TRUE,,-1,1.5\n\
            d,Cup,,,,1,1\n";
        assert_eq!(
            places(table),
            [
                at("/2/active", "wrong_form"),
                at("/2/price:USD", "wrong_form"),
                at("/2/image_url", "not_a_url"),
                at("/3/sku", "length"),
                at("/3/name", "length"),
                at("/3", "count"),
                at("/5", "count"),
                at("/6/price:JPY", "wrong_form"),
                at("/6/price:USD", "negative"),
                at("/7/sku", "duplicate"),
            ]
        );
    }

    #[test]
    fn no_problem_repeats_what_was_sent_and_a_hundred_are_enough() {
        let line = "secret word\u{7},=2+2,4242 4242\n".repeat(200);
        let problems = parse(format!("sku,name,price:USD\n{line}").as_bytes(), false).unwrap_err();
        assert_eq!(problems.len(), MAX_PROBLEMS);
        for problem in problems {
            assert!(!problem.detail.contains("secret") && !problem.detail.contains("4242"));
        }
    }
}

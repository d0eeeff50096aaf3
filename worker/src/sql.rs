//! SQLite as the objects see it: one function, so that the same code runs in a Durable Object and,
//! in native tests, on an ordinary SQLite.
//!
//! Rows are read whole (`toArray`), never one by one; integers beyond 2^53 − 1 are refused, since
//! they cross into JavaScript as floating point.

use std::cell::RefCell;
use std::fmt;

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// The largest integer that survives the way through JavaScript.
pub const MAX_SAFE: i64 = (1 << 53) - 1;

/// A value of a column or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer within ±(2^53 − 1).
    Integer(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A statement failed, or a row does not have the columns that its reader expects. The whole call
/// is rolled back.
#[derive(Debug)]
pub struct SqlError(pub String);

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sql: {}", self.0)
    }
}

impl std::error::Error for SqlError {}

impl From<serde_json::Error> for SqlError {
    /// Says where the JSON is wrong, not what it holds.
    fn from(error: serde_json::Error) -> Self {
        Self(format!(
            "json at line {} column {}",
            error.line(),
            error.column()
        ))
    }
}

/// One SQLite database, inside one transaction.
pub trait Sql {
    /// Runs one statement that was put together, and reads all rows.
    ///
    /// # Errors
    /// [`SqlError`] carries SQLite's message, which names columns and constraints but no values.
    fn run_made(&self, query: &str, values: &[Value]) -> Result<Vec<Row>, SqlError>;

    /// Runs one statement and reads all rows.
    ///
    /// # Errors
    /// See [`Sql::run_made`].
    fn run(&self, query: &'static str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        self.run_made(query, values)
    }

    /// Runs one statement that answers no rows.
    ///
    /// # Errors
    /// See [`Sql::run_made`].
    fn write(&self, query: &'static str, values: &[Value]) -> Result<(), SqlError> {
        self.run(query, values).map(drop)
    }
}

/// One row, read by position.
#[derive(Debug)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The text in column `index`.
    ///
    /// # Errors
    /// When there is no text.
    pub fn text(&self, index: usize) -> Result<&str, SqlError> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(SqlError(format!("column {index} is not text"))),
        }
    }

    /// The text in column `index`, or nothing where it is NULL.
    ///
    /// # Errors
    /// When it is neither.
    pub fn optional_text(&self, index: usize) -> Result<Option<&str>, SqlError> {
        match self.0.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.text(index).map(Some),
        }
    }

    /// The integer in column `index`.
    ///
    /// # Errors
    /// When there is none.
    pub fn integer(&self, index: usize) -> Result<i64, SqlError> {
        match self.0.get(index) {
            Some(Value::Integer(value)) => Ok(*value),
            _ => Err(SqlError(format!("column {index} is not an integer"))),
        }
    }
}

#[wasm_bindgen]
extern "C" {
    type Storage;

    #[wasm_bindgen(method, getter)]
    fn sql(this: &Storage) -> SqlStorage;

    /// `ctx.storage.sql` of a Durable Object. Bound here and not through the crate `worker`, whose
    /// cursors cross into JavaScript several times for each cell.
    #[derive(Debug)]
    pub type SqlStorage;

    #[wasm_bindgen(method, catch, variadic)]
    fn exec(this: &SqlStorage, query: &JsString, values: &Array) -> Result<Cursor, JsValue>;

    type Cursor;

    #[wasm_bindgen(method)]
    fn raw(this: &Cursor) -> RawRows;

    type RawRows;

    #[wasm_bindgen(method, catch, js_name = toArray)]
    fn to_array(this: &RawRows) -> Result<Array, JsValue>;
}

impl SqlStorage {
    /// The database of an object.
    #[must_use]
    pub fn of(state: &worker::State) -> Self {
        state.storage().as_raw().unchecked_ref::<Storage>().sql()
    }
}

thread_local! {
    static TEXTS: RefCell<Vec<(&'static str, JsString)>> = const { RefCell::new(Vec::new()) };
}

/// A statement as JavaScript has it: made once, because the runtime finds the prepared statement by
/// it, and a text that it has seen is found at once.
fn known(query: &'static str) -> JsString {
    TEXTS.with(|texts| {
        let mut texts = texts.borrow_mut();
        // A constant is where it is: nothing is compared.
        let found = texts.iter().find(|(text, _)| std::ptr::eq(*text, query));
        if let Some((_, known)) = found {
            return known.clone();
        }
        let text = JsString::from(query);
        texts.push((query, text.clone()));
        text
    })
}

impl SqlStorage {
    /// Runs a statement up to its first row; one that answers none is done then.
    fn start(&self, query: &JsString, values: &[Value]) -> Result<Cursor, SqlError> {
        let bound = Array::new();
        for value in values {
            bound.push(&to_js(value)?);
        }
        self.exec(query, &bound).map_err(|e| sql_error(&e))
    }

    fn rows(&self, query: &JsString, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        let cursor = self.start(query, values)?;
        let rows = cursor.raw().to_array().map_err(|e| sql_error(&e))?;
        rows.iter()
            .map(|row| {
                let cells = row.unchecked_into::<Array>();
                let cells: Result<_, _> = cells.iter().map(|cell| from_js(&cell)).collect();
                cells.map(Row)
            })
            .collect()
    }
}

impl Sql for SqlStorage {
    fn run_made(&self, query: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        self.rows(&JsString::from(query), values)
    }

    fn run(&self, query: &'static str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        self.rows(&known(query), values)
    }

    fn write(&self, query: &'static str, values: &[Value]) -> Result<(), SqlError> {
        self.start(&known(query), values).map(drop)
    }
}

fn sql_error(error: &JsValue) -> SqlError {
    let message = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
    SqlError(message.map_or_else(|| "a statement failed".to_owned(), String::from))
}

fn to_js(value: &Value) -> Result<JsValue, SqlError> {
    Ok(match value {
        Value::Null => JsValue::NULL,
        Value::Integer(i) if i.abs() <= MAX_SAFE => JsValue::from_f64(*i as f64),
        Value::Integer(_) => return Err(SqlError("integer beyond 2^53 - 1".to_owned())),
        Value::Text(text) => JsValue::from_str(text),
    })
}

fn from_js(cell: &JsValue) -> Result<Value, SqlError> {
    // Each question crosses into JavaScript: what is stored most is asked for first.
    if let Some(text) = cell.as_string() {
        return Ok(Value::Text(text));
    }
    match cell.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() <= MAX_SAFE as f64 => {
            Ok(Value::Integer(number as i64))
        }
        None if cell.is_null() => Ok(Value::Null),
        _ => Err(SqlError("a column holds what is never stored".to_owned())),
    }
}

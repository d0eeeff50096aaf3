//! SQLite as the objects see it: one function, so that the same code runs in a Durable Object and,
//! in native tests, on an ordinary SQLite.
//!
//! Rows are read whole (`raw`), never one by one; integers beyond 2^53 − 1 are refused, since they
//! cross into JavaScript as floating point.

use std::fmt;

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
    /// Runs one statement and reads all rows.
    ///
    /// # Errors
    /// [`SqlError`] carries SQLite's message, which names columns and constraints but no values.
    fn run(&self, query: &str, values: &[Value]) -> Result<Vec<Row>, SqlError>;
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

impl Sql for worker::SqlStorage {
    fn run(&self, query: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        let bindings = values
            .iter()
            .map(to_storage)
            .collect::<Result<Vec<_>, _>>()?;
        let cursor = self
            .exec(query, bindings)
            .map_err(|e| SqlError(e.to_string()))?;
        cursor
            .raw()
            .map(|row| {
                let row = row.map_err(|e| SqlError(e.to_string()))?;
                row.into_iter()
                    .map(from_storage)
                    .collect::<Result<Vec<_>, _>>()
                    .map(Row)
            })
            .collect()
    }
}

fn to_storage(value: &Value) -> Result<worker::SqlStorageValue, SqlError> {
    Ok(match value {
        Value::Null => worker::SqlStorageValue::Null,
        Value::Integer(i) if i.abs() <= MAX_SAFE => worker::SqlStorageValue::Integer(*i),
        Value::Integer(_) => return Err(SqlError("integer beyond 2^53 - 1".to_owned())),
        Value::Text(text) => worker::SqlStorageValue::String(text.clone()),
    })
}

fn from_storage(value: worker::SqlStorageValue) -> Result<Value, SqlError> {
    match value {
        worker::SqlStorageValue::Null => Ok(Value::Null),
        worker::SqlStorageValue::Integer(i) => Ok(Value::Integer(i)),
        worker::SqlStorageValue::String(text) => Ok(Value::Text(text)),
        worker::SqlStorageValue::Boolean(_)
        | worker::SqlStorageValue::Float(_)
        | worker::SqlStorageValue::Blob(_) => {
            Err(SqlError("a column holds what is never stored".to_owned()))
        }
    }
}

//! What a form of a page sends.

use worker::{Request, Url};

use crate::api::body::read_bytes;
use crate::error::AppError;

/// The largest form: what a page may set at once, percent-encoded.
const MAX_FORM: usize = 1 << 20;

/// The fields of a form (`application/x-www-form-urlencoded`), in their order.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// [`AppError::TooLarge`]; [`AppError::BadRequest`] for another type of body, which a page of
    /// another site could send without a form.
    pub async fn read(request: &mut Request) -> Result<Self, AppError> {
        let kind = request.headers().get("content-type")?.unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(AppError::BadRequest {
                code: "not_a_form",
                detail: "send application/x-www-form-urlencoded".to_owned(),
            });
        }
        Ok(Self::parse(&read_bytes(request, MAX_FORM).await?))
    }

    fn parse(body: &[u8]) -> Self {
        // The crate reads forms as queries of addresses only.
        let Ok(mut url) = Url::parse("https://form/") else {
            return Self::default();
        };
        url.set_query(Some(&String::from_utf8_lossy(body)));
        let pairs = url.query_pairs();
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// All fields.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        fields.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The same without spaces round it; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }

    /// All fields of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().filter(move |(n, _)| n == name);
        fields.map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_send_them() {
        let form = Form::parse(b"a=1+2%2B3&b=%E8%8C%B6&a=x&c=&d#e=1&%zz=%f0");
        assert_eq!(form.get("a"), Some("1 2+3"));
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1 2+3", "x"]);
        assert_eq!((form.get("b"), form.get("c")), (Some("茶"), Some("")));
        assert_eq!((form.get("d#e"), form.get("nothing")), (Some("1"), None));
        assert_eq!(Form::parse(b"a=+x+").text("a"), "x");
    }
}

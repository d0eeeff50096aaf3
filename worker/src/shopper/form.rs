//! What a page's form sends.

use worker::{Request, Url};

use crate::api::body::read_bytes;
use crate::error::AppError;

/// The largest form.
const MAX_FORM: usize = 16 * 1024;

/// The fields of a form, in order.
#[derive(Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form as browsers send it (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// [`AppError::TooLarge`]; [`AppError::BadRequest`] for anything else than a form.
    pub async fn read(request: &mut Request) -> Result<Self, AppError> {
        let kind = request.headers().get("content-type")?.unwrap_or_default();
        let bytes = read_bytes(request, MAX_FORM).await?;
        let text = String::from_utf8(bytes).ok();
        let text = text.filter(|_| kind.starts_with("application/x-www-form-urlencoded"));
        let bad = || AppError::BadRequest {
            code: "not_a_form",
            detail: "the body is not a form".to_owned(),
        };
        Self::parse(&text.ok_or_else(bad)?).ok_or_else(bad)
    }

    /// Reads a form's text. Its form is that of a query.
    fn parse(text: &str) -> Option<Self> {
        let mut url = Url::parse("https://form/").ok()?;
        url.set_query(Some(text));
        let fields = url.query_pairs();
        Some(Self(
            fields
                .map(|(k, v)| (k.into_owned(), v.into_owned()))
                .collect(),
        ))
    }

    /// The first field of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        fields.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A text of several lines, with line breaks as we keep them.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let text = self.get(name).unwrap_or_default();
        text.replace("\r\n", "\n").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let form = Form::parse("a=1+2&b=%E8%8C%B6&c=x%0D%0Ay%26z&a=3").unwrap();
        assert_eq!(form.get("a"), Some("1 2"));
        assert_eq!(form.get("b"), Some("茶"));
        assert_eq!(form.text("c"), "x\ny&z");
        assert_eq!(form.get("d"), None);
        assert_eq!(Form::parse("#x").unwrap().get("#x"), Some(""));
    }
}

//! Messages to shoppers and operators: which there are, what they say, how they are put to a mail
//! service.
//!
//! Plain values in, text and requests out. When a message is owed is the till's to say
//! (`object::till::messages`); sending it is `perform::mail`.

mod kind;
mod letter;
mod sender;
mod template;

pub use kind::MessageKind;
pub use letter::{Letter, LetterView, Line, render_letter};
pub use sender::{Addressed, Shape};
pub use template::{Template, Wrong};

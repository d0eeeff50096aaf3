//! Who does something: what the audit log and an order's history name.

use serde::{Deserialize, Serialize};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What it is.
    pub kind: ActorKind,
    /// Names it for programs: the id of a key or of an operator; empty where there is but one.
    pub id: String,
    /// Names it for people.
    pub name: String,
}

/// What can do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A program with an API key.
    Key,
    /// A person who works in the dashboard.
    Operator,
    /// The bearer of the deployment's owner token.
    Owner,
    /// The person who pays.
    Shopper,
    /// Causeway itself.
    System,
}

impl ActorKind {
    /// As JSON has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Operator => "operator",
            Self::Owner => "owner",
            Self::Shopper => "shopper",
            Self::System => "system",
        }
    }
}

impl Actor {
    /// The bearer of the owner token.
    #[must_use]
    pub fn owner() -> Self {
        Self::new(ActorKind::Owner, "", "Owner token")
    }

    /// A program with a key, by the key's id and label.
    #[must_use]
    pub fn key(id: &str, label: &str) -> Self {
        Self::new(ActorKind::Key, id, label)
    }

    /// An operator.
    #[must_use]
    pub fn operator(id: &str, name: &str) -> Self {
        Self::new(ActorKind::Operator, id, name)
    }

    /// The one who pays, on a page of theirs.
    #[must_use]
    pub fn shopper() -> Self {
        Self::new(ActorKind::Shopper, "", "")
    }

    /// A part of Causeway that does something by itself.
    #[must_use]
    pub fn system(part: &str) -> Self {
        Self::new(ActorKind::System, "", part)
    }

    fn new(kind: ActorKind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_pinned() {
        let actor = Actor::operator("opr_1", "Ann");
        let json = r#"{"kind":"operator","id":"opr_1","name":"Ann"}"#;
        assert_eq!(serde_json::to_string(&actor).unwrap(), json);
        assert_eq!(serde_json::from_str::<Actor>(json).unwrap(), actor);
        for kind in [
            ActorKind::Key,
            ActorKind::Operator,
            ActorKind::Owner,
            ActorKind::Shopper,
            ActorKind::System,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}

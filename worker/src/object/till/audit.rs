//! Acts on the orders of a till, for the audit log: the rows of the history in which somebody of
//! the store did something.

use causeway_shared::id::Mode;
use causeway_shared::json;
use causeway_shared::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Till;
use super::call::TillAnswer;
use crate::object::store::audit::{AuditQuery, Record};
use crate::sql::{MAX_SAFE, Row, SqlError};

/// One range of the index of acts by time.
pub(super) const ACTS: &str = "SELECT h.at, h.order_id, h.seq, h.code, h.actor, h.data
    FROM history AS h INDEXED BY history_acts JOIN orders AS o ON o.id = h.order_id
    WHERE h.kind = 'act' AND h.at >= ?1 AND h.at < ?2 AND h.at <= ?3
    AND (h.at < ?3 OR h.order_id || '-' || printf('%06d', h.seq) < ?4) AND o.mode = ?5
    AND (?6 IS NULL OR json_extract(h.actor, '$.id') = ?6 OR json_extract(h.actor, '$.kind') = ?6)
    AND (?7 IS NULL OR h.code = ?7 OR (?7 LIKE '%.' AND substr(h.code, 1, length(?7)) = ?7))
    AND (?8 IS NULL OR h.order_id = ?8)
    ORDER BY h.at DESC, h.order_id DESC, h.seq DESC LIMIT ?9";

/// Which acts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActQuery {
    /// On orders of this mode.
    pub mode: Mode,
    /// Which of them.
    pub query: AuditQuery,
}

impl Till<'_> {
    /// Acts, newest first.
    pub(super) fn acts(&self, asked: &ActQuery) -> Result<TillAnswer, SqlError> {
        let query = &asked.query;
        let (before_at, before_id) = match &query.before {
            Some((at, id)) => (at.millis(), id.as_str()),
            None => (MAX_SAFE, ""),
        };
        let values = [
            query.from.map_or(0, UnixTime::millis).into(),
            query.to.map_or(MAX_SAFE, UnixTime::millis).into(),
            before_at.into(),
            before_id.into(),
            asked.mode.as_str().into(),
            query.actor.clone().into(),
            query.act.clone().into(),
            query.target.clone().into(),
            query.limit.into(),
        ];
        let rows = self.sql.run(ACTS, &values)?;
        let records = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(TillAnswer::Acts { records })
    }
}

fn read(row: &Row) -> Result<Record, SqlError> {
    let order = row.text(1)?;
    let mut data: Value = json::from_str(row.text(5)?)?;
    let mut side = |name| data.as_object_mut().and_then(|fields| fields.remove(name));
    let (before, after) = (side("before"), side("after"));
    Ok(Record {
        id: format!("{order}-{:06}", row.integer(2)?),
        at: UnixTime::from_millis(row.integer(0)?),
        actor: json::from_str(row.text(4)?)?,
        act: row.text(3)?.to_owned(),
        target: order.to_owned(),
        before,
        after,
        data: Some(data),
    })
}

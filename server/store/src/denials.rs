//! Who was refused lately, and why.

use crate::Store;
use crate::column::{count, parsed};
use crate::row::rows;
use domain::id::{EventId, KeyId};

/// Refusals of one key for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenialCount {
    pub code: String,
    pub key: KeyId,
    pub times: u64,
}

impl Store {
    /// Refusals before a call was sent, since this call; most frequent first. Reads every call since then.
    pub async fn denials_since(&self, since: EventId, limit: u32) -> crate::Result<Vec<DenialCount>> {
        const LIST: &str = "select code.text, key_label.text, times from (
                select denial_num, key_num, cast(sum(1 + repeated) as bigint) as times from usage_event
                where id >= $1 and denial_num is not null and outcome = $2
                group by denial_num, key_num order by times desc, denial_num, key_num limit $3
            ) refused
            join label code on code.num = denial_num
            join label key_label on key_label.num = key_num
            order by times desc, code.text, key_label.text";
        let denied = crate::codes::of_outcome(domain::usage::Outcome::Denied);
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, i64), LIST, since.as_i64(), denied, i64::from(limit))?;
        let counted = |(code, key, times): (String, String, i64)| {
            Ok(DenialCount { code, key: parsed(&key, "key id")?, times: count(times, "count of refusals")? })
        };
        found.into_iter().map(counted).collect()
    }
}

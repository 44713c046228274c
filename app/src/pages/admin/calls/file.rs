//! The record as a file: one line a call, times in UTC and in the organisation's zone, money to the nano-dollar.

use crate::format::{Calendar, cell};
use jiff::tz::TimeZone;
use portal::administration::access_record::{AccessLine, AccessPage};
use std::fmt::Write as _;

/// Says where it ends, if there are more calls before.
pub(super) fn name(page: &AccessPage) -> String {
    match page.next {
        Some(next) => format!("access-record-after-{next}.csv"),
        None => "access-record.csv".to_owned(),
    }
}

pub(super) fn csv(lines: &[AccessLine], zone: &TimeZone) -> String {
    let mut text = String::from(
        "request_id,time_utc,time_local,key_id,key,owner,secret_version,model,endpoint,deployment,network,user_agent,\
         status,outcome,denial,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd,duration_ms\r\n",
    );
    for AccessLine { call, key_name, owner_name } in lines {
        let (at, used) = (call.id.made_at(), &call.tokens);
        let local = at.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
        let written = used.cache_write.saturating_add(used.cache_write_1h);
        let cost = call.cost.to_string().replace('$', "");
        let _ = write!(
            text,
            "{},{},{local},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{written},{},{cost},{}\r\n",
            call.id,
            Calendar::machine(at),
            call.key,
            cell(key_name),
            cell(owner_name),
            call.secret_version,
            cell(&call.model),
            call.endpoint.map_or("", |endpoint| endpoint.gateway_path()),
            call.deployment.map(|id| id.to_string()).unwrap_or_default(),
            cell(&call.network),
            cell(&call.agent),
            call.status,
            call.outcome.word(),
            call.denial.as_deref().unwrap_or_default(),
            used.all_input(),
            used.cache_read,
            used.all_output(),
            call.duration_ms
        );
    }
    text
}

-- As `usage_total`, within one value of another dimension: of those with few values, which leave nearly every slice, so
-- that what they leave cannot be looked up. `within` and `dimension` are numbers of the code, `among` and `value` labels.
create table usage_total_within (
    within      integer not null,
    among       integer not null,
    dimension   integer not null,
    day         integer not null,
    value       integer not null,
    requests    integer not null,
    failures    integer not null,
    denials     integer not null,
    input       integer not null,
    cache_read  integer not null,
    cache_write integer not null,
    output      integer not null,
    cost        integer not null,
    primary key (within, among, dimension, day, value)
) strict, without rowid;
-- Days that were summed up before have no totals within yet; those they have are still read.
alter table usage_day_state add column within_summed integer not null default 0;

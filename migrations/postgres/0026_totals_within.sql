-- As `usage_total`, within one value of another dimension: of those with few values, which leave nearly every slice, so
-- that what they leave cannot be looked up. `within` and `dimension` are numbers of the code, `among` and `value` labels.
create table usage_total_within (
    within      bigint not null,
    among       bigint not null,
    dimension   bigint not null,
    day         bigint not null,
    value       bigint not null,
    requests    bigint not null,
    failures    bigint not null,
    denials     bigint not null,
    input       bigint not null,
    cache_read  bigint not null,
    cache_write bigint not null,
    output      bigint not null,
    cost        bigint not null,
    primary key (within, among, dimension, day, value)
);
-- Days that were summed up before have no totals within yet; those they have are still read.
alter table usage_day_state add column within_summed boolean not null default false;

-- Calls that broke a rule of guardrails that is only watched. `rule` is a power of two, so that a call's rules add up to
-- a set of them. Calls that broke none have no row anywhere here.
create table watched_call (
    event_id   bigint not null,
    rule       bigint not null,
    profile_id text collate "C" not null,
    primary key (event_id, rule)
);
create index watched_call_by_rule on watched_call (profile_id, rule, event_id);
-- How many, by day of UTC. What is older than a month is deleted.
create table watched_day (
    profile_id text collate "C" not null,
    rule       bigint not null,
    day        bigint not null,
    key_num    bigint not null,
    calls      bigint not null,
    primary key (profile_id, rule, day, key_num)
);
create index watched_day_by_day on watched_day (day);

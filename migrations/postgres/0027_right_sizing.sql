-- Which endpoints a key calls: of calls that were let in, by the day of UTC. What is older than a month is deleted.
create table key_endpoint (
    key_num  bigint not null,
    endpoint bigint not null,
    day      bigint not null,
    calls    bigint not null,
    primary key (key_num, endpoint, day)
);
create index key_endpoint_by_day on key_endpoint (day);
-- The last time that a key's own terms were narrowed to its use: what it had before, and what it had from then on.
create table key_narrowing (
    key_id       text collate "C" not null primary key references virtual_key (id),
    terms_before text collate "C" not null,
    terms_after  text collate "C" not null,
    narrowed_at  bigint not null,
    narrowed_by  text collate "C" not null references person (id)
);

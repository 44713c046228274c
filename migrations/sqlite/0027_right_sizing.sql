-- Which endpoints a key calls: of calls that were let in, by the day of UTC. What is older than a month is deleted.
create table key_endpoint (
    key_num  integer not null,
    endpoint integer not null,
    day      integer not null,
    calls    integer not null,
    primary key (key_num, endpoint, day)
) strict, without rowid;
create index key_endpoint_by_day on key_endpoint (day);
-- The last time that a key's own terms were narrowed to its use: what it had before, and what it had from then on.
create table key_narrowing (
    key_id       text not null primary key references virtual_key (id),
    terms_before text not null,
    terms_after  text not null,
    narrowed_at  integer not null,
    narrowed_by  text not null references person (id)
) strict, without rowid;

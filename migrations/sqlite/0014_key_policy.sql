-- What everybody reads who mints a key: a text that administrators write. The newest version holds; an empty text asks
-- for nothing.
create table key_policy (
    version  integer not null primary key,
    text     text not null,
    saved_at integer not null,
    saved_by text not null references person (id)
) strict;

-- Who said to have read which version, with which key. Kept for as long as the log is.
create table key_policy_acknowledgement (
    key_id    text not null primary key references virtual_key (id),
    version   integer not null references key_policy (version),
    person_id text not null references person (id),
    at        integer not null
) strict, without rowid;
create index key_policy_acknowledgement_by_time on key_policy_acknowledgement (at, key_id);

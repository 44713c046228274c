-- What everybody reads who mints a key: a text that administrators write. The newest version holds; an empty text asks
-- for nothing.
create table key_policy (
    version  bigint not null primary key,
    text     text collate "C" not null,
    saved_at bigint not null,
    saved_by text collate "C" not null references person (id)
);

-- Who said to have read which version, with which key. Kept for as long as the log is.
create table key_policy_acknowledgement (
    key_id    text collate "C" not null primary key references virtual_key (id),
    version   bigint not null references key_policy (version),
    person_id text collate "C" not null references person (id),
    at        bigint not null
);
create index key_policy_acknowledgement_by_time on key_policy_acknowledgement (at, key_id);

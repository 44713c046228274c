-- Requests for a key or for more than a key has. A request that nobody answered lapses by the clock and stays `waiting`.
-- Who decided is a person or a rule, as the prefix of the id says; the answer is what was granted, or why not.
create table access_request (
    id          text collate "C" not null primary key,
    asked_by    text collate "C" not null references person (id),
    asked_at    bigint not null,
    profile_id  text collate "C" not null references access_profile (id),
    owner_id    text collate "C" not null,
    key_id      text collate "C" references virtual_key (id),
    wish        text collate "C" not null,
    until_at    bigint,
    reason      text collate "C" not null,
    by_leads    boolean not null,
    promised_at bigint not null,
    lapses_at   bigint not null,
    state       text collate "C" not null check (state in ('waiting', 'approved', 'declined', 'withdrawn')),
    decided_at  bigint,
    decided_by  text collate "C",
    answer      text collate "C",
    check ((state = 'waiting') = (decided_at is null))
);
create index access_request_by_person on access_request (asked_by, asked_at);
create index access_request_waiting on access_request (asked_at) where state = 'waiting';
create index access_request_decided on access_request (decided_at) where state <> 'waiting';
create index access_request_by_key on access_request (key_id, asked_at);

-- More than guardrails and key allow, for one key. Rows of the past stay: they say why a call was let in.
create table key_grant (
    id         text collate "C" not null primary key,
    key_id     text collate "C" not null references virtual_key (id),
    request_id text collate "C" not null references access_request (id),
    more       text collate "C" not null,
    until_at   bigint,
    granted_by text collate "C" not null,
    granted_at bigint not null
);
create index key_grant_by_key on key_grant (key_id, granted_at);
create index key_grant_by_end on key_grant (until_at);

create table approval_rule (
    id         text collate "C" not null primary key,
    name       text collate "C" not null,
    conditions text collate "C" not null,
    created_by text collate "C" not null references person (id),
    created_at bigint not null
);

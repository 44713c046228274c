-- Requests for a key or for more than a key has. A request that nobody answered lapses by the clock and stays `waiting`.
-- Who decided is a person or a rule, as the prefix of the id says; the answer is what was granted, or why not.
create table access_request (
    id          text not null primary key,
    asked_by    text not null references person (id),
    asked_at    integer not null,
    profile_id  text not null references access_profile (id),
    owner_id    text not null,
    key_id      text references virtual_key (id),
    wish        text not null,
    until_at    integer,
    reason      text not null,
    by_leads    integer not null,
    promised_at integer not null,
    lapses_at   integer not null,
    state       text not null check (state in ('waiting', 'approved', 'declined', 'withdrawn')),
    decided_at  integer,
    decided_by  text,
    answer      text,
    check ((state = 'waiting') = (decided_at is null))
) strict;
create index access_request_by_person on access_request (asked_by, asked_at);
create index access_request_waiting on access_request (asked_at) where state = 'waiting';
create index access_request_decided on access_request (decided_at) where state <> 'waiting';
create index access_request_by_key on access_request (key_id, asked_at);

-- More than guardrails and key allow, for one key. Rows of the past stay: they say why a call was let in.
create table key_grant (
    id         text not null primary key,
    key_id     text not null references virtual_key (id),
    request_id text not null references access_request (id),
    more       text not null,
    until_at   integer,
    granted_by text not null,
    granted_at integer not null
) strict;
create index key_grant_by_key on key_grant (key_id, granted_at);
create index key_grant_by_end on key_grant (until_at);

create table approval_rule (
    id         text not null primary key,
    name       text not null,
    conditions text not null,
    created_by text not null references person (id),
    created_at integer not null
) strict;

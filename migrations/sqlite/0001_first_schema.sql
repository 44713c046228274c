-- Ids are kept as printed, moments as unix milliseconds, money as nano-dollars, lists and policies as JSON text.
-- Columns named *_folded hold lower-cased text for searching and for names that differ only in case.

-- The oldest schema number that a binary must know to work with this database. A migration that takes something away
-- raises it, one release after the migration that made it superfluous.
create table schema_floor (number integer not null) strict;
insert into schema_floor (number) values (1);

create table setting (
    name  text not null primary key,
    value blob not null
) strict, without rowid;

create table person (
    id              text not null primary key,
    issuer          text not null,
    subject         text not null,
    name            text not null,
    name_folded     text not null,
    email           text not null,
    email_folded    text not null,
    claimed_roles   text not null,
    granted_roles   text not null,
    directory_groups text not null,
    active          integer not null,
    version         integer not null,
    created_at      integer not null,
    last_sign_in_at integer,
    constraint person_subject unique (issuer, subject)
) strict;
create index person_by_name on person (name_folded, id);

create table team (
    id          text not null primary key,
    name        text not null,
    name_folded text not null,
    created_at  integer not null,
    constraint team_name unique (name_folded)
) strict;

create table membership (
    team_id   text not null references team (id),
    person_id text not null references person (id),
    lead      integer not null,
    primary key (team_id, person_id)
) strict, without rowid;
create index membership_by_person on membership (person_id);

create table session (
    id_hash        blob not null primary key,
    person_id      text references person (id),
    person_version integer not null,
    issuer         text,
    idp_sid        text,
    data           blob not null,
    created_at     integer not null,
    auth_time      integer not null,
    seen_at        integer not null,
    expires_at     integer not null
) strict;
create index session_by_person on session (person_id);
create index session_by_expiry on session (expires_at);

-- A sign-in between leaving for the identity provider and coming back.
create table login (
    state_hash    blob not null primary key,
    browser_hash  blob not null,
    issuer_id     text not null,
    nonce         text not null,
    pkce_verifier text not null,
    return_to     text not null,
    invite_hash   blob,
    created_at    integer not null
) strict;
create index login_by_browser on login (browser_hash, created_at);
create index login_by_age on login (created_at);

create table invite (
    token_hash blob not null primary key,
    expires_at integer not null,
    created_at integer not null
) strict;

-- Forms that were sent: a form acts once for a person, and leads to its outcome when it is sent again.
create table submission (
    form       text not null,
    person_id  text not null references person (id),
    created_at integer not null,
    outcome    text not null,
    primary key (form, person_id)
) strict, without rowid;
create index submission_by_age on submission (created_at);

create table access_profile (
    id              text not null primary key,
    name            text not null,
    name_folded     text not null,
    description     text not null,
    version         integer not null,
    terms           text not null,
    audience        text not null,
    consumers       text not null,
    keys_per_person integer not null,
    enabled         integer not null,
    created_at      integer not null,
    updated_at      integer not null,
    constraint access_profile_name unique (name_folded)
) strict;

create table access_profile_version (
    profile_id      text not null references access_profile (id),
    version         integer not null,
    name            text not null,
    description     text not null,
    terms           text not null,
    audience        text not null,
    consumers       text not null,
    keys_per_person integer not null,
    enabled         integer not null,
    created_at      integer not null,
    primary key (profile_id, version)
) strict, without rowid;

-- The owner is a person or a team, as the prefix of the id says.
create table virtual_key (
    id           text not null primary key,
    name         text not null,
    name_folded  text not null,
    search_folded text not null,
    owner_id     text not null,
    created_by   text not null references person (id),
    profile_id   text not null references access_profile (id),
    consumer     text not null,
    application  text,
    environment  text not null,
    cost_centre  text,
    tags         text not null,
    terms        text not null,
    state        text not null check (state in ('active', 'disabled', 'revoked')),
    state_at     integer,
    state_by     text references person (id),
    state_reason text,
    created_at   integer not null,
    expires_at   integer not null,
    check ((state = 'active') = (state_at is null)),
    check ((state = 'active') = (state_by is null)),
    check ((state = 'revoked') = (state_reason is not null))
) strict;
create unique index virtual_key_live_name on virtual_key (owner_id, name_folded) where state <> 'revoked';
create index virtual_key_by_age on virtual_key (created_at, id);
create index virtual_key_by_profile on virtual_key (profile_id, owner_id);

create table key_secret (
    key_id         text not null references virtual_key (id),
    version        integer not null,
    tag            blob not null,
    pepper_version integer not null,
    created_at     integer not null,
    valid_until    integer,
    primary key (key_id, version)
) strict, without rowid;

create table provider (
    id          text not null primary key,
    name        text not null,
    name_folded text not null,
    preset      text not null,
    format      text not null,
    base_url    text not null,
    enabled     integer not null,
    created_at  integer not null,
    constraint provider_name unique (name_folded)
) strict;

-- The newest version of a credential is the one that was not replaced.
create table provider_credential (
    id          text not null,
    version     integer not null,
    provider_id text not null references provider (id),
    blob        blob not null,
    last_four   text not null,
    fingerprint text not null,
    created_at  integer not null,
    created_by  text references person (id),
    replaced_at integer,
    primary key (id, version)
) strict, without rowid;

create table model (
    id         text not null primary key,
    name       text not null,
    body       text not null,
    created_at integer not null,
    updated_at integer not null,
    constraint model_name unique (name)
) strict;

create table price (
    model_id       text not null references model (id),
    version        integer not null,
    prices         text,
    effective_from integer not null,
    set_by         text references person (id),
    primary key (model_id, version)
) strict, without rowid;

-- Texts that usage refers to by number. Usage names no foreign key: a call that happened is recorded whatever became of
-- the key and the model.
create table label (
    num  integer primary key,
    kind text not null,
    text text not null,
    constraint label_text unique (kind, text)
) strict;

-- Append-only. The id grows with time, so that a moment is a range of the primary key.
create table usage_event (
    id             integer primary key,
    key_num        integer not null,
    model_num      integer not null,
    deployment_num integer,
    network_num    integer not null,
    agent_num      integer not null,
    denial_num     integer,
    endpoint       integer,
    status         integer not null,
    outcome        integer not null,
    source         integer not null,
    streamed       integer not null,
    input          integer not null,
    cache_read     integer not null,
    cache_write    integer not null,
    cache_write_1h integer not null,
    output         integer not null,
    reasoning      integer not null,
    cost           integer not null,
    price_version  integer not null,
    secret_version integer not null,
    duration_ms    integer not null,
    first_byte_ms  integer
) strict;

create table usage_hour (
    key_num        integer not null,
    hour           integer not null,
    model_num      integer not null,
    requests       integer not null,
    failures       integer not null,
    denials        integer not null,
    input          integer not null,
    cache_read     integer not null,
    cache_write    integer not null,
    cache_write_1h integer not null,
    output         integer not null,
    reasoning      integer not null,
    cost           integer not null,
    duration_ms    integer not null,
    primary key (key_num, hour, model_num)
) strict, without rowid;

-- `period` is the kind of window; the word "window" is reserved in PostgreSQL.
create table budget_counter (
    scope        text not null,
    period       text not null,
    period_start integer not null,
    spent        integer not null,
    primary key (scope, period, period_start)
) strict, without rowid;

create table key_last_use (
    key_id  text not null primary key,
    used_at integer not null,
    network text not null,
    agent   text not null
) strict, without rowid;

create table audit (
    seq          integer primary key,
    at           integer not null,
    actor_person text,
    actor_system text,
    address      text,
    action       text not null,
    object_kind  text not null,
    object_id    text not null,
    object_name  text not null,
    before_json  text,
    after_json   text,
    previous     blob not null,
    hash         blob not null,
    check ((actor_person is null) <> (actor_system is null))
) strict;
create index audit_by_actor on audit (actor_person, seq);
create index audit_by_object on audit (object_id, seq);

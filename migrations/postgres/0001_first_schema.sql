-- Ids are kept as printed, moments as unix milliseconds, money as nano-dollars, lists and policies as JSON text.
-- Text compares by bytes, as in SQLite, whatever the cluster's locale.
-- Columns named *_folded hold lower-cased text for searching and for names that differ only in case.

-- SQLite's table of a JSON list, so that `in (select value from json_each($1))` is one text for both. PostgreSQL's own
-- functions of this name take json and jsonb; this one takes text.
create function json_each(list text) returns table (value text)
    language sql immutable strict parallel safe
    as $$ select jsonb_array_elements_text(list::jsonb) $$;

-- The oldest schema number that a binary must know to work with this database. A migration that takes something away
-- raises it, one release after the migration that made it superfluous.
create table schema_floor (number bigint not null);
insert into schema_floor (number) values (1);

create table setting (
    name  text collate "C" not null primary key,
    value bytea not null
);

create table person (
    id              text collate "C" not null primary key,
    issuer          text collate "C" not null,
    subject         text collate "C" not null,
    name            text collate "C" not null,
    name_folded     text collate "C" not null,
    email           text collate "C" not null,
    email_folded    text collate "C" not null,
    claimed_roles   text collate "C" not null,
    granted_roles   text collate "C" not null,
    directory_groups text collate "C" not null,
    active          boolean not null,
    version         bigint not null,
    created_at      bigint not null,
    last_sign_in_at bigint,
    constraint person_subject unique (issuer, subject)
);
create index person_by_name on person (name_folded, id);

create table team (
    id          text collate "C" not null primary key,
    name        text collate "C" not null,
    name_folded text collate "C" not null,
    created_at  bigint not null,
    constraint team_name unique (name_folded)
);

create table membership (
    team_id   text collate "C" not null references team (id),
    person_id text collate "C" not null references person (id),
    lead      boolean not null,
    primary key (team_id, person_id)
);
create index membership_by_person on membership (person_id);

create table session (
    id_hash        bytea not null primary key,
    person_id      text collate "C" references person (id),
    person_version bigint not null,
    issuer         text collate "C",
    idp_sid        text collate "C",
    data           bytea not null,
    created_at     bigint not null,
    auth_time      bigint not null,
    seen_at        bigint not null,
    expires_at     bigint not null
);
create index session_by_person on session (person_id);
create index session_by_expiry on session (expires_at);

-- A sign-in between leaving for the identity provider and coming back.
create table login (
    state_hash    bytea not null primary key,
    browser_hash  bytea not null,
    issuer_id     text collate "C" not null,
    nonce         text collate "C" not null,
    pkce_verifier text collate "C" not null,
    return_to     text collate "C" not null,
    invite_hash   bytea,
    created_at    bigint not null
);
create index login_by_browser on login (browser_hash, created_at);
create index login_by_age on login (created_at);

create table invite (
    token_hash bytea not null primary key,
    expires_at bigint not null,
    created_at bigint not null
);

-- Forms that were sent: a form acts once for a person, and leads to its outcome when it is sent again.
create table submission (
    form       text collate "C" not null,
    person_id  text collate "C" not null references person (id),
    created_at bigint not null,
    outcome    text collate "C" not null,
    primary key (form, person_id)
);
create index submission_by_age on submission (created_at);

create table access_profile (
    id              text collate "C" not null primary key,
    name            text collate "C" not null,
    name_folded     text collate "C" not null,
    description     text collate "C" not null,
    version         bigint not null,
    terms           text collate "C" not null,
    audience        text collate "C" not null,
    consumers       text collate "C" not null,
    keys_per_person bigint not null,
    enabled         boolean not null,
    created_at      bigint not null,
    updated_at      bigint not null,
    constraint access_profile_name unique (name_folded)
);

create table access_profile_version (
    profile_id      text collate "C" not null references access_profile (id),
    version         bigint not null,
    name            text collate "C" not null,
    description     text collate "C" not null,
    terms           text collate "C" not null,
    audience        text collate "C" not null,
    consumers       text collate "C" not null,
    keys_per_person bigint not null,
    enabled         boolean not null,
    created_at      bigint not null,
    primary key (profile_id, version)
);

-- The owner is a person or a team, as the prefix of the id says.
create table virtual_key (
    id           text collate "C" not null primary key,
    name         text collate "C" not null,
    name_folded  text collate "C" not null,
    search_folded text collate "C" not null,
    owner_id     text collate "C" not null,
    created_by   text collate "C" not null references person (id),
    profile_id   text collate "C" not null references access_profile (id),
    consumer     text collate "C" not null,
    application  text collate "C",
    environment  text collate "C" not null,
    cost_centre  text collate "C",
    tags         text collate "C" not null,
    terms        text collate "C" not null,
    state        text collate "C" not null check (state in ('active', 'disabled', 'revoked')),
    state_at     bigint,
    state_by     text collate "C" references person (id),
    state_reason text collate "C",
    created_at   bigint not null,
    expires_at   bigint not null,
    check ((state = 'active') = (state_at is null)),
    check ((state = 'active') = (state_by is null)),
    check ((state = 'revoked') = (state_reason is not null))
);
create unique index virtual_key_live_name on virtual_key (owner_id, name_folded) where state <> 'revoked';
create index virtual_key_by_age on virtual_key (created_at, id);
create index virtual_key_by_profile on virtual_key (profile_id, owner_id);

create table key_secret (
    key_id         text collate "C" not null references virtual_key (id),
    version        bigint not null,
    tag            bytea not null,
    pepper_version bigint not null,
    created_at     bigint not null,
    valid_until    bigint,
    primary key (key_id, version)
);

create table provider (
    id          text collate "C" not null primary key,
    name        text collate "C" not null,
    name_folded text collate "C" not null,
    preset      text collate "C" not null,
    format      text collate "C" not null,
    base_url    text collate "C" not null,
    enabled     boolean not null,
    created_at  bigint not null,
    constraint provider_name unique (name_folded)
);

-- The newest version of a credential is the one that was not replaced.
create table provider_credential (
    id          text collate "C" not null,
    version     bigint not null,
    provider_id text collate "C" not null references provider (id),
    blob        bytea not null,
    last_four   text collate "C" not null,
    fingerprint text collate "C" not null,
    created_at  bigint not null,
    created_by  text collate "C" references person (id),
    replaced_at bigint,
    primary key (id, version)
);

create table model (
    id         text collate "C" not null primary key,
    name       text collate "C" not null,
    body       text collate "C" not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint model_name unique (name)
);

create table price (
    model_id       text collate "C" not null references model (id),
    version        bigint not null,
    prices         text collate "C",
    effective_from bigint not null,
    set_by         text collate "C" references person (id),
    primary key (model_id, version)
);

-- Texts that usage refers to by number. Usage names no foreign key: a call that happened is recorded whatever became of
-- the key and the model.
create table label (
    num  bigint generated by default as identity primary key,
    kind text collate "C" not null,
    text text collate "C" not null,
    constraint label_text unique (kind, text)
);

-- Append-only. The id grows with time, so that a moment is a range of the primary key.
create table usage_event (
    id             bigint primary key,
    key_num        bigint not null,
    model_num      bigint not null,
    deployment_num bigint,
    network_num    bigint not null,
    agent_num      bigint not null,
    denial_num     bigint,
    endpoint       bigint,
    status         bigint not null,
    outcome        bigint not null,
    source         bigint not null,
    streamed       boolean not null,
    input          bigint not null,
    cache_read     bigint not null,
    cache_write    bigint not null,
    cache_write_1h bigint not null,
    output         bigint not null,
    reasoning      bigint not null,
    cost           bigint not null,
    price_version  bigint not null,
    secret_version bigint not null,
    duration_ms    bigint not null,
    first_byte_ms  bigint
);

create table usage_hour (
    key_num        bigint not null,
    hour           bigint not null,
    model_num      bigint not null,
    requests       bigint not null,
    failures       bigint not null,
    denials        bigint not null,
    input          bigint not null,
    cache_read     bigint not null,
    cache_write    bigint not null,
    cache_write_1h bigint not null,
    output         bigint not null,
    reasoning      bigint not null,
    cost           bigint not null,
    duration_ms    bigint not null,
    primary key (key_num, hour, model_num)
);

-- `period` is the kind of window; the word "window" is reserved in PostgreSQL.
create table budget_counter (
    scope        text collate "C" not null,
    period       text collate "C" not null,
    period_start bigint not null,
    spent        bigint not null,
    primary key (scope, period, period_start)
);

create table key_last_use (
    key_id  text collate "C" not null primary key,
    used_at bigint not null,
    network text collate "C" not null,
    agent   text collate "C" not null
);

create table audit (
    seq          bigint primary key,
    at           bigint not null,
    actor_person text collate "C",
    actor_system text collate "C",
    address      text collate "C",
    action       text collate "C" not null,
    object_kind  text collate "C" not null,
    object_id    text collate "C" not null,
    object_name  text collate "C" not null,
    before_json  text collate "C",
    after_json   text collate "C",
    previous     bytea not null,
    hash         bytea not null,
    check ((actor_person is null) <> (actor_system is null))
);
create index audit_by_actor on audit (actor_person, seq);
create index audit_by_object on audit (object_id, seq);

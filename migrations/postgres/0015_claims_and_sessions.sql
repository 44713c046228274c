-- Where a session began, so that people recognise theirs.
alter table session add column address text collate "C";
alter table session add column agent text collate "C";

-- What administrators make of claims: conditions and effects as JSON.
create table claim_rule (
    id         text collate "C" not null primary key,
    body       text collate "C" not null,
    version    bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);

-- What a rule gave, a rule takes back; a membership that somebody gave by hand stays.
alter table membership add column by_rule boolean not null default false;

-- What the directory said at a person's last sign-in, as far as rules can ask about it, and what rules made of it beside
-- roles and memberships.
create table directory_record (
    person_id   text collate "C" not null primary key references person (id),
    claims      text collate "C" not null,
    given       text collate "C" not null,
    cost_centre text collate "C",
    seen_at     bigint not null
);

-- A sign-in that an administrator began to see what the provider says: it signs nobody in.
alter table login add column tester_id text collate "C";
create table test_login (
    person_id  text collate "C" not null primary key references person (id),
    issuer_id  text collate "C" not null,
    subject    text collate "C" not null,
    claims     text collate "C" not null,
    created_at bigint not null
);
create index test_login_by_age on test_login (created_at);

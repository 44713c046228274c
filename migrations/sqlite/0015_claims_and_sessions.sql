-- Where a session began, so that people recognise theirs.
alter table session add column address text;
alter table session add column agent text;

-- What administrators make of claims: conditions and effects as JSON.
create table claim_rule (
    id         text not null primary key,
    body       text not null,
    version    integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- What a rule gave, a rule takes back; a membership that somebody gave by hand stays.
alter table membership add column by_rule integer not null default 0;

-- What the directory said at a person's last sign-in, as far as rules can ask about it, and what rules made of it beside
-- roles and memberships.
create table directory_record (
    person_id   text not null primary key references person (id),
    claims      text not null,
    given       text not null,
    cost_centre text,
    seen_at     integer not null
) strict, without rowid;

-- A sign-in that an administrator began to see what the provider says: it signs nobody in.
alter table login add column tester_id text;
create table test_login (
    person_id  text not null primary key references person (id),
    issuer_id  text not null,
    subject    text not null,
    claims     text not null,
    created_at integer not null
) strict, without rowid;
create index test_login_by_age on test_login (created_at);

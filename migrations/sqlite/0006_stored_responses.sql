-- Responses that providers keep, and whom each was issued to: a person or a team, as printed. Where each is kept names a
-- provider and a deployment that may be gone by now. Nothing refers to this table, and what is old is deleted.
create table stored_response (
    id            text not null primary key,
    owner_id      text not null,
    provider_id   text not null,
    deployment_id text not null,
    tokens        integer not null,
    made_at       integer not null
) strict, without rowid;
create index stored_response_by_age on stored_response (made_at);

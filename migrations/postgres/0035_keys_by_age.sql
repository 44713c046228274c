-- Views of everyone's keys go through them from the newest and leave most of them out, by their end and whether they were
-- revoked: with both in the index, those that are left out are not read.
drop index virtual_key_by_age;
create index virtual_key_by_age on virtual_key (created_at, id, expires_at, state);

-- A search among everyone's keys goes through them from the newest, too: with the text that is searched in the index, keys
-- that do not match are not read.
drop index virtual_key_by_age;
create index virtual_key_by_age
    on virtual_key (created_at, id, expires_at, state, owner_id, reviewed_quarter, search_folded);

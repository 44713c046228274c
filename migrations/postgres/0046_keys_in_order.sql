-- The list of keys comes in the order of a column. Each order is a walk along an index that holds what keys are left out by.
create index virtual_key_by_name on virtual_key (search_folded, id, expires_at, state);
create index key_last_use_by_moment on key_last_use (used_at, key_id);
-- Revoked keys are listed by their end, too.
drop index virtual_key_by_end;
create index virtual_key_by_end on virtual_key (expires_at, id, state, search_folded);
-- So does the list of people. Who never signed in comes before everybody who did.
create index person_by_sign_in on person (coalesce(last_sign_in_at, 0), id);

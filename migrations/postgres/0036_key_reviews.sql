-- What was said of a key in the review of a quarter. Nothing stands here of keys that nobody has decided about.
create table key_review (
    -- Its first day, as days since 1970.
    quarter    bigint not null,
    key_id     text collate "C" not null references virtual_key (id),
    -- Whose it was then.
    owner_id   text collate "C" not null,
    decision   text not null,
    decided_at bigint not null,
    decided_by text collate "C" not null references person (id),
    primary key (quarter, key_id)
);
create index key_review_by_owner on key_review (quarter, owner_id, decision);
create index key_review_by_moment on key_review (quarter, decided_at, key_id);
-- The last quarter in whose review somebody decided about the key, beside the key itself: which keys wait is then read from
-- one index, by age and by whose they are.
alter table virtual_key add column reviewed_quarter bigint;
drop index virtual_key_by_age;
create index virtual_key_by_age on virtual_key (created_at, id, expires_at, state, owner_id, reviewed_quarter);

-- Days without use after which Keywright disabled a key; null: somebody did. For the previous release it was whoever
-- minted it, who may enable it.
alter table virtual_key add column disabled_unused_days integer;
-- When the owner of a key was told that nobody uses it, and when the key was enabled last.
create table key_idle (
    key_id     text not null primary key references virtual_key (id),
    told_at    integer,
    enabled_at integer
) strict, without rowid;
create index key_idle_by_told on key_idle (told_at, key_id) where told_at is not null;

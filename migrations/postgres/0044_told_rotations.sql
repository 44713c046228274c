-- Owners are told once of a rotation that they are asked for. Those that were asked for before are on their pages already.
alter table key_rotation_ask add column told_at bigint;
update key_rotation_ask set told_at = asked_at;
create index key_rotation_ask_untold on key_rotation_ask (asked_at) where told_at is null;

-- The version of its access profile that a key keeps to; null: whatever is the newest.
alter table virtual_key add column profile_version integer;
create index virtual_key_by_kept_version on virtual_key (profile_id, profile_version) where profile_version is not null;
-- Null: saved by Keywright itself, or before this was written down.
alter table access_profile_version add column saved_by text references person (id);

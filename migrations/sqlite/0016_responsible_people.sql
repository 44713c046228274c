-- Who answers for a key that a team owns, or that somebody else minted. Null, as the previous release writes it: whoever
-- minted it.
alter table virtual_key add column responsible_id text references person (id);
create index virtual_key_by_responsible on virtual_key (responsible_id);
create index virtual_key_by_creator on virtual_key (created_by);
-- Also of keys that were revoked: what they spent stays their owner's.
create index virtual_key_by_owner on virtual_key (owner_id);

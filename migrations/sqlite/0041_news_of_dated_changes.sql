-- Owners are told of changes of guardrails that come to their keys from a day on: one row for each decision, worked off in
-- batches. `after_id` is where that goes on, in the order of ids; null: it is over.
create table rollout_news (
    profile_id text not null references access_profile (id),
    decided_at integer not null,
    change     text not null check (change in ('set', 'withdrawn', 'at_once')),
    version    integer not null,
    moves_at   integer not null,
    decided_by text not null,
    -- When what is withdrawn was decided: whoever was told of that is told of this.
    told_at    integer,
    after_id   text,
    primary key (profile_id, decided_at)
) strict, without rowid;
-- Owners of keys that keep to an older version, one after the other.
create index virtual_key_kept_by_owner on virtual_key (profile_id, owner_id) where profile_version is not null;

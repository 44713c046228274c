-- Owners are told of changes of guardrails that come to their keys from a day on: one row for each decision, worked off in
-- batches. `after_id` is where that goes on, in the order of ids; null: it is over.
create table rollout_news (
    profile_id text collate "C" not null references access_profile (id),
    decided_at bigint not null,
    change     text not null check (change in ('set', 'withdrawn', 'at_once')),
    version    bigint not null,
    moves_at   bigint not null,
    decided_by text collate "C" not null,
    -- When what is withdrawn was decided: whoever was told of that is told of this.
    told_at    bigint,
    after_id   text collate "C",
    primary key (profile_id, decided_at)
);
-- Owners of keys that keep to an older version, one after the other.
create index virtual_key_kept_by_owner on virtual_key (profile_id, owner_id) where profile_version is not null;

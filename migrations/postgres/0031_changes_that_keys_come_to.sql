-- Keys that keep to an older version of their access profile come to the newest later.
create table profile_rollout (
    profile_id text collate "C" not null primary key references access_profile (id),
    -- The newest version when that was decided.
    version    bigint not null,
    -- The first moment of the day from which they all follow it. Null: each when its secret is rotated.
    moves_at   bigint
);

-- Business units: teams that share a budget. A team belongs to one or to none.
create table unit (
    id          text collate "C" not null primary key,
    name        text collate "C" not null,
    name_folded text collate "C" not null,
    created_at  bigint not null,
    constraint unit_name unique (name_folded)
);

alter table team add column unit_id text collate "C" references unit (id);
create index team_by_unit on team (unit_id);

-- What a level sets for everything below it: `organisation`, or the id of a unit, team, person or access profile. Limits
-- that were taken back stay as a row without any, so that the version goes on growing.
create table scope_limits (
    scope      text collate "C" not null primary key,
    limits     text collate "C" not null,
    version    bigint not null,
    updated_at bigint not null,
    updated_by text collate "C" references person (id)
);

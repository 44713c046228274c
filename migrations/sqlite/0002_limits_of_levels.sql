-- Business units: teams that share a budget. A team belongs to one or to none.
create table unit (
    id          text not null primary key,
    name        text not null,
    name_folded text not null,
    created_at  integer not null,
    constraint unit_name unique (name_folded)
) strict;

alter table team add column unit_id text references unit (id);
create index team_by_unit on team (unit_id);

-- What a level sets for everything below it: `organisation`, or the id of a unit, team, person or access profile. Limits
-- that were taken back stay as a row without any, so that the version goes on growing.
create table scope_limits (
    scope      text not null primary key,
    limits     text not null,
    version    integer not null,
    updated_at integer not null,
    updated_by text references person (id)
) strict, without rowid;

-- What keys are minted for, by name. Empty lists allow every profile, and everybody who may mint. Keys of an archived one
-- go on; none can be minted for it.
create table environment (
    name       text not null primary key,
    profiles   text not null,
    roles      text not null,
    teams      text not null,
    archived   integer not null,
    version    integer not null,
    created_at integer not null
) strict, without rowid;
insert into environment (name, profiles, roles, teams, archived, version, created_at) values
    ('dev', '[]', '[]', '[]', 0, 1, 0),
    ('staging', '[]', '[]', '[]', 0, 1, 0),
    ('prod', '[]', '[]', '[]', 0, 1, 0);

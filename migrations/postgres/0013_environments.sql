-- What keys are minted for, by name. Empty lists allow every profile, and everybody who may mint. Keys of an archived one
-- go on; none can be minted for it.
create table environment (
    name       text collate "C" not null primary key,
    profiles   text collate "C" not null,
    roles      text collate "C" not null,
    teams      text collate "C" not null,
    archived   boolean not null,
    version    bigint not null,
    created_at bigint not null
);
insert into environment (name, profiles, roles, teams, archived, version, created_at) values
    ('dev', '[]', '[]', '[]', false, 1, 0),
    ('staging', '[]', '[]', '[]', false, 1, 0),
    ('prod', '[]', '[]', '[]', false, 1, 0);

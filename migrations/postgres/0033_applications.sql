-- Applications with limits of their own. Keys carry the name as it was typed, so that it is compared exactly and never
-- changes.
create table application (
    id         text collate "C" not null primary key,
    name       text collate "C" not null,
    created_at bigint not null,
    constraint application_name unique (name)
);

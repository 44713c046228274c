-- How far somebody's eyes reach where it is not as usual: `developer`, `lead`, `auditor` or a person.
create table data_scope (
    holder       text collate "C" not null primary key,
    spend        text collate "C" not null,
    calls        text collate "C" not null,
    names        text collate "C" not null,
    audit        text collate "C" not null,
    cost_centres text collate "C" not null,
    version      bigint not null,
    updated_at   bigint not null,
    updated_by   text collate "C" not null references person (id)
);

-- People of a cost centre, by what the directory says.
create index directory_record_by_cost_centre on directory_record (cost_centre);

-- How far somebody's eyes reach where it is not as usual: `developer`, `lead`, `auditor` or a person.
create table data_scope (
    holder       text not null primary key,
    spend        text not null,
    calls        text not null,
    names        text not null,
    audit        text not null,
    cost_centres text not null,
    version      integer not null,
    updated_at   integer not null,
    updated_by   text not null references person (id)
) strict, without rowid;

-- People of a cost centre, by what the directory says.
create index directory_record_by_cost_centre on directory_record (cost_centre);

-- What is paid a month whatever is called, and shared among cost centres by what they used. `from_month` and `until_month`
-- are the first days of the first and of the last month, counted from 1970.
create table commitment (
    id          text not null primary key,
    name        text not null,
    provider    text references provider (id),
    monthly     integer not null,
    from_month  integer not null,
    until_month integer,
    version     integer not null,
    created_at  integer not null,
    constraint commitment_name unique (name)
) strict;

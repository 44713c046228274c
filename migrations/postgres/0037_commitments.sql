-- What is paid a month whatever is called, and shared among cost centres by what they used. `from_month` and `until_month`
-- are the first days of the first and of the last month, counted from 1970.
create table commitment (
    id          text collate "C" not null primary key,
    name        text collate "C" not null,
    provider    text collate "C" references provider (id),
    monthly     bigint not null,
    from_month  bigint not null,
    until_month bigint,
    version     bigint not null,
    created_at  bigint not null,
    constraint commitment_name unique (name)
);

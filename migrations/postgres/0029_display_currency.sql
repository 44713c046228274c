-- The currency that people read beside dollars: one row, which has none until an administrator chooses one.
create table display_currency (
    only_row bigint not null primary key check (only_row = 1),
    currency text collate "C"
);
insert into display_currency (only_row) values (1);

-- Units of a currency for one dollar, in 10⁻⁹, from a day on until the next rate's. `day` counts from 1970.
create table exchange_rate (
    currency text collate "C" not null,
    day      bigint not null,
    nano     bigint not null,
    primary key (currency, day)
);

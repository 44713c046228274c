-- Past spend of a key that was moved to another cost centre. Neither table is ever changed: what is taken back is an
-- adjustment of its own, which names the one that it undoes. `first_day` and `last_day` are what was asked for, as days
-- since 1970; no cost centre is null.
create table adjustment (
    id          text collate "C" not null primary key,
    key_id      text collate "C" not null references virtual_key (id),
    first_day   bigint not null,
    last_day    bigint not null,
    from_centre text collate "C",
    to_centre   text collate "C",
    why         text collate "C" not null,
    made_by     text collate "C" not null references person (id),
    made_at     bigint not null,
    undoes      text collate "C" references adjustment (id),
    constraint adjustment_undone_once unique (undoes)
);
create index adjustment_of_key on adjustment (key_id);

-- Two rows for each day with something to move, which add up to nothing: below zero where it was taken from, above zero
-- where it went.
create table adjustment_entry (
    adjustment_id text collate "C" not null references adjustment (id),
    day           bigint not null,
    cost_centre   text collate "C",
    amount        bigint not null check (amount <> 0),
    primary key (adjustment_id, day, amount)
);
create index adjustment_entry_by_day on adjustment_entry (day, adjustment_id);

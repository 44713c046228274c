-- What calls added up to that are no longer kept by themselves: of each account, as its money already was, and of each key.
alter table budget_counter add column carried_requests integer not null default 0;
alter table budget_counter add column carried_tokens integer not null default 0;

create table dropped_usage (
    key_num integer not null primary key,
    cost    integer not null
) strict;

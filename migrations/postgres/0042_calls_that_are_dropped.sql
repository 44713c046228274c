-- What calls added up to that are no longer kept by themselves: of each account, as its money already was, and of each key.
alter table budget_counter add column carried_requests bigint not null default 0;
alter table budget_counter add column carried_tokens bigint not null default 0;

create table dropped_usage (
    key_num bigint not null primary key,
    cost    bigint not null
);

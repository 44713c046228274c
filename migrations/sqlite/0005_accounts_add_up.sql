-- Accounts count calls and tokens too, for quotas.
alter table budget_counter add column requests integer not null default 0;
alter table budget_counter add column tokens integer not null default 0;
-- What was spent before calls remembered which accounts they were charged to.
alter table budget_counter add column carried integer not null default 0;
update budget_counter set carried = spent;
-- For the start: the windows that still matter, without reading all that ended.
create index budget_counter_by_period on budget_counter (period, period_start);

-- Labels of the accounts that a call was charged to: which, and when their windows began. With them every counter can be
-- added up again.
alter table usage_event add column charge_num integer;
alter table usage_event add column period_num integer;
-- How many more refusals a row stands for.
alter table usage_event add column repeated integer not null default 0;

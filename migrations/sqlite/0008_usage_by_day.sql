-- Spend by day and by everything that people group it by, so that no page has to read calls.

-- Where a call belonged when it was counted; 0: to none. Thousands of calls share a row.
create table usage_slice (
    num             integer primary key,
    key_num         integer not null,
    person_num      integer not null,
    team_num        integer not null,
    unit_num        integer not null,
    application_num integer not null,
    consumer_num    integer not null,
    environment_num integer not null,
    cost_centre_num integer not null,
    constraint usage_slice_whole unique (key_num, person_num, team_num, unit_num, application_num, consumer_num,
        environment_num, cost_centre_num)
) strict;
create index usage_slice_by_person on usage_slice (person_num);
create index usage_slice_by_team on usage_slice (team_num);
create index usage_slice_by_unit on usage_slice (unit_num);
create index usage_slice_by_application on usage_slice (application_num);
create index usage_slice_by_cost_centre on usage_slice (cost_centre_num);

-- Days since 1970, in the organisation's zone when the call was counted. `cache_write` is both kinds.
create table usage_day (
    day          integer not null,
    slice_num    integer not null,
    model_num    integer not null,
    provider_num integer not null,
    requests     integer not null,
    failures     integer not null,
    denials      integer not null,
    input        integer not null,
    cache_read   integer not null,
    cache_write  integer not null,
    output       integer not null,
    cost         integer not null,
    primary key (day, slice_num, model_num, provider_num)
) strict, without rowid;
create index usage_day_by_slice on usage_day (slice_num, day);

-- Days with calls. A day that is over is summed up in `usage_total` and then marked; a late call takes the mark away.
create table usage_day_state (
    day    integer not null primary key,
    summed integer not null
) strict;
create index usage_day_unsummed on usage_day_state (summed, day);

-- The days that are marked, by one dimension at a time; `dimension` is a number of the code, `value` a label or 0.
create table usage_total (
    dimension   integer not null,
    day         integer not null,
    value       integer not null,
    requests    integer not null,
    failures    integer not null,
    denials     integer not null,
    input       integer not null,
    cache_read  integer not null,
    cache_write integer not null,
    output      integer not null,
    cost        integer not null,
    primary key (dimension, day, value)
) strict, without rowid;

-- Somebody's own keys, among a hundred thousand of others.
create index virtual_key_of_owner_by_age on virtual_key (owner_id, created_at, id);
-- Counting live keys, without reading them.
create index virtual_key_by_standing on virtual_key (profile_id, state, expires_at);

-- Calls from before: with today's teams and providers, and by days of UTC, since nothing else was kept of them.
create table backfill (
    key_num integer primary key, person text, team text, unit text, application text, consumer text, environment text,
    cost_centre text
) strict;
insert into backfill (key_num, person, team, application, consumer, environment, cost_centre)
    select label.num, case when owner_id like 'per\_%' escape '\' then owner_id end,
        case when owner_id like 'team\_%' escape '\' then owner_id
            else (select case when count(*) = 1 then min(team_id) end from membership where person_id = owner_id) end,
        application, consumer, environment, cost_centre
    from label left join virtual_key on virtual_key.id = label.text where label.kind = 'key';
update backfill set unit = (select unit_id from team where team.id = backfill.team);
insert into label (kind, text)
    select 'person', person from backfill where person is not null
    union select 'team', team from backfill where team is not null
    union select 'unit', unit from backfill where unit is not null
    union select 'application', application from backfill where application is not null
    union select 'consumer', consumer from backfill where consumer is not null
    union select 'environment', environment from backfill where environment is not null
    union select 'cost_centre', cost_centre from backfill where cost_centre is not null
    union select 'provider', json_extract(deployment.value, '$.provider')
        from model, json_each(model.body, '$.deployments') deployment;
insert into usage_slice (key_num, person_num, team_num, unit_num, application_num, consumer_num, environment_num,
        cost_centre_num)
    select key_num,
        coalesce((select num from label where kind = 'person' and text = person), 0),
        coalesce((select num from label where kind = 'team' and text = team), 0),
        coalesce((select num from label where kind = 'unit' and text = unit), 0),
        coalesce((select num from label where kind = 'application' and text = application), 0),
        coalesce((select num from label where kind = 'consumer' and text = consumer), 0),
        coalesce((select num from label where kind = 'environment' and text = environment), 0),
        coalesce((select num from label where kind = 'cost_centre' and text = cost_centre), 0)
    from backfill;
create table backfill_provider (deployment_num integer primary key, provider_num integer not null) strict;
insert into backfill_provider (deployment_num, provider_num)
    select deployment_label.num, max(provider_label.num)
    from model, json_each(model.body, '$.deployments') deployment
    join label deployment_label
        on deployment_label.kind = 'deployment' and deployment_label.text = json_extract(deployment.value, '$.id')
    join label provider_label
        on provider_label.kind = 'provider' and provider_label.text = json_extract(deployment.value, '$.provider')
    group by deployment_label.num;
insert into usage_day (day, slice_num, model_num, provider_num, requests, failures, denials, input, cache_read,
        cache_write, output, cost)
    select ((usage_event.id >> 22) + 1704067200000) / 86400000, usage_slice.num, model_num, coalesce(provider_num, 0),
        sum(1 + repeated), sum(outcome in (3, 4) or (outcome = 1 and status >= 400)),
        sum(case when outcome = 5 then 1 + repeated else 0 end), sum(input), sum(cache_read),
        sum(cache_write + cache_write_1h), sum(output), sum(cost)
    from usage_event
    join usage_slice on usage_slice.key_num = usage_event.key_num
    left join backfill_provider on backfill_provider.deployment_num = usage_event.deployment_num
    group by 1, 2, 3, 4;
insert into usage_day_state (day, summed) select distinct day, 0 from usage_day;
drop table backfill;
drop table backfill_provider;

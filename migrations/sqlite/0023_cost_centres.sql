-- What finance books spend to. Days since 1970; `valid_until` is the last day. Keys and usage carry the code.
create table cost_centre (
    id          text not null primary key,
    code        text not null,
    name        text not null,
    contact     text,
    valid_from  integer,
    valid_until integer,
    version     integer not null,
    created_at  integer not null,
    constraint cost_centre_code unique (code)
) strict;

-- What a team's keys are booked to if nothing else is said.
alter table team add column booked_to text;

-- How many keys carry each.
create index virtual_key_by_cost_centre on virtual_key (cost_centre, state, expires_at);

-- Whatever was typed before there was a list is valid until somebody ends it.
insert into cost_centre (id, code, name, version, created_at)
    select 'cc_' || lower(hex(randomblob(6))), code, code, 1, 0
    from (
        select cost_centre as code from virtual_key where cost_centre is not null
        union select cost_centre from directory_record where cost_centre is not null
        union select json_extract(body, '$.gives.cost_centre') from claim_rule
            where json_extract(body, '$.gives.cost_centre') is not null
        union select text from label where kind = 'cost_centre'
    );

-- What finance books spend to. Days since 1970; `valid_until` is the last day. Keys and usage carry the code.
create table cost_centre (
    id          text collate "C" not null primary key,
    code        text collate "C" not null,
    name        text collate "C" not null,
    contact     text collate "C",
    valid_from  bigint,
    valid_until bigint,
    version     bigint not null,
    created_at  bigint not null,
    constraint cost_centre_code unique (code)
);

-- What a team's keys are booked to if nothing else is said.
alter table team add column booked_to text collate "C";

-- How many keys carry each.
create index virtual_key_by_cost_centre on virtual_key (cost_centre, state, expires_at);

-- Whatever was typed before there was a list is valid until somebody ends it. 71 bits of an id need not be secret.
insert into cost_centre (id, code, name, version, created_at)
    select 'cc_' || substr(md5(random()::text || code), 1, 12), code, code, 1, 0
    from (
        select cost_centre as code from virtual_key where cost_centre is not null
        union select cost_centre from directory_record where cost_centre is not null
        union select body::json -> 'gives' ->> 'cost_centre' from claim_rule
            where body::json -> 'gives' ->> 'cost_centre' is not null
        union select text from label where kind = 'cost_centre'
    ) known;

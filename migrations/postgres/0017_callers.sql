-- Who uses a key: one row for each secret, network and user agent on each day of UTC. What is older than a month is
-- deleted.
create table key_caller (
    key_num        bigint not null,
    secret_version bigint not null,
    network_num    bigint not null,
    agent_num      bigint not null,
    day            bigint not null,
    calls          bigint not null,
    used_at        bigint not null,
    primary key (key_num, secret_version, network_num, agent_num, day)
);
create index key_caller_by_day on key_caller (day);

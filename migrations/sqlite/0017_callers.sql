-- Who uses a key: one row for each secret, network and user agent on each day of UTC. What is older than a month is
-- deleted.
create table key_caller (
    key_num        integer not null,
    secret_version integer not null,
    network_num    integer not null,
    agent_num      integer not null,
    day            integer not null,
    calls          integer not null,
    used_at        integer not null,
    primary key (key_num, secret_version, network_num, agent_num, day)
) strict, without rowid;
create index key_caller_by_day on key_caller (day);

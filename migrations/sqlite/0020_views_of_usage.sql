-- Views of spend that people keep under a name. Who finds one: its owner, a team, or everyone.
create table usage_view (
    id          text not null primary key,
    name        text not null,
    query       text not null,
    owner_id    text not null references person (id),
    shared_with text not null,
    created_at  integer not null
) strict;
create index usage_view_by_shared_with on usage_view (shared_with, created_at);
create index usage_view_by_owner on usage_view (owner_id);

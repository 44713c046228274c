-- Views of spend that people keep under a name. Who finds one: its owner, a team, or everyone.
create table usage_view (
    id          text collate "C" not null primary key,
    name        text collate "C" not null,
    query       text collate "C" not null,
    owner_id    text collate "C" not null references person (id),
    shared_with text collate "C" not null,
    created_at  bigint not null
);
create index usage_view_by_shared_with on usage_view (shared_with, created_at);
create index usage_view_by_owner on usage_view (owner_id);

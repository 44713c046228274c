-- What people were told: facts as JSON, put into words when they are shown. Nobody is told of one occasion twice, however
-- many processes find it. `shown` is no for somebody who wants it by mail alone.
create table notification (
    id        text not null primary key,
    person_id text not null references person (id),
    kind      text not null,
    object    text not null,
    facts     text not null,
    occasion  text not null,
    shown     integer not null,
    made_at   integer not null,
    read_at   integer,
    unique (occasion, person_id)
) strict;
create index notification_by_person on notification (person_id, made_at, id) where shown;
create index notification_unread on notification (person_id, made_at, id) where shown and read_at is null;
create index notification_to_settle on notification (object, kind) where read_at is null;
create index notification_by_age on notification (made_at);

-- On which ways somebody wants to be told. Without a row, the usual ways of the kind.
create table notification_preference (
    person_id text not null references person (id),
    kind      text not null,
    in_app    integer not null,
    mail      text not null check (mail in ('never', 'at_once', 'daily')),
    primary key (person_id, kind)
) strict, without rowid;

-- What ends between two moments.
create index virtual_key_by_end on virtual_key (expires_at, id) where state <> 'revoked';
create index key_secret_by_end on key_secret (valid_until) where valid_until is not null;

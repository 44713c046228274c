-- Letters on their way out. Written in one transaction with what they tell; a summary is one letter for all that a person
-- is told until the moment it goes out. `due_at` is the next attempt: whoever makes one puts it off first, so that nobody
-- else makes the same, and a process that dies leaves it due.
create table mail (
    id         text not null primary key,
    person_id  text not null references person (id),
    summary_at integer,
    made_at    integer not null,
    due_at     integer not null,
    attempts   integer not null default 0,
    outcome    text check (outcome in ('sent', 'dropped', 'failed')),
    ended_at   integer,
    problem    text,
    check ((outcome is null) = (ended_at is null)),
    unique (person_id, summary_at)
) strict;
create index mail_due on mail (due_at) where outcome is null;
create index mail_ended on mail (outcome, ended_at, id) where outcome is not null;

alter table notification add column mail_id text;
create index notification_by_mail on notification (mail_id, made_at, id) where mail_id is not null;

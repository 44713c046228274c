-- Whoever may change a key can ask its owner to rotate the secret by a day. The row goes when it is rotated.
create table key_rotation_ask (
    key_id   text not null primary key references virtual_key (id),
    due_at   integer not null,
    asked_at integer not null,
    asked_by text not null references person (id)
) strict, without rowid;
create index key_rotation_ask_by_day on key_rotation_ask (due_at, key_id);

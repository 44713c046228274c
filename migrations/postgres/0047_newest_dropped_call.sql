-- Who counts calls reads the newest one that was dropped, and holds the row until they are counted: so it is always there.
insert into setting (name, value) values ('calls_dropped_up_to', '\x8000000000000000') on conflict (name) do nothing;

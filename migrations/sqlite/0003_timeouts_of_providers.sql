-- How long one provider may take; null: as the installation has it.
alter table provider add column connect_ms integer;
alter table provider add column first_byte_ms integer;
alter table provider add column between_events_ms integer;

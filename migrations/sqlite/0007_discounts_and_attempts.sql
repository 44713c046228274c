-- By how much calls that a provider answers cost more than the list says, in basis points; negative: less.
alter table provider add column markup_bp integer not null default 0;
-- How often providers were asked for a call; 0 for calls before this was written down.
alter table usage_event add column attempts integer not null default 0;

-- By how much calls that a provider answers cost more than the list says, in basis points; negative: less.
alter table provider add column markup_bp integer not null default 0;

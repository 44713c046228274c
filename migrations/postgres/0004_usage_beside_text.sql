-- What a call used beside text, as JSON; null for most. Tokens of other media are in `input` and `output` as well, so that
-- sums over those columns are sums of all tokens.
alter table usage_event add column beside text;

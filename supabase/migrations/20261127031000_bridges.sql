-- Placed calls, and inbound ones if wanted, are carried by media bridges. What carried them before
-- stays in its column: control planes of the release before may still run beside new ones.

alter table public.calls add column bridge text;
comment on column public.calls.hop is 'Of earlier releases: what carried the call.';
comment on column public.calls.bridge is
    'Control address of the media bridge that has the caller''s leg; null: none.';

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 11;

-- Seeing calls: what the dashboard, the funnel and operators in the room need.

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 14;

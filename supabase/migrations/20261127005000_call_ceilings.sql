-- Ceilings on inbound calls, counted as the call is claimed: version 9.

create function public.claim_call_within(
    new_call jsonb, max_calls integer, max_calls_per_caller integer,
    max_calls_per_caller_per_hour integer
) returns setof public.calls
language plpgsql set search_path = '' as $$
declare
    user_id text := new_call ->> 'caller_user_id';
    phone text := new_call ->> 'caller_phone';
    reason text;
    chosen jsonb := new_call;
    names text;
begin
    -- one after the other, or two that come at once would both find the last place free
    perform pg_advisory_xact_lock(hashtext('public.claim_call_within'));
    if max_calls > 0 and max_calls <= (
        select count(*) from public.calls as c
        where c.status in ('dialing', 'ringing', 'connecting', 'active'))
    then
        reason := 'busy';
    elsif max_calls_per_caller > 0 and max_calls_per_caller <= (
        select count(*) from public.calls as c
        where (c.caller_user_id = user_id or c.caller_phone = phone)
          and c.status in ('dialing', 'ringing', 'connecting', 'active'))
    or max_calls_per_caller_per_hour > 0 and max_calls_per_caller_per_hour <= (
        select count(*) from public.calls as c
        where (c.caller_user_id = user_id or c.caller_phone = phone)
          and c.direction = 'inbound'
          and c.created_at > (new_call ->> 'created_at')::timestamptz - interval '1 hour'
          -- who was refused has not called; else trying again would lock somebody out for good
          and c.end_reason is distinct from 'busy'
          and c.end_reason is distinct from 'caller-limit')
    then
        reason := 'caller-limit';
    end if;
    if reason is not null then
        chosen := new_call || jsonb_build_object(
            'status', 'rejected', 'end_reason', reason, 'ended_at', new_call -> 'created_at',
            'deadline_at', null, 'setup_owner', null, 'setup_until', null);
    end if;
    -- the columns that the writer knows; the others have their defaults
    select string_agg(quote_ident(k.name), ', ') into names
    from jsonb_object_keys(new_call) as k (name);
    return query execute format(
        'insert into public.calls (%1$s) '
        'select %1$s from jsonb_populate_record(null::public.calls, $1) '
        'on conflict (wacid) do nothing returning *', names) using chosen;
end
$$;
comment on function public.claim_call_within(jsonb, integer, integer, integer) is
    'Inserts a call if its wacid is new: live, or refused (rejected as busy or caller-limit) where a ceiling is reached; a ceiling of 0 is none. Returns the row, nothing if the wacid is taken.';

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 9;

-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on function public.claim_call_within(jsonb, integer, integer, integer)
    from public, anon, authenticated, service_role;
grant execute on function public.claim_call_within(jsonb, integer, integer, integer)
    to service_role;

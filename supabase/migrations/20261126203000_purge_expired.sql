-- Retention as a function, purge_expired(): version 3.

create function public.purge_expired(
    call_days integer default 180, event_days integer default 30,
    request_days integer default 30, pause_days integer default 30,
    at_most integer default null, dry_run boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    old_calls uuid[];
    old_events uuid[];
    old_requests uuid[];
    old_pauses uuid[];
    counts jsonb;
begin
    -- the policy looks back over a day of calls and a week of requests (call_standing)
    if call_days is null or call_days < 1 or event_days is null or event_days < 1
        or request_days is null or request_days < 7 or pause_days is null or pause_days < 0
        or at_most < 1
    then
        raise exception 'call_days and event_days are at least 1, request_days 7, pause_days 0, at_most 1';
    end if;
    select coalesce(array_agg(c.id), '{}') into old_calls
    from (
        select c.id from public.calls as c
        where c.ended_at < now() - make_interval(days => call_days)
        order by c.ended_at limit at_most
    ) as c;
    select coalesce(array_agg(e.id), '{}') into old_events
    from (
        select e.id from public.call_events as e
        where e.received_at < now() - make_interval(days => event_days)
          and not exists (
              select from public.calls as c where c.id = e.call_id and c.ended_at is null)
        order by e.received_at limit at_most
    ) as e;
    select coalesce(array_agg(r.id), '{}') into old_requests
    from (
        select r.id from public.consent_requests as r
        where r.requested_at < now() - make_interval(days => request_days)
        order by r.requested_at limit at_most
    ) as r;
    select coalesce(array_agg(p.id), '{}') into old_pauses
    from (
        select p.id from public.call_pauses as p
        where p.until < now() - make_interval(days => pause_days)
        order by p.until limit at_most
    ) as p;
    counts := jsonb_build_object(
        'calls', cardinality(old_calls),
        'transcripts', (
            select count(*) from public.transcripts as t where t.call_id = any (old_calls)),
        'leads', (select count(*) from public.leads as l where l.call_id = any (old_calls)),
        'follow_ups', (
            select count(*) from public.follow_ups as f where f.call_id = any (old_calls)),
        'call_events', (
            select count(*) from public.call_events as e
            where e.call_id = any (old_calls) or e.id = any (old_events)),
        'consent_requests', cardinality(old_requests),
        'call_pauses', cardinality(old_pauses));
    if dry_run then
        return counts;
    end if;
    -- a call may be all that says that two names are one person, who must not be called: the
    -- ledger learns it before the call goes, with the time of the wish
    insert into public.consents
        (id, phone_number_id, user_id, phone, kind, granted, source, source_ref, at)
    select gen_random_uuid(), known.phone_number_id, known.user_id, known.phone, 'do_not_call',
        true, 'agent', known.call_id::text, known.since
    from (
        select distinct on (c.caller_user_id, c.caller_phone)
            c.id as call_id, c.phone_number_id, c.caller_user_id as user_id,
            c.caller_phone as phone,
            public.do_not_call_since(c.caller_user_id, c.caller_phone) as since
        from public.calls as c
        where c.id = any (old_calls) and c.caller_user_id <> '' and c.caller_phone ~ '^[0-9]+$'
          and not exists (
              select from public.consents as k
              where k.user_id = c.caller_user_id and k.phone = c.caller_phone)
        order by c.caller_user_id, c.caller_phone, c.ended_at desc
    ) as known
    where known.since is not null
    on conflict (source, kind, source_ref) do nothing;
    delete from public.call_events as e where e.id = any (old_events);
    delete from public.calls as c where c.id = any (old_calls);
    delete from public.consent_requests as r where r.id = any (old_requests);
    delete from public.call_pauses as p where p.id = any (old_pauses);
    return counts;
end
$$;
comment on function public.purge_expired(integer, integer, integer, integer, integer, boolean) is
    'Deletes what is older than it may be: ended calls with all that belongs to them, raw events, requests for permission, pauses that are over; at_most of each, null: all. Live calls and consents stay. dry_run only counts. Returns what went, by table.';

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 3;

-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on function public.purge_expired(integer, integer, integer, integer, integer, boolean)
    from public, anon, authenticated, service_role;
grant execute on function public.purge_expired(integer, integer, integer, integer, integer, boolean)
    to service_role;

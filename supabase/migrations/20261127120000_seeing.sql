-- Seeing calls: what the dashboard, the funnel and operators in the room need.

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 14;

create or replace function public.errands_due(moment timestamptz, calls_before timestamptz, tells_people boolean)
returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'messages', exists (
            select from public.messages as m
            where m.status = 'open' and m.next_at <= moment
              and (m.owner is null or m.owner_until < moment)),
        'follow_ups', exists (
            select from public.follow_ups as f
            where f.status = 'open' and coalesce(f.next_at, f.due_at) <= moment
              and (f.owner is null or f.owner_until < moment)
              and (tells_people or not public.is_for_people(f))),
        'missed_calls', exists (
            select from public.call_jobs as j
            where j.kind = 'missed-call' and j.status = 'open' and j.next_at <= calls_before
              and (j.owner is null or j.owner_until < moment)),
        'oldest_message', (
            select min(m.created_at) from public.messages as m where m.status = 'open'),
        'oldest_follow_up', (
            select min(f.due_at) from public.follow_ups as f
            where f.status = 'open' and coalesce(f.next_at, f.due_at) <= moment
              and (tells_people or not public.is_for_people(f))),
        'oldest_job', (
            select min(j.next_at) from public.call_jobs as j
            where j.status = 'open' and j.next_at <= moment),
        'oldest_event', (
            select min(e.received_at) from public.call_events as e
            where e.outcome is null and e.source = 'meta'))
$$;
comment on function public.errands_due(timestamptz, timestamptz, boolean) is
    'What there is to do for whoever sends messages and executes follow-ups, and since when the oldest of each, of the work on calls that are over, and of Meta''s events waits: one look instead of five.';

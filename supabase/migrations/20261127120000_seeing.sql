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

create view public.call_outcomes with (security_invoker = true) as
select c.day, c.profile, c.direction, c.outcome, c.status, c.reason, c.n, c.answered,
    c.setup_p50_ms, c.setup_p95_ms, t.turn_p50_ms, t.turn_p95_ms,
    coalesce(t.barge_ins, 0) as barge_ins, c.cost_usd
from (
    select (k.created_at at time zone 'UTC')::date as day, k.profile, k.direction, k.outcome,
        k.status, k.end_reason as reason, count(*) as n, count(k.answered_at) as answered,
        percentile_cont(0.5) within group (order by k.setup_ms) as setup_p50_ms,
        percentile_cont(0.95) within group (order by k.setup_ms) as setup_p95_ms,
        sum(k.cost_usd) as cost_usd
    from (
        select a.created_at, a.profile, a.direction, a.outcome, a.status, a.end_reason,
            a.answered_at, a.cost_usd, case when a.direction = 'inbound'
                then extract(epoch from a.answered_at - a.created_at) * 1000 end as setup_ms
        from public.calls as a
        where a.ended_at is not null
    ) as k
    group by 1, 2, 3, 4, 5, 6
) as c
left join (
    select (k.created_at at time zone 'UTC')::date as day, k.profile, k.direction, k.outcome,
        k.status, k.end_reason as reason,
        percentile_cont(0.5) within group (order by u.response_ms) as turn_p50_ms,
        percentile_cont(0.95) within group (order by u.response_ms) as turn_p95_ms,
        count(u.barge_in_ms) as barge_ins
    from public.turns as u
    join public.calls as k on k.id = u.call_id
    where k.ended_at is not null
    group by 1, 2, 3, 4, 5, 6
) as t on t.day = c.day and t.direction = c.direction and t.status = c.status
    and t.profile is not distinct from c.profile and t.outcome is not distinct from c.outcome
    and t.reason is not distinct from c.reason;

comment on view public.call_outcomes is
    'How ended calls went, by day (UTC), profile, direction, outcome, status and reason. Set-up: of inbound calls, from Meta''s webhook to the answer. No personal data.';

create view public.lead_funnel with (security_invoker = true) as
select date_trunc('week', c.created_at at time zone 'UTC')::date as week, c.profile,
    count(*) as calls, count(c.answered_at) as answered,
    count(*) filter (where exists (
        select from public.leads as l
        where coalesce(l.first_call_id, l.call_id) = c.id
          and l.stage in ('qualified', 'won'))) as qualified,
    count(*) filter (where exists (
        select from public.follow_ups as f where f.call_id = c.id)) as follow_up,
    count(*) filter (where exists (
        select from public.leads as l
        where coalesce(l.first_call_id, l.call_id) = c.id and l.stage = 'won')) as won
from public.calls as c
where c.ended_at is not null
group by 1, 2;

comment on view public.lead_funnel is
    'From calls to customers, by week (its Monday, UTC) and profile. qualified, won: calls that began a lead whose stage is now that (or beyond); follow_up: calls in which something was agreed for later. No personal data.';

revoke all on public.call_outcomes, public.lead_funnel from public, anon, authenticated, service_role;
grant select on public.call_outcomes, public.lead_funnel to service_role;

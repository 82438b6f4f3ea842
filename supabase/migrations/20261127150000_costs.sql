-- What calls cost: Meta's pulses beside the model's tokens, and the sum of a day.

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 15;

create function public.meta_cost(
    direction text, answered_at timestamptz, ended_at timestamptz, usd_per_minute numeric
) returns numeric
language sql immutable parallel safe set search_path = ''
return case
    when direction = 'inbound' or (answered_at is null and ended_at is not null) then 0
    when ended_at is null then null
    -- a call that was answered at all is one pulse
    else greatest(1, ceil(extract(epoch from ended_at - answered_at) / 6)) * usd_per_minute / 10
end;
comment on function public.meta_cost(text, timestamptz, timestamptz, numeric) is
    'What Meta bills for a call, in USD: placed and answered ones alone, each begun 6 seconds (Meta, calling pricing); null: it goes on, or has no price.';

alter table public.calls
    add column meta_usd_per_minute numeric(10, 6) check (meta_usd_per_minute >= 0),
    add column meta_cost_usd numeric(12, 6) generated always as (
        public.meta_cost(direction, answered_at, ended_at, meta_usd_per_minute)) stored;
comment on column public.calls.meta_usd_per_minute is
    'Outbound: Meta''s price of a minute of talk, by the table on the day it was placed; null: not known.';
comment on column public.calls.meta_cost_usd is
    'What Meta bills for it, in USD, by our clock; 0 of calls that nobody pays for; null: it goes on, or its price is not known.';

create or replace view public.call_outcomes with (security_invoker = true) as
select c.day, c.profile, c.direction, c.outcome, c.status, c.reason, c.n, c.answered,
    c.setup_p50_ms, c.setup_p95_ms, t.turn_p50_ms, t.turn_p95_ms,
    coalesce(t.barge_ins, 0) as barge_ins, c.cost_usd, c.meta_cost_usd
from (
    select (k.created_at at time zone 'UTC')::date as day, k.profile, k.direction, k.outcome,
        k.status, k.end_reason as reason, count(*) as n, count(k.answered_at) as answered,
        percentile_cont(0.5) within group (order by k.setup_ms) as setup_p50_ms,
        percentile_cont(0.95) within group (order by k.setup_ms) as setup_p95_ms,
        sum(k.cost_usd) as cost_usd, sum(k.meta_cost_usd) as meta_cost_usd
    from (
        select a.created_at, a.profile, a.direction, a.outcome, a.status, a.end_reason,
            a.answered_at, a.cost_usd, a.meta_cost_usd, case when a.direction = 'inbound'
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

create function public.costs_since(since timestamptz, moment timestamptz)
returns table (profile text, usd numeric, unpriced bigint)
language sql stable set search_path = '' as $$
    select c.profile, sum(coalesce(c.cost_usd, 0) + coalesce(m.usd, 0)) as usd,
        count(*) filter (where c.answered_at is not null and c.ended_at is not null
            and (c.cost_usd is null or m.usd is null)) as unpriced
    from public.calls as c
    -- what goes on costs something already
    cross join lateral (select public.meta_cost(
        c.direction, c.answered_at, coalesce(c.ended_at, moment), c.meta_usd_per_minute) as usd
    ) as m
    where c.created_at >= since
    group by c.profile
$$;
comment on function public.costs_since(timestamptz, timestamptz) is
    'What the calls that began since then have cost so far, by profile, in USD: the model in the conversation, and Meta. unpriced: answered calls that are over and whose price is not known whole.';

revoke all on function public.meta_cost(text, timestamptz, timestamptz, numeric),
    public.costs_since(timestamptz, timestamptz)
    from public, anon, authenticated, service_role;
grant execute on function public.meta_cost(text, timestamptz, timestamptz, numeric),
    public.costs_since(timestamptz, timestamptz) to service_role;

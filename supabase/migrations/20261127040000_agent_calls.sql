-- Which worker has the agent's side of a call, so that another one may go on with it.

create table public.agent_workers (
    id text primary key check (id <> ''),
    until timestamptz not null,
    seen_at timestamptz not null default now()
);

comment on table public.agent_workers is
    'One row per worker process that carries calls by a media bridge. No personal data.';
comment on column public.agent_workers.id is 'Another one at each start.';
comment on column public.agent_workers.seen_at is
    'By the database''s clock, when it last wrote: rows of those that died are deleted after a day.';
comment on column public.agent_workers.until is
    'By its own clock; renewed several times a second. Who sees it unchanged for a second takes its calls.';

create table public.agent_calls (
    call_id uuid primary key references public.calls (id) on delete cascade,
    worker text not null check (worker <> ''),
    takes integer not null default 0 check (takes >= 0),
    state jsonb not null
);

create index agent_calls_worker on public.agent_calls (worker);

comment on table public.agent_calls is
    'Calls whose agent is up and whose sound a media bridge carries: what another worker needs to go on. No personal data.';
comment on column public.agent_calls.call_id is 'The call.';
comment on column public.agent_calls.worker is 'Which worker has the call: the id of a row of agent_workers, which may be gone.';
comment on column public.agent_calls.takes is 'How often the call was taken over from a worker that had fallen silent.';
comment on column public.agent_calls.state is
    'How far the agent is, where its leg and OpenAI''s call are, and which turns are written; nothing that was said.';

create function public.agents_seen() returns jsonb
language sql stable set search_path = '' as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'call_id', a.call_id, 'worker', a.worker, 'until', w.until, 'takes', a.takes)), '[]')
    from public.agent_calls as a
    join public.calls as c on c.id = a.call_id and c.ended_at is null
    left join public.agent_workers as w on w.id = a.worker
$$;
comment on function public.agents_seen() is
    'Live calls whose agent is up, with their workers and what these wrote last.';

create function public.agent_beat(worker_id text, worker_until timestamptz) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
    update public.agent_workers as w set until = worker_until, seen_at = now()
    where w.id = worker_id;
    if not found then
        insert into public.agent_workers (id, until) values (worker_id, worker_until)
        on conflict (id) do update set until = excluded.until;
        -- those that died without a word
        delete from public.agent_workers as w where w.seen_at < now() - interval '1 day';
        delete from public.agent_calls as a using public.calls as c
        where c.id = a.call_id and c.ended_at < now() - interval '1 day';
    end if;
    return public.agents_seen();
end
$$;
comment on function public.agent_beat(text, timestamptz) is
    'Write that a worker lives, and return agents_seen().';

create function public.agent_leave(worker_id text) returns void
language sql security definer set search_path = '' as $$
    delete from public.agent_workers as w where w.id = worker_id
$$;
comment on function public.agent_leave(text) is
    'Write that a worker is gone: its calls, if it has any, are anybody''s.';

create function public.agent_keep(
    of_call uuid, by_worker text, new_state jsonb, turns jsonb
) returns boolean
language plpgsql set search_path = '' as $$
begin
    insert into public.agent_calls as a (call_id, worker, state)
    values (of_call, by_worker, new_state)
    on conflict (call_id) do update set state = excluded.state where a.worker = excluded.worker;
    if not found then
        return false;
    end if;
    insert into public.transcripts (call_id, sequence, speaker, text, interrupted, spoken_at)
    select of_call, t.sequence, t.speaker, t.text, t.interrupted, t.spoken_at
    from jsonb_to_recordset(turns) as t (
        sequence integer, speaker text, text text, interrupted boolean, spoken_at timestamptz)
    on conflict (call_id, sequence) do nothing;
    return true;
end
$$;
comment on function public.agent_keep(uuid, text, jsonb, jsonb) is
    'Write a call''s state and its newest turns, both or neither, if this worker has the call or nobody has; else false.';

create function public.agent_take(
    of_call uuid, from_worker text, seen_until timestamptz, to_worker text
) returns jsonb
language plpgsql set search_path = '' as $$
declare
    taken public.agent_calls;
begin
    -- whoever has just written, lives
    update public.agent_calls as a set worker = to_worker, takes = a.takes + 1
    where a.call_id = of_call and a.worker = from_worker and a.worker <> to_worker
      and (select w.until from public.agent_workers as w where w.id = from_worker)
          is not distinct from seen_until
      and exists (select from public.calls as c where c.id = of_call and c.ended_at is null)
    returning a.* into taken;
    if not found then
        -- the answer to our own taking may have been lost
        select a.* into taken from public.agent_calls as a
        where a.call_id = of_call and a.worker = to_worker;
    end if;
    if not found then
        return null;
    end if;
    return jsonb_build_object('takes', taken.takes, 'state', taken.state);
end
$$;
comment on function public.agent_take(uuid, text, timestamptz, text) is
    'Give a live call to another worker if its own has not written since; returns its state, or null.';

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 12;

-- ------------------------------------------------------------------------------ who may do what

alter table public.agent_workers enable row level security;
alter table public.agent_calls enable row level security;
-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on public.agent_workers, public.agent_calls
    from public, anon, authenticated, service_role;
revoke all on function public.agents_seen(), public.agent_beat(text, timestamptz),
    public.agent_leave(text), public.agent_keep(uuid, text, jsonb, jsonb),
    public.agent_take(uuid, text, timestamptz, text)
    from public, anon, authenticated, service_role;
grant select, insert, update on public.agent_workers, public.agent_calls to service_role;
grant execute on function public.agents_seen(), public.agent_beat(text, timestamptz),
    public.agent_leave(text), public.agent_keep(uuid, text, jsonb, jsonb),
    public.agent_take(uuid, text, timestamptz, text) to service_role;

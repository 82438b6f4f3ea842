-- Calls, transcripts, events, leads and follow-ups: version 1.

-- ------------------------------------------------------------------------------------- calls

create table public.calls (
    id uuid primary key,
    wacid text unique check (wacid <> ''),
    direction text not null check (direction in ('inbound', 'outbound')),
    status text not null check (status in (
        'dialing', 'ringing', 'connecting', 'active',
        'completed', 'no_answer', 'rejected', 'failed', 'canceled')),
    phone_number_id text not null check (phone_number_id <> ''),
    caller_user_id text,
    caller_phone text,
    caller_name text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deadline_at timestamptz,
    accept_sent_at timestamptz,
    answered_at timestamptz,
    media_at timestamptz,
    ended_at timestamptz,
    duration_s double precision generated always as (
        case when answered_at is not null and ended_at is not null
             then greatest(0, extract(epoch from ended_at - answered_at)::double precision)
        end) stored,
    end_reason text check (end_reason ~ '^[a-z]+(-[a-z]+)*$'),
    end_requested text check (end_requested ~ '^[a-z]+(-[a-z]+)*$'),
    ended_by_peer boolean not null default false,
    released_at timestamptz,
    caller_sid text,
    timings jsonb not null default '{}' check (jsonb_typeof(timings) = 'object'),
    outcome text,
    summary text,

    constraint calls_end_is_whole check (
        (status in ('completed', 'no_answer', 'rejected', 'failed', 'canceled'))
            = (ended_at is not null)
        and (ended_at is null) = (end_reason is null)),
    constraint calls_answered_has_time check (
        status not in ('active', 'completed') or answered_at is not null),
    constraint calls_released_after_end check (released_at is null or ended_at is not null),
    constraint calls_inbound_has_wacid check (direction = 'outbound' or wacid is not null),
    constraint calls_only_outbound_dials check (direction = 'outbound' or status <> 'dialing')
);

comment on table public.calls is
    'One row per call: its current summary. Whoever inserts the row owns the set-up.';
comment on column public.calls.id is
    'Ours, minted before anybody else knows of the call; the LiveKit room is wa-<id>.';
comment on column public.calls.wacid is
    'PII: Meta''s call id; it contains both phone numbers in base64. Null while an outbound call has none yet.';
comment on column public.calls.direction is 'Seen from the business: inbound or outbound.';
comment on column public.calls.status is
    'dialing -> ringing -> connecting -> active, then one final status: completed (talked and hung up), no_answer, rejected, failed, canceled. call_may_become() has the arrows.';
comment on column public.calls.phone_number_id is
    'Meta''s id of the business line; not a phone number.';
comment on column public.calls.caller_user_id is
    'PII: the person''s business-scoped user id; stays when they change their username.';
comment on column public.calls.caller_phone is
    'PII: the person''s phone number, digits without +; null when they hide it.';
comment on column public.calls.caller_name is 'PII: the person''s profile name.';
comment on column public.calls.created_at is 'When we learnt of the call.';
comment on column public.calls.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.calls.deadline_at is
    'When somebody has to look at this call again; what it means follows from the status.';
comment on column public.calls.accept_sent_at is
    'When accept left for Meta: from here on Meta must be told terminate, before it reject.';
comment on column public.calls.answered_at is
    'When the call was answered; null: never. Decides whether it counts as answered.';
comment on column public.calls.media_at is 'When the phone''s audio first reached the SFU.';
comment on column public.calls.ended_at is 'When the call ended; set exactly with a final status.';
comment on column public.calls.duration_s is
    'Seconds from answered_at to ended_at; null if never answered or still running.';
comment on column public.calls.end_reason is
    'Why the call ended: a kebab-case slug such as caller-hangup or agent-not-ready.';
comment on column public.calls.end_requested is
    'Why the agent wants the call to end; the control plane ends it with this reason.';
comment on column public.calls.ended_by_peer is
    'Meta told us of the end, so Meta needs no terminate from us.';
comment on column public.calls.released_at is
    'When nothing of the ended call was left at Meta and LiveKit; null: still to be cleaned up.';
comment on column public.calls.caller_sid is 'LiveKit''s participant id of the accepted leg.';
comment on column public.calls.timings is
    'Set-up step -> milliseconds since the offer reached us.';
comment on column public.calls.outcome is 'What came of the call, as the agent logged it.';
comment on column public.calls.summary is 'PII: the agent''s summary of the conversation.';

create index calls_created_at on public.calls (created_at desc, id desc);
create index calls_live on public.calls (deadline_at)
    where status in ('dialing', 'ringing', 'connecting', 'active');
create index calls_unreleased on public.calls (ended_at)
    where ended_at is not null and released_at is null;
create index calls_caller_user_id on public.calls (caller_user_id)
    where caller_user_id is not null;
create index calls_caller_phone on public.calls (caller_phone) where caller_phone is not null;

create function public.call_may_become(old_status text, new_status text) returns boolean
language sql immutable set search_path = ''
return case old_status
    when 'dialing' then
        new_status in ('ringing', 'active', 'completed', 'no_answer', 'rejected', 'failed', 'canceled')
    when 'ringing' then
        new_status in ('connecting', 'active', 'completed', 'no_answer', 'rejected', 'failed', 'canceled')
    when 'connecting' then
        new_status in ('active', 'completed', 'no_answer', 'rejected', 'failed', 'canceled')
    when 'active' then
        new_status in ('completed', 'no_answer', 'rejected', 'failed', 'canceled')
    else false
end;
comment on function public.call_may_become(text, text) is
    'Whether a call may go from one status to another (different) one.';

create function public.guard_call() returns trigger
language plpgsql set search_path = '' as $$
begin
    if new.id <> old.id or new.direction <> old.direction then
        raise exception 'id and direction of a call never change';
    end if;
    if old.wacid is not null and new.wacid is distinct from old.wacid then
        raise exception 'the wacid of a call never changes once it is known';
    end if;
    if new.status <> old.status and not public.call_may_become(old.status, new.status) then
        raise exception 'a call cannot go from % to %', old.status, new.status
            using hint = 'Compare and set: update where status is what you expect.';
    end if;
    if old.ended_at is not null and (
        new.end_reason is distinct from old.end_reason
        or new.ended_at is distinct from old.ended_at
        or new.answered_at is distinct from old.answered_at
    ) then
        raise exception 'a call ends once: end_reason, ended_at and answered_at stay'
            using hint = 'Compare and set: update where status is still a live one.';
    end if;
    return new;
end
$$;
comment on function public.guard_call() is
    'Trigger: legal transitions only, and what has ended stays ended the way it did.';

create function public.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function public.touch_updated_at() is 'Trigger: keeps updated_at.';

create trigger guard before update on public.calls
    for each row execute function public.guard_call();
create trigger touch before update on public.calls
    for each row execute function public.touch_updated_at();

-- ------------------------------------------------------------------------------- transcripts

create table public.transcripts (
    call_id uuid not null references public.calls (id) on delete cascade,
    sequence integer not null check (sequence >= 1),
    speaker text not null check (speaker in ('user', 'assistant')),
    text text not null,
    interrupted boolean not null default false,
    spoken_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (call_id, sequence)
);

comment on table public.transcripts is
    'Finished turns of both sides; written once, never changed. Retention: with the call.';
comment on column public.transcripts.call_id is 'The call.';
comment on column public.transcripts.sequence is 'Order within the call, from 1.';
comment on column public.transcripts.speaker is 'user (the person at the phone) or assistant.';
comment on column public.transcripts.text is 'PII: what was said.';
comment on column public.transcripts.interrupted is
    'The caller spoke over this turn; text holds what was heard of it.';
comment on column public.transcripts.spoken_at is 'When the turn was finished.';
comment on column public.transcripts.created_at is 'When the row was written.';

-- ------------------------------------------------------------------------------- call_events

create table public.call_events (
    id uuid primary key,
    source text not null check (source in ('meta', 'livekit', 'controlplane', 'agent', 'operator')),
    kind text not null check (kind <> ''),
    received_at timestamptz not null,
    call_id uuid references public.calls (id) on delete cascade,
    wacid text,
    payload jsonb not null default '{}',
    outcome text check (outcome in (
        'handled', 'duplicate', 'stale', 'ignored', 'unknown', 'failed', 'recorded')),
    taken_at timestamptz,
    created_at timestamptz not null default now()
);

comment on table public.call_events is
    'What we were told and what went wrong, raw, stored before it is worked on. Append-only but for what became of an event. Retention: 30 days.';
comment on column public.call_events.id is
    'Minted by whoever writes, so that a repeated write stays one row.';
comment on column public.call_events.source is
    'Who told us: meta, livekit, controlplane, agent or operator.';
comment on column public.call_events.kind is
    'connect, terminate, status, participant_left, error, step, ...';
comment on column public.call_events.received_at is 'When it reached us.';
comment on column public.call_events.call_id is
    'The call, once known; null for events that concern none of ours.';
comment on column public.call_events.wacid is 'PII: Meta''s call id, as the event names it.';
comment on column public.call_events.payload is
    'PII: the raw event, with numbers, names and session descriptions.';
comment on column public.call_events.outcome is
    'What became of it: handled, duplicate, stale, ignored, unknown, failed, recorded; null: not worked on yet.';
comment on column public.call_events.taken_at is
    'When somebody took it up after its receiver did not finish; see take_pending_events().';
comment on column public.call_events.created_at is 'When the row was written.';

create index call_events_call_id on public.call_events (call_id, received_at);
create index call_events_wacid on public.call_events (wacid) where wacid is not null;
create index call_events_received_at on public.call_events (received_at);
create index call_events_pending on public.call_events (received_at)
    where outcome is null and source = 'meta';

create function public.guard_call_event() returns trigger
language plpgsql set search_path = '' as $$
begin
    if row(new.id, new.source, new.kind, new.received_at, new.wacid, new.payload, new.created_at)
        is distinct from
       row(old.id, old.source, old.kind, old.received_at, old.wacid, old.payload, old.created_at)
    then
        raise exception 'call_events is append-only: only outcome, call_id and taken_at may change';
    end if;
    return new;
end
$$;
comment on function public.guard_call_event() is 'Trigger: what we were told is not rewritten.';

create trigger guard before update on public.call_events
    for each row execute function public.guard_call_event();

create function public.take_pending_events(
    received_before timestamptz, taken_before timestamptz, taken_now timestamptz
) returns setof public.call_events
language sql volatile set search_path = '' as $$
    with due as materialized (
        select e.id
        from public.call_events as e
        where e.source = 'meta' and e.outcome is null
          and e.received_at < take_pending_events.received_before
          and (e.taken_at is null or e.taken_at < take_pending_events.taken_before)
        order by e.received_at
        limit 100
        for update skip locked
    )
    update public.call_events as e
    set taken_at = take_pending_events.taken_now
    from due
    where e.id = due.id
    returning e.*
$$;
comment on function public.take_pending_events(timestamptz, timestamptz, timestamptz) is
    'Claims up to 100 events of Meta that were stored but never worked on, oldest first; each goes to one taker, until taken_before passes it.';

-- ------------------------------------------------------------------------------------- leads

create table public.leads (
    call_id uuid primary key references public.calls (id) on delete cascade,
    name text,
    phone text,
    email text,
    interest text,
    notes text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

comment on table public.leads is
    'What the agent learnt about a caller who may become a customer: at most one row per call; later writes fill in and correct. Retention: with the call.';
comment on column public.leads.call_id is 'The call.';
comment on column public.leads.name is 'PII: the name that the caller gave.';
comment on column public.leads.phone is 'PII: the number at which the caller wants to be reached.';
comment on column public.leads.email is 'PII: the address that the caller gave.';
comment on column public.leads.interest is 'PII: what the caller wants, in their words.';
comment on column public.leads.notes is 'PII: what else the agent noted.';
comment on column public.leads.created_at is 'When the row was written.';
comment on column public.leads.updated_at is 'When the row last changed; kept by a trigger.';

create trigger touch before update on public.leads
    for each row execute function public.touch_updated_at();

-- -------------------------------------------------------------------------------- follow_ups

create table public.follow_ups (
    id uuid primary key,
    call_id uuid not null references public.calls (id) on delete cascade,
    due_at timestamptz not null,
    channel text not null check (channel in ('call', 'message', 'email')),
    purpose text not null,
    created_at timestamptz not null default now()
);

comment on table public.follow_ups is
    'Something to be done after a call. Retention: with the call.';
comment on column public.follow_ups.id is
    'Derived from call and content, so that a repeated request stays one row.';
comment on column public.follow_ups.call_id is 'The call in which it was agreed.';
comment on column public.follow_ups.due_at is 'When it is due.';
comment on column public.follow_ups.channel is 'How: call, message or email.';
comment on column public.follow_ups.purpose is 'PII: what for, in the agent''s words.';
comment on column public.follow_ups.created_at is 'When the row was written.';

create index follow_ups_call_id on public.follow_ups (call_id, due_at);
create index follow_ups_due_at on public.follow_ups (due_at);

-- ------------------------------------------------------------------------------ call_timeline

create view public.call_timeline with (security_invoker = true) as
select e.call_id, e.received_at as at, e.source as who, e.kind as what, e.outcome as detail
from public.call_events as e
where e.call_id is not null
union all
select t.call_id, t.spoken_at, t.speaker, 'said', t.text
from public.transcripts as t;

comment on view public.call_timeline is
    'PII: events and spoken turns of a call in one list; order it by at.';

-- ------------------------------------------------------------------------------------ version

create function public.schema_version() returns integer
language sql immutable set search_path = ''
return 1;
comment on function public.schema_version() is
    'The version of this file that the database has; the control plane compares it with its own.';

-- ------------------------------------------------------------------------------ who may do what

alter table public.calls enable row level security;
alter table public.transcripts enable row level security;
alter table public.call_events enable row level security;
alter table public.leads enable row level security;
alter table public.follow_ups enable row level security;

-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on public.calls, public.transcripts, public.call_events, public.leads,
    public.follow_ups, public.call_timeline from public, anon, authenticated, service_role;
revoke all on function public.call_may_become(text, text), public.guard_call(),
    public.touch_updated_at(), public.guard_call_event(), public.schema_version(),
    public.take_pending_events(timestamptz, timestamptz, timestamptz)
    from public, anon, authenticated, service_role;

grant usage on schema public to service_role;
grant select, insert, update on public.calls, public.leads to service_role;
grant select, insert on public.transcripts, public.call_events, public.follow_ups to service_role;
grant update (outcome, call_id, taken_at) on public.call_events to service_role;
grant select on public.call_timeline to service_role;
grant execute on function public.call_may_become(text, text), public.schema_version(),
    public.take_pending_events(timestamptz, timestamptz, timestamptz) to service_role;

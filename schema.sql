-- The database of the WhatsApp calling stack: the whole truth, for an empty Supabase project
-- (Postgres 17). Apply it as one transaction:
--
--     psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -1 -f schema.sql
--
-- or paste it into the project's SQL editor, which runs it as one transaction too. A project that
-- has an earlier version of it is brought here by supabase/migrations (`wacall database migrate`);
-- a test holds that both ways lead to the same.
--
-- Who may do what. Only the server side (role service_role, the project's secret key) reads and
-- writes; row-level security is on everywhere and no table has a policy, so that anon and
-- authenticated see nothing even if a grant slips in. Nobody but the owner deletes; a person is
-- forgotten by erase_person(), and consents is append-only even for the owner.
--
-- Personal data and retention. Columns whose comment starts with "PII:" hold personal data. What a
-- caller may expect: raw events go after 30 days, calls with their transcripts, leads and
-- follow-ups 180 days after their end, sooner where the law or the person asks for it. That is
-- purge_expired(), which the control plane calls once a day (settings RETENTION_*). Where none runs
-- all the time, call it by `wacall database purge`, or in the database, once pg_cron is enabled:
--
--     select cron.schedule('wacall-purge', '17 3 * * *', 'select public.purge_expired()');
--
-- To erase one person (`wacall consent erase`), by either name (null for the other):
--
--     select public.erase_person('<user id>', '<digits of the phone number>');

-- ------------------------------------------------------------------------------------ people

-- The table of shared/call/number.py, with its sources; a test compares the two.
create function public.phone_key(phone text) returns text
language sql immutable parallel safe set search_path = ''
return (
    select coalesce((
        select found.groups[1] || spelling.inserted || found.groups[2]
        from (values
            (1, '55', '^(55[1-9][0-9])([6-9][0-9]{7})$', '9'),
            (2, '52', '^(52)1([2-9][0-9]{9})$', ''),
            (3, '54', '^(54)([1-8][0-9]{9})$', '9'),
            (4, '225', '^(225)([014-9][0-3][0-9]{6})$', '01'),
            (5, '225', '^(225)([014-9][4-6][0-9]{6})$', '05'),
            (6, '225', '^(225)([014-9][7-9][0-9]{6})$', '07'),
            (7, '225', '^(225)(2[0-9]8[0-9]{5})$', '21'),
            (8, '225', '^(225)([23][0-9]0[0-9]{5})$', '25'),
            (9, '225', '^(225)([23][0-9]{7})$', '27'),
            (10, '229', '^(229)([2-9][0-9]{7})$', '01'),
            (11, '241', '^(241)0?([256][0-9]{6})$', '6'),
            (12, '241', '^(241)0?([47][0-9]{6})$', '7'),
            (13, '241', '^(241)0?(1[0-9]{6})$', '1'),
            (14, '241', '^(241)0([167][0-9]{7})$', ''),
            (15, '237', '^(237)([5-79][0-9]{7})$', '6'),
            (16, '237', '^(237)([23][0-9]{7})$', '2'),
            (17, '84', '^(84)16([2-9][0-9]{7})$', '3'),
            (18, '84', '^(84)120([0-9]{7})$', '70'),
            (19, '84', '^(84)121([0-9]{7})$', '79'),
            (20, '84', '^(84)122([0-9]{7})$', '77'),
            (21, '84', '^(84)126([0-9]{7})$', '76'),
            (22, '84', '^(84)128([0-9]{7})$', '78'),
            (23, '84', '^(84)12([345][0-9]{7})$', '8'),
            (24, '84', '^(84)127([0-9]{7})$', '81'),
            (25, '84', '^(84)129([0-9]{7})$', '82'),
            (26, '84', '^(84)18([68][0-9]{7})$', '5'),
            (27, '84', '^(84)199([0-9]{7})$', '59')
        ) as spelling (place, country_code, pattern, inserted)
        cross join lateral (
            select case when starts_with(given.digits, spelling.country_code)
                then regexp_match(given.digits, spelling.pattern) end as groups
        ) as found
        where found.groups is not null
        order by spelling.place
        limit 1
    ), given.digits)
    from (
        select nullif(regexp_replace(
            regexp_replace(phone_key.phone, '[^0-9]', '', 'g'), '^00(?=[1-9])', ''), '') as digits
    ) as given
);
comment on function public.phone_key(text) is
    'What all spellings of one phone number share, such as Brazil''s with and without the ninth digit: digits, the country code first; null without any.';

-- ------------------------------------------------------------------------------------- calls

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
    caller_phone_key text generated always as (public.phone_key(caller_phone)) stored,
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
    hop text,
    dialed_at timestamptz,
    linked_at timestamptz,
    setup_owner text,
    setup_until timestamptz,
    setup_takes integer not null default 0,
    answer_sdp text,
    timings jsonb not null default '{}' check (jsonb_typeof(timings) = 'object'),
    outcome text,
    summary text,
    origin jsonb not null default '{}' check (jsonb_typeof(origin) = 'object'),
    bridge text,
    profile text,
    sentiment text check (sentiment in ('positive', 'neutral', 'negative', 'mixed')),
    off_purpose_turns integer not null default 0 check (off_purpose_turns >= 0),
    cost_usd numeric(12, 6) check (cost_usd >= 0),
    max_duration_s double precision check (max_duration_s > 0),
    meta_usd_per_minute numeric(10, 6) check (meta_usd_per_minute >= 0),
    meta_cost_usd numeric(12, 6) generated always as (
        public.meta_cost(direction, answered_at, ended_at, meta_usd_per_minute)) stored,

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
    'One row per call: its current summary. Whoever inserts the row holds its set-up, for as long as it says so.';
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
comment on column public.calls.caller_phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
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
comment on column public.calls.hop is 'Of earlier releases: what carried the call.';
comment on column public.calls.bridge is
    'Control address of the media bridge that has the caller''s leg; null: none.';
comment on column public.calls.dialed_at is
    'Outbound: when one replica began to dial; set once, so that no phone rings twice.';
comment on column public.calls.linked_at is
    'Outbound: when one replica took Meta''s answer to build the media path; set once.';
comment on column public.calls.setup_owner is
    'Which process works on the set-up, while one does; any other one may take it over once this one is silent.';
comment on column public.calls.setup_until is
    'Until when that process holds the set-up, by its own clock; renewed several times a second.';
comment on column public.calls.setup_takes is
    'How often the set-up was taken over from a process that had fallen silent.';
comment on column public.calls.answer_sdp is
    'Inbound: what Meta is answered with, kept until the call is answered or over: whoever takes the set-up over needs it.';
comment on column public.calls.timings is
    'Set-up step -> milliseconds since the offer reached us.';
comment on column public.calls.outcome is 'What came of the call, as the agent logged it.';
comment on column public.calls.summary is 'PII: the agent''s summary of the conversation.';
comment on column public.calls.origin is
    'PII: what the call button or link carried: cta_payload, deeplink_payload, biz_opaque_callback_data, each of at most 512 characters. Anybody can write such a link.';
comment on column public.calls.profile is
    'Which profile the agent speaks by; null: of earlier releases, or a call that nobody took.';
comment on column public.calls.sentiment is
    'How the person left the conversation, as the work after the call judges it.';
comment on column public.calls.off_purpose_turns is
    'How often the person asked for what the line is not for.';
comment on column public.calls.cost_usd is
    'What the model cost, by a dated price table; null: not known.';
comment on column public.calls.max_duration_s is
    'How long the profile lets the call last, in seconds; null: as long as all calls.';
comment on column public.calls.meta_usd_per_minute is
    'Outbound: Meta''s price of a minute of talk, by the table on the day it was placed; null: not known.';
comment on column public.calls.meta_cost_usd is
    'What Meta bills for it, in USD, by our clock; 0 of calls that nobody pays for; null: it goes on, or its price is not known.';

create index calls_created_at on public.calls (created_at desc, id desc);
create index calls_live on public.calls (deadline_at)
    where status in ('dialing', 'ringing', 'connecting', 'active');
create index calls_in_setup on public.calls (created_at)
    where setup_owner is not null and ended_at is null;
create index calls_unreleased on public.calls (ended_at)
    where ended_at is not null and released_at is null;
create index calls_caller_user_id on public.calls (caller_user_id)
    where caller_user_id is not null;
create index calls_caller_phone on public.calls (caller_phone_key)
    where caller_phone_key is not null;

-- The arrows of controlplane/core/lifecycle.py; a test compares the two.
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

create function public.is_guessed_end(reason text) returns boolean
language sql immutable set search_path = ''
return reason in ('media-lost', 'media-timeout', 'media-silent', 'room-lost', 'agent-lost',
    'setup-timeout', 'not-answered');
comment on function public.is_guessed_end(text) is
    'Whether this end was inferred, from silence or from who was gone: Meta may know better.';

create function public.guard_call() returns trigger
language plpgsql set search_path = '' as $$
declare
    corrects boolean := old.ended_at is not null and not old.ended_by_peer and new.ended_by_peer
        and new.ended_at < old.ended_at and public.is_guessed_end(old.end_reason);
begin
    if new.id <> old.id or new.direction <> old.direction then
        raise exception 'id and direction of a call never change';
    end if;
    if old.wacid is not null and new.wacid is distinct from old.wacid then
        raise exception 'the wacid of a call never changes once it is known';
    end if;
    if new.status <> old.status and not corrects
        and not public.call_may_become(old.status, new.status)
    then
        raise exception 'a call cannot go from % to %', old.status, new.status
            using hint = 'Compare and set: update where status is what you expect.';
    end if;
    if old.ended_at is not null and not corrects and (
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
    'Trigger: legal transitions only, and what has ended stays ended the way it did; but an end that was guessed is corrected once, by an earlier one that Meta tells.';

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

create function public.claim_call_within(
    new_call jsonb, max_calls integer, max_calls_per_caller integer,
    max_calls_per_caller_per_hour integer
) returns setof public.calls
language plpgsql set search_path = '' as $$
declare
    user_id text := new_call ->> 'caller_user_id';
    their_key text := public.phone_key(new_call ->> 'caller_phone');
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
        where (c.caller_user_id = user_id or c.caller_phone_key = their_key)
          and c.status in ('dialing', 'ringing', 'connecting', 'active'))
    or max_calls_per_caller_per_hour > 0 and max_calls_per_caller_per_hour <= (
        select count(*) from public.calls as c
        where (c.caller_user_id = user_id or c.caller_phone_key = their_key)
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
    'PII: the raw event, with numbers, names and session descriptions. Of messages that decide nothing, and of other lines, only who, when and what kind; then redacted is true.';
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
    call_id uuid not null references public.calls (id) on delete cascade,
    name text,
    phone text,
    phone_key text generated always as (
        case when phone ~ '^[[:space:]]*([+]|00)' then public.phone_key(phone) end) stored,
    email text,
    interest text,
    notes text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    id uuid not null default gen_random_uuid() primary key,
    business text not null default 'default' check (business <> ''),
    person_user_id text check (person_user_id <> ''),
    person_phone_key text check (person_phone_key ~ '^[0-9]+$'),
    first_call_id uuid references public.calls (id) on delete set null,
    stage text not null default 'new' check (stage in ('new', 'qualified', 'won', 'lost')),
    may_follow_up boolean,
    may_market boolean
);

comment on table public.leads is
    'What the agent learnt about somebody who may become a customer: one row per person and business; later calls fill in and correct. Retention: with its newest call.';
comment on column public.leads.id is 'Stays for as long as the row.';
comment on column public.leads.call_id is 'The newest call of the person that wrote here.';
comment on column public.leads.first_call_id is
    'The call that wrote here first; null once that is deleted.';
comment on column public.leads.business is 'The profile of the business that it is a lead of.';
comment on column public.leads.person_user_id is
    'PII: the business-scoped user id of whom we spoke with.';
comment on column public.leads.person_phone_key is
    'PII: what all spellings of the number share from which, or to which, the call was.';
comment on column public.leads.stage is 'new, qualified, won or lost.';
comment on column public.leads.may_follow_up is
    'Whether the person agreed to be contacted about what they asked for; null: nobody asked.';
comment on column public.leads.may_market is
    'Whether the person agreed to be told of other offers; null: nobody asked. The ledger (consents) has the proof.';
comment on column public.leads.name is 'PII: the name that the caller gave.';
comment on column public.leads.phone is 'PII: the number at which the caller wants to be reached.';
comment on column public.leads.phone_key is
    'PII: what all spellings of the number share; null for one that was given without its country code.';
comment on column public.leads.email is 'PII: the address that the caller gave.';
comment on column public.leads.interest is 'PII: what the caller wants, in their words.';
comment on column public.leads.notes is 'PII: what else the agent noted.';
comment on column public.leads.created_at is 'When the row was written.';
comment on column public.leads.updated_at is 'When the row last changed; kept by a trigger.';

create index leads_phone on public.leads (phone_key) where phone_key is not null;
create index leads_call_id on public.leads (call_id);
create index leads_first_call_id on public.leads (first_call_id);
create unique index leads_of_user on public.leads (business, person_user_id)
    where person_user_id is not null;
create unique index leads_of_phone on public.leads (business, person_phone_key)
    where person_phone_key is not null and person_user_id is null;
create unique index leads_of_nobody on public.leads (call_id)
    where person_phone_key is null and person_user_id is null;

create trigger touch before update on public.leads
    for each row execute function public.touch_updated_at();

create function public.upsert_lead(of_call uuid, given jsonb) returns setof public.leads
language plpgsql set search_path = '' as $$
declare
    theirs public.calls;
    firm text;
    their_key text;
    found_id uuid;
begin
    select c.* into theirs from public.calls as c where c.id = of_call;
    if not found then
        return;
    end if;
    firm := coalesce(theirs.profile, 'default');
    their_key := theirs.caller_phone_key;
    -- two calls of one person at once write one row
    perform pg_advisory_xact_lock(hashtext('public.upsert_lead.' || firm));
    select l.id into found_id
    from public.leads as l
    where l.business = firm and (
        l.person_user_id = nullif(theirs.caller_user_id, '')
        -- a number may have gone to somebody else: where both have an id, the id decides
        or l.person_phone_key = their_key
           and (l.person_user_id is null or nullif(theirs.caller_user_id, '') is null)
        or l.call_id = of_call and l.person_user_id is null and l.person_phone_key is null)
    order by (l.person_user_id = nullif(theirs.caller_user_id, '')) desc nulls last,
        l.updated_at desc
    limit 1;
    if found_id is null then
        insert into public.leads (call_id, first_call_id, business, person_user_id,
            person_phone_key)
        values (of_call, of_call, firm, nullif(theirs.caller_user_id, ''), their_key)
        returning leads.id into found_id;
    end if;
    if given ? 'may_market' and (given ->> 'may_market') is not null
        and coalesce(nullif(theirs.caller_user_id, ''), theirs.caller_phone) is not null
    then
        insert into public.consents
            (id, phone_number_id, user_id, phone, kind, granted, source, source_ref, at)
        values (gen_random_uuid(), theirs.phone_number_id, nullif(theirs.caller_user_id, ''),
            nullif(regexp_replace(theirs.caller_phone, '[^0-9]', '', 'g'), ''),
            'marketing_follow_up', (given ->> 'may_market')::boolean, 'agent',
            of_call::text || ':lead:' || (given ->> 'may_market'), now())
        on conflict (source, kind, source_ref) do nothing;
    end if;
    return query
    update public.leads as l
    set call_id = of_call,
        person_user_id = coalesce(nullif(theirs.caller_user_id, ''), l.person_user_id),
        person_phone_key = coalesce(their_key, l.person_phone_key),
        name = coalesce(given ->> 'name', l.name),
        phone = coalesce(given ->> 'phone', l.phone),
        email = coalesce(given ->> 'email', l.email),
        interest = coalesce(given ->> 'interest', l.interest),
        notes = coalesce(given ->> 'notes', l.notes),
        stage = coalesce(given ->> 'stage', l.stage),
        may_follow_up = coalesce((given ->> 'may_follow_up')::boolean, l.may_follow_up),
        may_market = coalesce((given ->> 'may_market')::boolean, l.may_market)
    where l.id = found_id
    returning l.*;
end
$$;
comment on function public.upsert_lead(uuid, jsonb) is
    'Writes what was learnt of a call''s person into their lead with that business, and returns it; what is not given stays. No row: no such call.';

-- -------------------------------------------------------------------------------- follow_ups

create table public.follow_ups (
    id uuid primary key,
    call_id uuid not null references public.calls (id) on delete cascade,
    due_at timestamptz not null,
    channel text not null,
    purpose text not null,
    created_at timestamptz not null default now(),
    time_zone text not null default 'UTC' check (time_zone <> ''),
    source text not null default 'agent' check (source in ('agent', 'workflow', 'operator')),
    kind text not null default 'follow-up' check (kind ~ '^[a-z]+(-[a-z]+)*$'),
    body text,
    status text not null default 'open' check (status in ('open', 'done', 'failed', 'canceled')),
    attempts integer not null default 0 check (attempts >= 0),
    next_at timestamptz,
    owner text check (owner <> ''),
    owner_until timestamptz,
    last_error text,
    finished_at timestamptz,
    updated_at timestamptz not null default now(),
    placed_call_id uuid references public.calls (id) on delete set null,

    constraint follow_ups_channel_check check (channel in ('call', 'message', 'email', 'task'))
);

comment on table public.follow_ups is
    'Something to be done after a call: by us (call, message), or by people (email, task), who are told by the operator''s webhook. Retention: with the call.';
comment on column public.follow_ups.id is
    'Derived from call and content, so that a repeated request stays one row.';
comment on column public.follow_ups.call_id is 'The call in which it was agreed.';
comment on column public.follow_ups.due_at is 'When it is due.';
comment on column public.follow_ups.purpose is 'PII: what for, in the agent''s words.';
comment on column public.follow_ups.created_at is 'When the row was written.';
comment on column public.follow_ups.channel is 'How: call, message, email or task.';
comment on column public.follow_ups.time_zone is 'The zone in which the time was agreed.';
comment on column public.follow_ups.source is
    'Who wanted it: agent (in the call), workflow (after it), operator.';
comment on column public.follow_ups.kind is
    'What it is, as a slug: follow-up, human-request, promise.';
comment on column public.follow_ups.body is
    'PII: the text to send; null: purpose tells people, and no message is sent.';
comment on column public.follow_ups.status is 'open, done, failed (for good) or canceled.';
comment on column public.follow_ups.attempts is 'How often it was tried.';
comment on column public.follow_ups.next_at is 'When it is tried next; null: at due_at.';
comment on column public.follow_ups.owner is 'Which process is trying it; null: nobody.';
comment on column public.follow_ups.owner_until is
    'Until when that process holds it; later it is anybody''s.';
comment on column public.follow_ups.last_error is 'Why the last try failed; no personal data.';
comment on column public.follow_ups.finished_at is 'When it was done, or given up.';
comment on column public.follow_ups.updated_at is 'When the row last changed; kept by a trigger.';
comment on column public.follow_ups.placed_call_id is 'The call that was placed for it.';

create index follow_ups_call_id on public.follow_ups (call_id, due_at);
create index follow_ups_due_at on public.follow_ups (due_at);
create index follow_ups_placed_call_id on public.follow_ups (placed_call_id)
    where placed_call_id is not null;
create index follow_ups_open on public.follow_ups (coalesce(next_at, due_at))
    where status = 'open';

create trigger touch before update on public.follow_ups
    for each row execute function public.touch_updated_at();

create function public.is_for_people(f public.follow_ups) returns boolean
language sql immutable set search_path = '' as $$
    select f.channel in ('email', 'task') or f.kind = 'human-request'
        or f.channel = 'message' and f.body is null
$$;
comment on function public.is_for_people(public.follow_ups) is
    'Whether people do it, not this program: they are told by the operator''s webhook, if there is one.';

create function public.take_follow_ups(
    taker text, moment timestamptz, until timestamptz, at_most integer, tells_people boolean
) returns setof public.follow_ups
language sql volatile set search_path = '' as $$
    with due as materialized (
        select f.id from public.follow_ups as f
        where f.status = 'open' and coalesce(f.next_at, f.due_at) <= moment
          and (f.owner is null or f.owner_until < moment)
          and (tells_people or not public.is_for_people(f))
        order by coalesce(f.next_at, f.due_at)
        limit at_most
        for update skip locked
    )
    update public.follow_ups as f
    set owner = taker, owner_until = take_follow_ups.until, attempts = f.attempts + 1
    from due
    where f.id = due.id
    returning f.*
$$;
comment on function public.take_follow_ups(text, timestamptz, timestamptz, integer, boolean) is
    'Claims follow-ups that are due, soonest first; each goes to one taker, until its time is over. tells_people: also those that people do.';

-- ------------------------------------------------------------------------------------ messages

create table public.messages (
    id uuid primary key,
    call_id uuid references public.calls (id) on delete cascade,
    follow_up_id uuid references public.follow_ups (id) on delete set null,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    phone_key text generated always as (public.phone_key(phone)) stored,
    kind text not null check (kind ~ '^[a-z]+(-[a-z]+)*$'),
    body text not null check (body <> ''),
    template text,
    status text not null default 'open' check (status in ('open', 'sent', 'failed', 'canceled')),
    attempts integer not null default 0 check (attempts >= 0),
    next_at timestamptz not null default now(),
    owner text check (owner <> ''),
    owner_until timestamptz,
    last_error text,
    message_id text unique,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    handed_at timestamptz,

    constraint messages_name_somebody check (user_id is not null or phone is not null)
);

comment on table public.messages is
    'Texts to people: written by whoever wants one sent, sent by the control plane. Retention: with the call.';
comment on column public.messages.id is
    'Derived from what it is for, so that a repeated request stays one row.';
comment on column public.messages.call_id is 'The call that it belongs to.';
comment on column public.messages.follow_up_id is 'The follow-up that it was sent for.';
comment on column public.messages.phone_number_id is 'Meta''s id of the business line.';
comment on column public.messages.user_id is 'PII: the person''s business-scoped user id.';
comment on column public.messages.phone is 'PII: the person''s phone number, digits without +.';
comment on column public.messages.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.messages.kind is
    'What for, as a slug: agent, follow-up, missed-call, model-lost, lost-call.';
comment on column public.messages.body is 'PII: the text.';
comment on column public.messages.template is
    'Name of the message template, outside the 24-hour window; null: free text.';
comment on column public.messages.status is 'open, sent, failed (for good) or canceled.';
comment on column public.messages.attempts is 'How often it was tried.';
comment on column public.messages.next_at is 'When it is tried next.';
comment on column public.messages.owner is 'Which process is sending it; null: nobody.';
comment on column public.messages.owner_until is
    'Until when that process holds it; later it is anybody''s.';
comment on column public.messages.last_error is 'Why the last try failed; no personal data.';
comment on column public.messages.message_id is 'PII: Meta''s id of the message.';
comment on column public.messages.finished_at is 'When it was sent, or given up.';
comment on column public.messages.created_at is 'When the row was written.';
comment on column public.messages.handed_at is
    'When it was given to Meta; of an open message: whether Meta took it is not known.';

create index messages_call_id on public.messages (call_id) where call_id is not null;
create index messages_follow_up_id on public.messages (follow_up_id)
    where follow_up_id is not null;
create index messages_user_id on public.messages (user_id) where user_id is not null;
create index messages_phone on public.messages (phone_key) where phone_key is not null;
create index messages_open on public.messages (next_at) where status = 'open';

create function public.take_messages(
    taker text, moment timestamptz, until timestamptz, at_most integer
) returns setof public.messages
language sql volatile set search_path = '' as $$
    with due as materialized (
        select m.id from public.messages as m
        where m.status = 'open' and m.next_at <= moment
          and (m.owner is null or m.owner_until < moment)
        order by m.next_at
        limit at_most
        for update skip locked
    )
    update public.messages as m
    set owner = taker, owner_until = take_messages.until, attempts = m.attempts + 1
    from due
    where m.id = due.id
    returning m.*
$$;
comment on function public.take_messages(text, timestamptz, timestamptz, integer) is
    'Claims messages that are due, oldest first; each goes to one taker, until its time is over.';

create function public.write_message(
    message_id uuid, of_call uuid, message_kind text, message_body text
) returns boolean
language sql volatile set search_path = '' as $$
    insert into public.messages (id, call_id, phone_number_id, user_id, phone, kind, body)
    select write_message.message_id, c.id, c.phone_number_id, nullif(c.caller_user_id, ''),
        nullif(regexp_replace(c.caller_phone, '[^0-9]', '', 'g'), ''), message_kind, message_body
    from public.calls as c
    where c.id = of_call
      and coalesce(nullif(c.caller_user_id, ''), c.caller_phone) is not null
    on conflict (id) do nothing;
    select exists (select from public.messages as m where m.id = write_message.message_id)
$$;
comment on function public.write_message(uuid, uuid, text, text) is
    'Writes a text to the person of a call; the same id twice is one message. false: no such call, or a person without a name.';

-- ---------------------------------------------------------------------------------- tool_calls

create table public.tool_calls (
    id uuid primary key,
    call_id uuid not null references public.calls (id) on delete cascade,
    source text not null check (source in ('call', 'workflow')),
    name text not null check (name <> ''),
    arguments jsonb not null default '{}',
    result text,
    error text,
    began_at timestamptz not null,
    latency_ms integer check (latency_ms >= 0),
    created_at timestamptz not null default now()
);

comment on table public.tool_calls is
    'What the model asked for, in a call or after it, and what it was told. Retention: with the call.';
comment on column public.tool_calls.id is
    'Derived from the call and the model''s own id, so that a repeated write stays one row.';
comment on column public.tool_calls.call_id is 'The call.';
comment on column public.tool_calls.source is 'call, or workflow: the work after it.';
comment on column public.tool_calls.name is 'The tool.';
comment on column public.tool_calls.arguments is 'PII: what the model gave.';
comment on column public.tool_calls.result is 'PII: what the model was told.';
comment on column public.tool_calls.error is
    'Why it was not done, as a slug such as refused, timeout or http-500; null: it was.';
comment on column public.tool_calls.began_at is 'When the model asked.';
comment on column public.tool_calls.latency_ms is 'Until the model was told; null: it never was.';
comment on column public.tool_calls.created_at is 'When the row was written.';

create index tool_calls_call_id on public.tool_calls (call_id, began_at);

create function public.count_off_purpose() returns trigger
language plpgsql set search_path = '' as $$
begin
    update public.calls set off_purpose_turns = off_purpose_turns + 1 where id = new.call_id;
    return new;
end
$$;
comment on function public.count_off_purpose() is
    'Trigger: each report that the line is not for something counts once, with its row.';

create trigger count_off_purpose after insert on public.tool_calls
    for each row when (new.name = 'offPurpose' and new.source = 'call' and new.error is null)
    execute function public.count_off_purpose();

-- --------------------------------------------------------------------------------------- turns

create table public.turns (
    call_id uuid not null references public.calls (id) on delete cascade,
    number integer not null check (number >= 1),
    began_at timestamptz not null,
    response_ms integer check (response_ms >= 0),
    model_ms integer check (model_ms >= 0),
    barge_in_ms integer check (barge_in_ms >= 0),
    transcribed boolean,
    tokens jsonb not null default '{}' check (jsonb_typeof(tokens) = 'object'),
    cost_usd numeric(12, 6) check (cost_usd >= 0),
    model text,
    created_at timestamptz not null default now(),
    primary key (call_id, number)
);

comment on table public.turns is
    'What each of the agent''s turns took and cost. No personal data. Retention: with the call.';
comment on column public.turns.call_id is 'The call.';
comment on column public.turns.number is 'Order within the call, from 1.';
comment on column public.turns.began_at is
    'When the person had finished; of a turn that answers nobody, when it was asked for.';
comment on column public.turns.response_ms is
    'From the end of the person''s speech to the agent''s first audio at our side.';
comment on column public.turns.model_ms is 'The model''s own time inside it.';
comment on column public.turns.barge_in_ms is
    'From the person''s speaking over it to the agent''s last packet; null: they did not.';
comment on column public.turns.transcribed is
    'Whether what the person said got a transcript; null: they said nothing.';
comment on column public.turns.tokens is
    'How many, by kind: text_in, text_cached, text_out, audio_in, audio_cached, audio_out; and transcription_s, the seconds that were transcribed.';
comment on column public.turns.cost_usd is 'Of the tokens, by a dated price table; null: not known.';
comment on column public.turns.model is 'OpenAI''s model.';
comment on column public.turns.created_at is 'When the row was written.';

create function public.sum_call_cost() returns trigger
language plpgsql set search_path = '' as $$
begin
    update public.calls as c
    set cost_usd = total.usd
    from (
        select t.call_id,
            -- one turn whose price nobody knows, and the sum is not known
            case when bool_or(t.cost_usd is null and t.tokens <> '{}'::jsonb) then null
                else sum(t.cost_usd) end as usd
        from public.turns as t
        where t.call_id in (select a.call_id from added as a)
        group by t.call_id
    ) as total
    where c.id = total.call_id and c.cost_usd is distinct from total.usd;
    return null;
end
$$;
comment on function public.sum_call_cost() is
    'Trigger: a call has cost what its turns have, whoever writes them and whenever.';

create trigger sum_cost after insert on public.turns
    referencing new table as added
    for each statement execute function public.sum_call_cost();

-- ------------------------------------------------------------------------------------ call_jobs

create table public.call_jobs (
    call_id uuid not null references public.calls (id) on delete cascade,
    kind text not null check (kind in ('after-call', 'missed-call')),
    status text not null default 'open' check (status in ('open', 'done', 'failed', 'skipped')),
    attempts integer not null default 0 check (attempts >= 0),
    next_at timestamptz not null default now(),
    owner text check (owner <> ''),
    owner_until timestamptz,
    last_error text,
    result jsonb,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (call_id, kind)
);

comment on table public.call_jobs is
    'Work that a call leaves when it ends. Retention: with the call.';
comment on column public.call_jobs.call_id is 'The call.';
comment on column public.call_jobs.kind is
    'after-call (a conversation is looked through) or missed-call (a text for whom nobody answered).';
comment on column public.call_jobs.status is
    'open, done, failed (for good) or skipped (the profile does not want it).';
comment on column public.call_jobs.attempts is 'How often it was tried.';
comment on column public.call_jobs.next_at is 'When it is tried next.';
comment on column public.call_jobs.owner is 'Which process works on it; null: nobody.';
comment on column public.call_jobs.owner_until is
    'Until when that process holds it; later it is anybody''s.';
comment on column public.call_jobs.last_error is 'Why the last try failed; no personal data.';
comment on column public.call_jobs.result is 'PII: what came of it, as it was validated.';
comment on column public.call_jobs.finished_at is 'When it was done, or given up.';
comment on column public.call_jobs.created_at is 'When the row was written.';

create index call_jobs_open on public.call_jobs (kind, next_at) where status = 'open';

create function public.leave_call_jobs() returns trigger
language plpgsql set search_path = '' as $$
begin
    if new.answered_at is not null then
        insert into public.call_jobs (call_id, kind) values (new.id, 'after-call')
        on conflict (call_id, kind) do nothing;
    elsif new.direction = 'inbound' then
        insert into public.call_jobs (call_id, kind) values (new.id, 'missed-call')
        on conflict (call_id, kind) do nothing;
    end if;
    return new;
end
$$;
comment on function public.leave_call_jobs() is
    'Trigger: whoever ends a call, the work after it is there.';

create trigger leave_jobs after update on public.calls
    for each row when (old.ended_at is null and new.ended_at is not null)
    execute function public.leave_call_jobs();
create trigger leave_jobs_at_once after insert on public.calls
    for each row when (new.ended_at is not null)
    execute function public.leave_call_jobs();

create function public.take_call_jobs(
    job_kind text, taker text, moment timestamptz, until timestamptz, at_most integer
) returns setof public.call_jobs
language sql volatile set search_path = '' as $$
    with due as materialized (
        select j.call_id from public.call_jobs as j
        where j.kind = job_kind and j.status = 'open' and j.next_at <= moment
          and (j.owner is null or j.owner_until < moment)
        order by j.next_at
        limit at_most
        for update skip locked
    )
    update public.call_jobs as j
    set owner = taker, owner_until = take_call_jobs.until, attempts = j.attempts + 1
    from due
    where j.call_id = due.call_id and j.kind = job_kind
    returning j.*
$$;
comment on function public.take_call_jobs(text, text, timestamptz, timestamptz, integer) is
    'Claims jobs of a kind that are due, oldest first; each goes to one taker, until its time is over.';

-- ----------------------------------------------------------------------------------- recordings

create table public.recordings (
    id uuid primary key,
    call_id uuid unique references public.calls (id) on delete set null,
    status text not null default 'recording'
        check (status in ('recording', 'kept', 'declined', 'lost')),
    place text not null check (place <> ''),
    files jsonb not null default '[]' check (jsonb_typeof(files) = 'array'),
    began_at timestamptz not null,
    ended_at timestamptz,
    keep_until timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now()
);

comment on table public.recordings is
    'Which calls are recorded, and where the sound is. A row stays until its files are deleted. Retention: keep_until, at most with the call.';
comment on column public.recordings.id is 'Names the files.';
comment on column public.recordings.call_id is
    'The call; null once that is deleted: the files have to go.';
comment on column public.recordings.status is
    'recording, kept, declined (the person refused: the files have to go) or lost (with the bridge).';
comment on column public.recordings.place is
    'Where the files are: folder, of the media bridge at that address, or bucket and its name.';
comment on column public.recordings.files is
    'Of each file its name, the side that it is of, and its bytes.';
comment on column public.recordings.began_at is 'When it began.';
comment on column public.recordings.ended_at is 'When it ended.';
comment on column public.recordings.keep_until is 'When the files have to go; null: with the call.';
comment on column public.recordings.deleted_at is 'When the files were deleted.';
comment on column public.recordings.created_at is 'When the row was written.';

create index recordings_to_delete on public.recordings (keep_until) where deleted_at is null;

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

-- ------------------------------------------------------------------- call_outcomes, lead_funnel

create view public.call_outcomes with (security_invoker = true) as
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

comment on view public.call_outcomes is
    'How ended calls went, by day (UTC), profile, direction, outcome, status and reason. Set-up: of inbound calls, from Meta''s webhook to the answer. No personal data.';

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

-- ------------------------------------------------------------------------------------ consents

create table public.consents (
    seq bigint generated always as identity,
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    phone_key text generated always as (public.phone_key(phone)) stored,
    kind text not null check (kind in (
        'call_permission', 'recording', 'marketing_follow_up', 'do_not_call')),
    granted boolean not null,
    source text not null check (source in (
        'reply', 'callback', 'profile', 'revocation', 'graph', 'operator', 'agent', 'text',
        'rejections', 'moved', 'preference')),
    source_ref text not null check (source_ref <> ''),
    valid_until timestamptz,
    at timestamptz not null,
    note text,
    created_at timestamptz not null default now(),

    constraint consents_name_somebody check (user_id is not null or phone is not null),
    constraint consents_withdrawn_for_good check (granted or valid_until is null),
    constraint consents_source_is_there_once unique (source, kind, source_ref)
);

comment on table public.consents is
    'What people allowed and forbade, entry by entry: append-only, for everybody. The newest entry of a person and kind counts; consent_state shows it. Retention: as long as it has to be proven; erase_person() alone removes rows.';
comment on column public.consents.seq is 'Order of arrival: decides between entries of one moment.';
comment on column public.consents.id is 'Minted by whoever writes.';
comment on column public.consents.phone_number_id is
    'Meta''s id of the business line that it was said to. A do_not_call holds for all lines.';
comment on column public.consents.user_id is 'PII: the person''s business-scoped user id.';
comment on column public.consents.phone is 'PII: the person''s phone number, digits without +.';
comment on column public.consents.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.consents.kind is
    'call_permission, recording, marketing_follow_up or do_not_call (the wish not to be called).';
comment on column public.consents.granted is
    'true: from at on it stands; false: it was withdrawn. A do_not_call that is granted forbids calls.';
comment on column public.consents.source is
    'reply (to our permission request), callback (automatic, the person called), profile (their switch), revocation (Meta''s, after unanswered calls), graph (asked for, or learnt from a refusal), operator (on paper), agent (said in a call), text (STOP), preference (their switch for marketing messages; lifts only what it set), rejections (repeated), moved (said under an earlier number or id, see person_links).';
comment on column public.consents.source_ref is
    'PII: what proves it: message id, call id, or the operator''s reference to the paper. With source and kind it is there once, so that a repeated webhook stays one row.';
comment on column public.consents.valid_until is
    'When it expires by itself; null: never. A call_permission without it is a permanent one.';
comment on column public.consents.at is 'When the person said it.';
comment on column public.consents.note is 'PII: what an operator added.';
comment on column public.consents.created_at is 'When the row was written.';

create index consents_user_id on public.consents (user_id, kind) where user_id is not null;
create index consents_phone on public.consents (phone_key, kind) where phone_key is not null;
create index consents_at on public.consents (at desc, seq desc);

create function public.guard_consents() returns trigger
language plpgsql set search_path = '' as $$
begin
    -- set for the time of erase_person() alone
    if tg_op = 'DELETE' and current_setting('wacall.erasing', true) = 'on' then
        return old;
    end if;
    raise exception 'consents is append-only: what was said is not rewritten'
        using hint = 'Append an entry that withdraws it; erase_person() forgets somebody.';
end
$$;
comment on function public.guard_consents() is 'Trigger: the ledger is not rewritten by anybody.';

create trigger guard before update or delete on public.consents
    for each row execute function public.guard_consents();
create trigger guard_all before truncate on public.consents
    for each statement execute function public.guard_consents();

-- -------------------------------------------------------------------------------- person_links

create table public.person_links (
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    old_user_id text check (old_user_id <> ''),
    old_phone text check (old_phone ~ '^[0-9]+$'),
    old_phone_key text generated always as (public.phone_key(old_phone)) stored,
    new_user_id text check (new_user_id <> ''),
    new_phone text check (new_phone ~ '^[0-9]+$'),
    new_phone_key text generated always as (public.phone_key(new_phone)) stored,
    at timestamptz not null,
    source_ref text not null unique check (source_ref <> ''),
    created_at timestamptz not null default now(),

    constraint person_links_name_both check (
        (old_user_id is not null or old_phone is not null)
        and (new_user_id is not null or new_phone is not null))
);

comment on table public.person_links is
    'Who changed their number or id, as Meta told us: what they forbade before goes along, what they allowed ends. Retention: as consents; erase_person() alone removes rows.';
comment on column public.person_links.id is 'Minted by whoever writes.';
comment on column public.person_links.phone_number_id is
    'Meta''s id of the business line that was told. A link holds for all lines.';
comment on column public.person_links.old_user_id is
    'PII: the business-scoped user id until then; Meta gives it to nobody else.';
comment on column public.person_links.old_phone is
    'PII: the number until then; it may belong to somebody else one day.';
comment on column public.person_links.old_phone_key is
    'PII: what all spellings of the number share.';
comment on column public.person_links.new_user_id is
    'PII: the business-scoped user id from then on.';
comment on column public.person_links.new_phone is
    'PII: the number from then on; null where Meta does not share it.';
comment on column public.person_links.new_phone_key is
    'PII: what all spellings of the number share.';
comment on column public.person_links.at is 'When it changed.';
comment on column public.person_links.source_ref is
    'PII: the id of Meta''s message, so that a repeated webhook stays one row.';
comment on column public.person_links.created_at is 'When the row was written.';

create index person_links_new_user_id on public.person_links (new_user_id)
    where new_user_id is not null;
create index person_links_new_phone on public.person_links (new_phone_key)
    where new_phone_key is not null;
create index person_links_old_user_id on public.person_links (old_user_id)
    where old_user_id is not null;
create index person_links_old_phone on public.person_links (old_phone_key)
    where old_phone_key is not null;

create function public.has_moved(old_id text, old_key text, since timestamptz) returns boolean
language sql stable set search_path = '' as $$
    select exists (select from public.person_links as l
                   where l.old_user_id = old_id and l.at >= since)
        or exists (select from public.person_links as l
                   where l.old_phone_key = old_key and l.at >= since)
$$;
comment on function public.has_moved(text, text, timestamptz) is
    'Whether a person has changed their number or id since: a permission that they gave before does not go along, and does not stay with the number.';

create view public.consent_state with (security_invoker = true) as
select distinct on (c.phone_number_id, p.person, c.kind)
    c.phone_number_id, c.user_id, c.phone, c.phone_key, c.kind,
    case
        when not c.granted then 'withdrawn'
        when c.kind = 'call_permission' and public.has_moved(c.user_id, c.phone_key, c.at)
            then 'withdrawn'
        when c.valid_until <= now() then 'expired'
        when c.kind <> 'call_permission' then 'granted'
        when c.valid_until is null then 'permanent'
        else 'temporary'
    end as state,
    c.valid_until, c.source, c.source_ref, c.at
from public.consents as c
cross join lateral (
    -- an entry by phone number alone belongs to whoever last used the number
    select coalesce(c.user_id, (
        select k.user_id from public.consents as k
        where k.phone_key = c.phone_key and k.user_id is not null
        order by k.at desc, k.seq desc limit 1
    ), c.phone_key) as person
) as p
order by c.phone_number_id, p.person, c.kind, c.at desc, c.seq desc;

comment on view public.consent_state is
    'PII: per line, person and kind, what holds now: permanent, temporary, granted, expired or withdrawn.';

create function public.recording_consent(of_call uuid, is_granted boolean) returns boolean
language sql volatile set search_path = '' as $$
    insert into public.consents
        (id, phone_number_id, user_id, phone, kind, granted, source, source_ref, at)
    select gen_random_uuid(), c.phone_number_id, nullif(c.caller_user_id, ''),
        nullif(regexp_replace(c.caller_phone, '[^0-9]', '', 'g'), ''),
        'recording', is_granted, 'agent', c.id::text || ':' || is_granted::text, now()
    from public.calls as c
    where c.id = of_call
      and coalesce(nullif(c.caller_user_id, ''), c.caller_phone) is not null
    on conflict (source, kind, source_ref) do nothing;
    select exists (
        select from public.consents as c
        where c.source = 'agent' and c.kind = 'recording'
          and c.source_ref = of_call::text || ':' || is_granted::text)
$$;
comment on function public.recording_consent(uuid, boolean) is
    'Writes that the person of this call was told that it is recorded and went on, or that they refused; false: no such call, or a person without a name.';

create function public.recording_gone(of_recording uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
    gone public.recordings;
begin
    update public.recordings as r set deleted_at = now()
    where r.id = of_recording and r.deleted_at is null
    returning r.* into gone;
    if not found then
        return false;
    end if;
    -- the words are kept no longer than the sound of them
    if gone.keep_until <= now() and gone.status = 'kept' then
        delete from public.transcripts as t where t.call_id = gone.call_id;
    end if;
    return true;
end
$$;
comment on function public.recording_gone(uuid) is
    'Notes that the files of a recording are deleted; where its time was over, the call''s transcript goes too. false: it was noted already.';

-- ---------------------------------------------------------------------------- consent_requests

create table public.consent_requests (
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    phone_key text generated always as (public.phone_key(phone)) stored,
    person text generated always as (coalesce(user_id, public.phone_key(phone))) stored,
    previous_id uuid,
    requested_at timestamptz not null,
    template text,
    message_id text unique,
    outcome text check (outcome in ('sent', 'refused')),
    created_at timestamptz not null default now(),
    failure_code integer,

    constraint consent_requests_name_somebody check (user_id is not null or phone is not null),
    -- two replicas that saw the same last request: one of them sends
    constraint consent_requests_one_at_a_time
        unique nulls not distinct (phone_number_id, person, previous_id)
);

comment on table public.consent_requests is
    'Requests for the permission to call, written before they are sent: Meta allows 1 a day and 2 a week for each person. Retention: 30 days.';
comment on column public.consent_requests.id is 'Minted by whoever asks.';
comment on column public.consent_requests.phone_number_id is 'Meta''s id of the business line.';
comment on column public.consent_requests.user_id is
    'PII: the person''s business-scoped user id.';
comment on column public.consent_requests.phone is
    'PII: the person''s phone number, digits without +.';
comment on column public.consent_requests.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.consent_requests.person is
    'PII: user_id, else phone_key: what the order of requests is kept by.';
comment on column public.consent_requests.previous_id is
    'The person''s last request when this one was decided; null for the first.';
comment on column public.consent_requests.requested_at is 'When it was written, just before it left.';
comment on column public.consent_requests.template is
    'Name of the message template; null for a free-form request.';
comment on column public.consent_requests.message_id is 'PII: Meta''s id of the message.';
comment on column public.consent_requests.outcome is
    'sent, or refused by Meta and not counted; null: under way, or its answer was lost.';
comment on column public.consent_requests.created_at is 'When the row was written.';
comment on column public.consent_requests.failure_code is
    'Meta''s code, when it took the request and told later that it was not delivered.';

create index consent_requests_user_id on public.consent_requests (user_id)
    where user_id is not null;
create index consent_requests_phone on public.consent_requests (phone_key)
    where phone_key is not null;

-- --------------------------------------------------------------------------------- call_pauses

create table public.call_pauses (
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    phone_key text generated always as (public.phone_key(phone)) stored,
    reason text not null check (reason ~ '^[a-z]+(-[a-z]+)*$'),
    until timestamptz not null,
    at timestamptz not null,
    created_at timestamptz not null default now(),
    said text,
    decision text check (decision in ('do-not-call', 'dismissed')),
    decided_at timestamptz
);

comment on table public.call_pauses is
    'What Meta refused and until when it need not be tried again: for one person, or for the whole line. Retention: 30 days after until.';
comment on column public.call_pauses.id is 'Minted by whoever writes.';
comment on column public.call_pauses.phone_number_id is 'Meta''s id of the business line.';
comment on column public.call_pauses.user_id is
    'PII: the person''s business-scoped user id; null with phone null: everybody.';
comment on column public.call_pauses.phone is 'PII: the person''s phone number, digits without +.';
comment on column public.call_pauses.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.call_pauses.reason is 'Why: a slug such as quality-paused.';
comment on column public.call_pauses.until is 'When the next attempt makes sense.';
comment on column public.call_pauses.at is 'When Meta refused.';
comment on column public.call_pauses.created_at is 'When the row was written.';
comment on column public.call_pauses.said is
    'PII: of a probable-stop, the words that may ask not to be called; an operator decides about them.';
comment on column public.call_pauses.decision is
    'Of a probable-stop: do-not-call, or dismissed; null: nobody has decided yet.';
comment on column public.call_pauses.decided_at is 'When it was decided.';

create index call_pauses_until on public.call_pauses (phone_number_id, until);

-- -------------------------------------------------------------------------- who may be called

create function public.names_met(known_user_id text, known_key text, until timestamptz)
returns table (user_id text, phone_key text)
language sql stable set search_path = '' as $$
    select known_user_id, null where known_user_id is not null
    union select null, known_key where known_key is not null
    union select c.user_id, null from public.consents as c
    where c.phone_key = known_key and c.user_id is not null and c.at <= names_met.until
    union select c.caller_user_id, null from public.calls as c
    where c.caller_phone_key = known_key and c.caller_user_id is not null
      and c.created_at <= names_met.until
    union select null, c.phone_key from public.consents as c
    where c.user_id = known_user_id and c.phone_key is not null
    union select null, c.caller_phone_key from public.calls as c
    where c.caller_user_id = known_user_id and c.caller_phone_key is not null
$$;
comment on function public.names_met(text, text, timestamptz) is
    'PII: the names of a person, and those that we have met beside them until then.';

create function public.person_names(person_user_id text, person_phone text)
returns table (user_id text, phone_key text, until timestamptz)
language sql stable set search_path = '' as $$
    -- who had the number before it was theirs is somebody else, hence until
    with recursive named (user_id, phone_key, until) as (
        select n.user_id, n.phone_key, 'infinity'::timestamptz
        from public.names_met(person_user_id, public.phone_key(person_phone), 'infinity') as n
        union
        select former.user_id, former.phone_key, l.at
        from named as n
        join public.person_links as l
            on l.at <= n.until and (l.new_user_id = n.user_id or l.new_phone_key = n.phone_key)
        cross join lateral public.names_met(l.old_user_id, l.old_phone_key, l.at) as former
    )
    select n.user_id, n.phone_key, n.until from named as n
$$;
comment on function public.person_names(text, text) is
    'PII: every name under which we have met a person, also before they changed their number or id, and until when it was theirs.';

create function public.do_not_call_since(person_user_id text, person_phone text)
returns timestamptz
language sql stable set search_path = '' as $$
    -- by every name under which we have met the person: rather one call too few
    select case when newest.granted then newest.at end
    from (
        select said.granted, said.at
        from public.person_names(person_user_id, person_phone) as n
        cross join lateral (
            select c.granted, c.at, c.seq from public.consents as c
            where c.kind = 'do_not_call' and c.user_id = n.user_id
            union all
            select c.granted, c.at, c.seq from public.consents as c
            where c.kind = 'do_not_call' and c.phone_key = n.phone_key and c.at <= n.until
        ) as said
        order by said.at desc, said.seq desc
        limit 1
    ) as newest
$$;
comment on function public.do_not_call_since(text, text) is
    'Since when a person, by any of their names, must not be called; null: they may be.';

create function public.link_person(
    link_id uuid, line text, former_user_id text, former_phone text,
    current_user_id text, current_phone text, message text, moment timestamptz
) returns void
language sql volatile set search_path = '' as $$
    insert into public.person_links
        (id, phone_number_id, old_user_id, old_phone, new_user_id, new_phone, at, source_ref)
    values (link_id, line, former_user_id, former_phone, current_user_id, current_phone, moment,
        message)
    on conflict (source_ref) do nothing;
    -- the link alone would forbid the call; the entry shows it to whoever looks for the reason
    insert into public.consents
        (id, phone_number_id, user_id, phone, kind, granted, source, source_ref, at)
    select gen_random_uuid(), line, current_user_id, current_phone, 'do_not_call', true, 'moved',
        message, forbidden.since
    from (
        select public.do_not_call_since(current_user_id, current_phone) as since
    ) as forbidden
    where forbidden.since is not null
    on conflict (source, kind, source_ref) do nothing
$$;
comment on function public.link_person(uuid, text, text, text, text, text, text, timestamptz) is
    'Notes that a person changed their number or id: what they forbade goes along, what they allowed ends. The same message twice is one change.';

create function public.must_not_be_called(person_user_id text, person_phone text)
returns boolean
language sql stable set search_path = '' as $$
    select public.do_not_call_since(person_user_id, person_phone) is not null
$$;
comment on function public.must_not_be_called(text, text) is
    'Whether a person, by any of their names, asked not to be called.';

create function public.meta_spelling(person_phone text) returns table (phone text)
language sql stable set search_path = '' as $$
    select told.phone
    from (
        select c.caller_phone as phone, c.created_at as at from public.calls as c
        where c.caller_phone_key = public.phone_key(person_phone) and c.direction = 'inbound'
        union all
        select c.phone, c.at from public.consents as c
        where c.phone_key = public.phone_key(person_phone)
          and c.source in ('reply', 'callback', 'profile', 'revocation', 'text', 'moved')
        union all
        select l.new_phone, l.at from public.person_links as l
        where l.new_phone_key = public.phone_key(person_phone)
    ) as told
    order by told.at desc
    limit 1
$$;
comment on function public.meta_spelling(text) is
    'PII: how Meta last spelled a number to us; no row if it never did.';

create function public.guard_outbound() returns trigger
language plpgsql set search_path = '' as $$
begin
    if public.do_not_call_since(new.caller_user_id, new.caller_phone) is not null then
        raise exception 'this person asked not to be called' using errcode = 'WA001',
            hint = 'consents holds a do_not_call; only an entry that withdraws it opens the way.';
    end if;
    return new;
end
$$;
comment on function public.guard_outbound() is
    'Trigger: no outbound call comes into being against a do_not_call (SQLSTATE WA001).';

create trigger guard_outbound before insert on public.calls
    for each row when (new.direction = 'outbound' and new.ended_at is null)
    execute function public.guard_outbound();
-- before Meta knows of the call; later only names are learnt, and refusing them would help nobody
create trigger guard_outbound_party before update of caller_user_id, caller_phone on public.calls
    for each row when (
        new.direction = 'outbound' and new.ended_at is null and new.wacid is null
        and (new.caller_user_id is distinct from old.caller_user_id
             or new.caller_phone is distinct from old.caller_phone))
    execute function public.guard_outbound();

-- Meta, 138003: one call at a time with a person. Two requests to dial at once: one wins.
create unique index calls_one_outbound on public.calls
    (phone_number_id, (coalesce(caller_user_id, caller_phone_key)))
    where direction = 'outbound' and status in ('dialing', 'ringing', 'connecting', 'active');
create index calls_initiated on public.calls (phone_number_id, created_at desc)
    where direction = 'outbound';

create function public.call_standing(
    line text, person_user_id text, person_phone text, moment timestamptz,
    connected_limit integer, initiation_limit integer
) returns table (
    permission_granted boolean, permission_until timestamptz, do_not_call_since timestamptz,
    pause_reason text, pause_until timestamptz,
    connected_limit_reached_at timestamptz, unanswered_in_a_row integer,
    rejections_in_a_row integer, live_call_id uuid,
    initiation_limit_reached_at timestamptz, concurrent_calls integer,
    requested_at timestamptz[], last_request_id uuid
)
language sql stable set search_path = '' as $$
    with given as materialized (
        select public.phone_key(person_phone) as phone_key
    ), theirs as materialized (
        select c.*
        from public.calls as c
        where c.phone_number_id = line
          and (c.caller_user_id = person_user_id
               or c.caller_phone_key = (select g.phone_key from given as g))
    ), entries as materialized (
        -- a number may have gone to somebody else: where both have an id, the id decides
        select c.*
        from public.consents as c
        where c.phone_number_id = line
          and (c.user_id = person_user_id
               or c.phone_key = (select g.phone_key from given as g)
                  and (c.user_id is null or person_user_id is null))
          -- whoever has the number or the id now has allowed nothing yet
          and not (c.kind = 'call_permission'
                   and public.has_moved(c.user_id, c.phone_key, c.at))
    ), requests as materialized (
        select r.*
        from public.consent_requests as r
        where r.phone_number_id = line
          and (r.user_id = person_user_id
               or r.phone_key = (select g.phone_key from given as g))
    ), permission as (
        select e.granted, e.valid_until
        from entries as e
        where e.kind = 'call_permission'
        order by e.at desc, e.seq desc
        limit 1
    ), last_time as (
        select
            (select max(t.answered_at) from theirs as t) as connected,
            (select max(e.at) from entries as e
             where e.kind = 'call_permission' and e.granted) as permitted,
            (select max(e.at) from entries as e
             where e.kind = 'do_not_call' and not e.granted) as welcome_again
    ), pause as (
        select p.reason, p.until
        from public.call_pauses as p
        where p.phone_number_id = line and p.until > moment
          and (coalesce(p.user_id, p.phone) is null
               or p.user_id = person_user_id
               or p.phone_key = (select g.phone_key from given as g))
        order by p.until desc
        limit 1
    )
    select
        (select p.granted from permission as p),
        (select p.valid_until from permission as p),
        public.do_not_call_since(person_user_id, person_phone),
        (select p.reason from pause as p),
        (select p.until from pause as p),
        (select t.answered_at from theirs as t
         where t.direction = 'outbound' and t.answered_at > moment - interval '24 hours'
         order by t.answered_at desc offset greatest(connected_limit, 1) - 1 limit 1),
        (select count(*)::integer from theirs as t
         where t.direction = 'outbound' and t.answered_at is null and t.wacid is not null
           and t.status in ('no_answer', 'rejected', 'canceled')
           and t.created_at > coalesce(
               greatest(last_time.connected, last_time.permitted), '-infinity')),
        (select count(*)::integer from (
            select t.ended_at as at from theirs as t
            where t.direction = 'outbound' and t.status = 'rejected'
            union all
            select e.at from entries as e
            where e.kind = 'call_permission' and not e.granted and e.source = 'reply'
         ) as refusals
         where refusals.at > coalesce(greatest(
             last_time.connected, last_time.permitted, last_time.welcome_again), '-infinity')),
        (select t.id from theirs as t
         where t.ended_at is null order by t.created_at desc limit 1),
        (select c.created_at from public.calls as c
         where c.phone_number_id = line and c.direction = 'outbound'
           and c.created_at > moment - interval '24 hours'
         order by c.created_at desc offset greatest(initiation_limit, 1) - 1 limit 1),
        (select count(*)::integer from public.calls as c
         where c.phone_number_id = line
           and c.status in ('dialing', 'ringing', 'connecting', 'active')),
        coalesce((select array_agg(r.requested_at order by r.requested_at desc)
         from requests as r
         where r.outcome is distinct from 'refused'
           and r.requested_at > moment - interval '7 days'
           and r.requested_at > coalesce(last_time.connected, '-infinity')), '{}'),
        (select r.id from requests as r order by r.requested_at desc, r.created_at desc limit 1)
    from last_time
$$;
comment on function public.call_standing(text, text, text, timestamptz, integer, integer) is
    'All that the calling policy has to know about one person and one line, in one row.';

create function public.heard_since(
    line text, person_user_id text, person_phone text, since timestamptz
) returns boolean
language sql stable set search_path = '' as $$
    select exists (
        -- whoever sent it and when is kept of every message, whatever becomes of its words
        select from public.call_events as e
        where e.source = 'meta' and e.received_at > since
          and e.payload #>> '{value,metadata,phone_number_id}' = line
          and (e.payload #>> '{value,messages,0,type}') is distinct from 'system'
          and (e.payload #>> '{value,messages,0,from_user_id}' = person_user_id
               or e.payload #>> '{value,messages,0,from}' = person_phone
               -- other spellings of a number end alike: few are left to compare by their key
               or right(e.payload #>> '{value,messages,0,from}', 6) = right(person_phone, 6)
                  and public.phone_key(e.payload #>> '{value,messages,0,from}')
                      = public.phone_key(person_phone))
          -- it may have come late
          and case when e.payload #>> '{value,messages,0,timestamp}' ~ '^[0-9]{9,10}$'
              then to_timestamp((e.payload #>> '{value,messages,0,timestamp}')::double precision)
              else e.received_at end > since
    ) or exists (
        select from public.calls as c
        where c.phone_number_id = line
          and (c.caller_user_id = person_user_id
               or c.caller_phone_key = public.phone_key(person_phone))
          and case when c.direction = 'inbound' then c.created_at else c.answered_at end > since
    )
$$;
comment on function public.heard_since(text, text, text, timestamptz) is
    'Whether a person wrote to a line, called it or answered its call after since: for 24 hours from then free-form messages reach them.';

create function public.missed_calls(of_calls uuid[], texted_after timestamptz)
returns table (
    call_id uuid, phone_number_id text, user_id text, phone text, end_reason text,
    ended_at timestamptz, was_answered boolean, is_forbidden boolean, has_talked boolean,
    called_again boolean, was_texted boolean
)
language sql stable set search_path = '' as $$
    select c.id, c.phone_number_id, nullif(c.caller_user_id, ''),
        nullif(regexp_replace(c.caller_phone, '[^0-9]', '', 'g'), ''), c.end_reason, c.ended_at,
        c.answered_at is not null,
        public.must_not_be_called(nullif(c.caller_user_id, ''), c.caller_phone),
        exists (
            select from public.calls as o
            where o.phone_number_id = c.phone_number_id and o.id <> c.id
              and (o.caller_user_id = c.caller_user_id or o.caller_phone_key = c.caller_phone_key)
              and o.answered_at is not null and (o.ended_at is null or o.ended_at >= c.created_at)),
        exists (
            select from public.calls as o
            where o.phone_number_id = c.phone_number_id and o.id <> c.id
              and (o.caller_user_id = c.caller_user_id or o.caller_phone_key = c.caller_phone_key)
              and o.direction = 'inbound' and (o.created_at, o.id) > (c.created_at, c.id)
              -- who was refused for calling too often has not called
              and o.end_reason is distinct from 'caller-limit'),
        exists (
            select from public.messages as m
            where m.phone_number_id = c.phone_number_id and m.kind = 'missed-call'
              and m.status <> 'canceled' and m.created_at > texted_after
              and (m.user_id = c.caller_user_id or m.phone_key = c.caller_phone_key))
    from public.calls as c
    where c.id = any (of_calls)
$$;
comment on function public.missed_calls(uuid[], timestamptz) is
    'What has to be known of missed calls before their people are written to: whether we have talked since, whether they called again, whether they were written to after texted_after.';

create function public.errands_due(moment timestamptz, calls_before timestamptz, tells_people boolean)
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

create function public.do_not_call(of_call uuid) returns boolean
language sql volatile set search_path = '' as $$
    insert into public.consents
        (id, phone_number_id, user_id, phone, kind, granted, source, source_ref, at)
    select gen_random_uuid(), c.phone_number_id, c.caller_user_id,
        nullif(regexp_replace(c.caller_phone, '[^0-9]', '', 'g'), ''),
        wish.kind, wish.granted, 'agent', c.id::text, now()
    from public.calls as c
    cross join (values ('do_not_call', true), ('marketing_follow_up', false))
        as wish (kind, granted)
    where c.id = of_call and coalesce(c.caller_user_id, c.caller_phone) is not null
    on conflict (source, kind, source_ref) do nothing;
    select exists (
        select from public.consents as c
        where c.source = 'agent' and c.kind = 'do_not_call' and c.source_ref = of_call::text)
$$;
comment on function public.do_not_call(uuid) is
    'Writes that the person of this call asked the agent not to be called again; false: no such call, or a person without a name.';

create function public.erase_person(
    person_user_id text, person_phone text, forget_do_not_call boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    person_key text := public.phone_key(person_phone);
    users text[];
    phones text[];
    untils timestamptz[];
    erased_calls uuid[];
    erased_wacids text[];
    events integer;
    entries integer;
begin
    -- their names, and those of before and after they changed their number or id; a number was
    -- theirs until some moment, an id is nobody else's
    with recursive named (user_id, phone_key, until) as (
        select n.user_id, n.phone_key, 'infinity'::timestamptz
        from (
            select person_user_id as user_id, person_key as phone_key
            union select c.user_id, c.phone_key from public.consents as c
            where c.user_id = person_user_id
               or c.phone_key = person_key and (c.user_id is null or person_user_id is null)
            union select c.caller_user_id, c.caller_phone_key from public.calls as c
            where c.caller_user_id = person_user_id
               or c.caller_phone_key = person_key
                  and (c.caller_user_id is null or person_user_id is null)
        ) as n
        union
        select other.user_id, other.phone_key, other.until
        from named as n
        join public.person_links as l
            on l.at <= n.until and (l.new_user_id = n.user_id or l.new_phone_key = n.phone_key)
            or l.old_user_id = n.user_id
        cross join lateral (values
            (l.old_user_id, l.old_phone_key, l.at),
            (l.new_user_id, l.new_phone_key, 'infinity'::timestamptz)
        ) as other (user_id, phone_key, until)
    )
    select coalesce((select array_agg(distinct n.user_id) from named as n
                     where n.user_id is not null), '{}'),
           coalesce(array_agg(known.phone_key), '{}'), coalesce(array_agg(known.until), '{}')
    into users, phones, untils
    from (
        select n.phone_key, max(n.until) as until from named as n
        where n.phone_key is not null group by n.phone_key
    ) as known;
    select coalesce(array_agg(c.id), '{}'), coalesce(array_agg(c.wacid), '{}')
    into erased_calls, erased_wacids
    from public.calls as c
    where c.caller_user_id = any (users)
       or c.caller_user_id is null and exists (
           select from unnest(phones, untils) as n (phone_key, until)
           where n.phone_key = c.caller_phone_key and c.created_at <= n.until);
    delete from public.call_events as e
    where e.call_id = any (erased_calls) or e.wacid = any (erased_wacids)
       or exists (
           select from unnest(users) as name
           where strpos(e.payload::text, to_json(name)::text) > 0)
       or exists (
           -- all spellings of a number end alike
           select from unnest(phones, untils) as n (phone_key, until)
           cross join lateral regexp_matches(
               case when strpos(e.payload::text, right(n.phone_key, 7)) > 0
                   then e.payload::text else '' end,
               '[0-9]{7,16}', 'g') as written (digits)
           where e.received_at <= n.until and public.phone_key(written.digits[1]) = n.phone_key);
    get diagnostics events = row_count;
    delete from public.calls as c where c.id = any (erased_calls);
    -- what others left for them
    delete from public.leads as l where l.phone_key in (
        select n.phone_key from unnest(phones, untils) as n (phone_key, until)
        where n.until = 'infinity');
    delete from public.consent_requests as r
    where r.user_id = any (users) or r.user_id is null and exists (
        select from unnest(phones, untils) as n (phone_key, until)
        where n.phone_key = r.phone_key and r.requested_at <= n.until);
    delete from public.call_pauses as p
    where p.user_id = any (users) or p.user_id is null and exists (
        select from unnest(phones, untils) as n (phone_key, until)
        where n.phone_key = p.phone_key and p.at <= n.until);
    perform set_config('wacall.erasing', 'on', true);
    delete from public.consents as c
    where (c.user_id = any (users) or c.user_id is null and exists (
               select from unnest(phones, untils) as n (phone_key, until)
               where n.phone_key = c.phone_key and c.at <= n.until))
      and (forget_do_not_call or c.kind <> 'do_not_call');
    get diagnostics entries = row_count;
    perform set_config('wacall.erasing', 'off', true);
    -- a link stays as long as a do_not_call has to go along with it
    delete from public.person_links as l
    where (l.old_user_id = any (users) or l.new_user_id = any (users)
           or l.new_phone_key = any (phones))
      and public.do_not_call_since(l.new_user_id, l.new_phone) is null;
    return jsonb_build_object(
        'calls', cardinality(erased_calls), 'call_events', events, 'consents', entries);
end
$$;
comment on function public.erase_person(text, text, boolean) is
    'Forgets a person: calls with all that belongs to them, raw events, consents. The do_not_call entries stay unless told otherwise: who forgets them may call again. Returns what went, by table.';

-- --------------------------------------------------------------------------------- retention

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
              where k.user_id = c.caller_user_id and k.phone_key = c.caller_phone_key)
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

-- ------------------------------------------------------------------------------------- chores

create table public.chores (
    name text primary key check (name <> ''),
    begun_at timestamptz not null,
    done_at timestamptz
);

comment on table public.chores is
    'What has to be done now and then, by one replica: claim_chore() gives it to one of them. No personal data.';
comment on column public.chores.name is 'Which: purge.';
comment on column public.chores.begun_at is
    'When somebody last took it; if it is not done a while later, somebody else may.';
comment on column public.chores.done_at is 'When it was last done, to the end; null: never.';

create function public.claim_chore(
    chore text, every_s double precision, lease_s double precision
) returns boolean
language sql volatile set search_path = '' as $$
    with claimed as (
        insert into public.chores as c (name, begun_at)
        values (claim_chore.chore, now())
        on conflict (name) do update set begun_at = now()
        where c.begun_at <= now() - make_interval(secs => claim_chore.lease_s)
          and (c.done_at is null
               or c.done_at <= now() - make_interval(secs => claim_chore.every_s))
        returning c.name
    )
    select exists (select from claimed)
$$;
comment on function public.claim_chore(text, double precision, double precision) is
    'Whether the caller is the one to do a chore now: it is due every_s after it was done, and nobody took it within lease_s.';

create function public.finish_chore(chore text) returns void
language sql volatile set search_path = '' as $$
    update public.chores as c set done_at = now() where c.name = finish_chore.chore
$$;
comment on function public.finish_chore(text) is 'Notes that a chore was done, to the end.';

-- ------------------------------------------------------------------------------- line_troubles

create table public.line_troubles (
    phone_number_id text not null check (phone_number_id <> ''),
    name text not null check (name ~ '^[a-z]+(-[a-z]+)*$'),
    holds boolean not null,
    until timestamptz,
    told_at timestamptz not null,
    primary key (phone_number_id, name)
);

comment on table public.line_troubles is
    'What Meta has told of a line or its account that keeps calls from working; what is over stays, as the newest word. No personal data.';
comment on column public.line_troubles.phone_number_id is 'Meta''s id of the business line.';
comment on column public.line_troubles.name is 'What: a slug such as account-disabled.';
comment on column public.line_troubles.holds is 'False: Meta has told that it is over.';
comment on column public.line_troubles.until is 'When it ends by itself; null: it does not.';
comment on column public.line_troubles.told_at is 'When Meta told it.';

create function public.note_line_trouble(
    line text, trouble text, begins boolean, ends_at timestamptz, told timestamptz
) returns void
language sql volatile set search_path = '' as $$
    insert into public.line_troubles as t (phone_number_id, name, holds, until, told_at)
    values (note_line_trouble.line, note_line_trouble.trouble, note_line_trouble.begins,
        note_line_trouble.ends_at, note_line_trouble.told)
    on conflict (phone_number_id, name) do update
    set holds = excluded.holds, until = excluded.until, told_at = excluded.told_at
    where t.told_at <= excluded.told_at
$$;
comment on function public.note_line_trouble(text, text, boolean, timestamptz, timestamptz) is
    'Notes that a trouble of a line begins or is over, unless something newer is known of it.';

-- --------------------------------------------------------------------------------- agent_calls

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
    of_call uuid, by_worker text, new_state jsonb, turns jsonb, measured jsonb default '[]'
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
    insert into public.turns (call_id, number, began_at, response_ms, model_ms, barge_in_ms,
        transcribed, tokens, cost_usd, model)
    select of_call, t.number, t.began_at, t.response_ms, t.model_ms, t.barge_in_ms,
        t.transcribed, t.tokens, t.cost_usd, t.model
    from jsonb_to_recordset(measured) as t (
        number integer, began_at timestamptz, response_ms integer, model_ms integer,
        barge_in_ms integer, transcribed boolean, tokens jsonb, cost_usd numeric, model text)
    on conflict (call_id, number) do nothing;
    return true;
end
$$;
comment on function public.agent_keep(uuid, text, jsonb, jsonb, jsonb) is
    'Write a call''s state, its newest turns and what they took, all or nothing, if this worker has the call or nobody has; else false.';

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

-- ------------------------------------------------------------------------------------ version

create function public.schema_version() returns integer
language sql immutable set search_path = ''
return 15;
comment on function public.schema_version() is
    'The version of this file that the database has; the control plane compares it with its own.';

-- ------------------------------------------------------------------------------ who may do what

alter table public.calls enable row level security;
alter table public.transcripts enable row level security;
alter table public.call_events enable row level security;
alter table public.leads enable row level security;
alter table public.follow_ups enable row level security;
alter table public.consents enable row level security;
alter table public.person_links enable row level security;
alter table public.consent_requests enable row level security;
alter table public.call_pauses enable row level security;
alter table public.chores enable row level security;
alter table public.line_troubles enable row level security;
alter table public.agent_workers enable row level security;
alter table public.agent_calls enable row level security;
alter table public.messages enable row level security;
alter table public.tool_calls enable row level security;
alter table public.turns enable row level security;
alter table public.call_jobs enable row level security;
alter table public.recordings enable row level security;

-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on public.calls, public.transcripts, public.call_events, public.leads,
    public.follow_ups, public.call_timeline, public.consents, public.consent_state,
    public.call_outcomes, public.lead_funnel,
    public.person_links, public.consent_requests, public.call_pauses,
    public.chores, public.line_troubles, public.agent_workers, public.agent_calls,
    public.messages, public.tool_calls, public.turns, public.call_jobs, public.recordings
    from public, anon, authenticated, service_role;
revoke all on function public.phone_key(text), public.has_moved(text, text, timestamptz),
    public.names_met(text, text, timestamptz), public.person_names(text, text),
    public.link_person(uuid, text, text, text, text, text, text, timestamptz),
    public.meta_spelling(text), public.must_not_be_called(text, text),
    public.call_may_become(text, text), public.guard_call(),
    public.is_guessed_end(text),
    public.touch_updated_at(), public.guard_call_event(), public.schema_version(),
    public.take_pending_events(timestamptz, timestamptz, timestamptz),
    public.claim_call_within(jsonb, integer, integer, integer),
    public.guard_consents(), public.guard_outbound(), public.do_not_call_since(text, text),
    public.call_standing(text, text, text, timestamptz, integer, integer),
    public.heard_since(text, text, text, timestamptz),
    public.do_not_call(uuid), public.erase_person(text, text, boolean),
    public.purge_expired(integer, integer, integer, integer, integer, boolean),
    public.claim_chore(text, double precision, double precision), public.finish_chore(text),
    public.note_line_trouble(text, text, boolean, timestamptz, timestamptz),
    public.agents_seen(), public.agent_beat(text, timestamptz), public.agent_leave(text),
    public.agent_keep(uuid, text, jsonb, jsonb, jsonb),
    public.agent_take(uuid, text, timestamptz, text),
    public.count_off_purpose(),
    public.leave_call_jobs(),
    public.upsert_lead(uuid, jsonb),
    public.is_for_people(public.follow_ups),
    public.take_follow_ups(text, timestamptz, timestamptz, integer, boolean),
    public.missed_calls(uuid[], timestamptz),
    public.errands_due(timestamptz, timestamptz, boolean),
    public.take_messages(text, timestamptz, timestamptz, integer),
    public.write_message(uuid, uuid, text, text),
    public.take_call_jobs(text, text, timestamptz, timestamptz, integer),
    public.sum_call_cost(),
    public.meta_cost(text, timestamptz, timestamptz, numeric),
    public.costs_since(timestamptz, timestamptz),
    public.recording_consent(uuid, boolean), public.recording_gone(uuid)
    from public, anon, authenticated, service_role;

grant usage on schema public to service_role;
grant select, insert, update on public.calls, public.leads to service_role;
grant select, insert on public.transcripts, public.call_events, public.follow_ups to service_role;
grant update (outcome, call_id, taken_at) on public.call_events to service_role;
grant update on public.follow_ups to service_role;
grant select, insert, update on public.messages, public.call_jobs, public.recordings
    to service_role;
grant select, insert on public.tool_calls, public.turns to service_role;
grant select, insert on public.consents, public.person_links, public.consent_requests,
    public.call_pauses to service_role;
grant update (message_id, outcome, failure_code) on public.consent_requests to service_role;
grant update (until, decision, decided_at) on public.call_pauses to service_role;
grant select, insert, update on public.chores, public.line_troubles, public.agent_workers,
    public.agent_calls to service_role;
grant select on public.call_timeline, public.consent_state, public.call_outcomes,
    public.lead_funnel to service_role;
grant execute on function public.phone_key(text), public.has_moved(text, text, timestamptz),
    public.names_met(text, text, timestamptz), public.person_names(text, text),
    public.link_person(uuid, text, text, text, text, text, text, timestamptz),
    public.meta_spelling(text), public.must_not_be_called(text, text),
    public.call_may_become(text, text), public.schema_version(),
    public.is_guessed_end(text),
    public.take_pending_events(timestamptz, timestamptz, timestamptz),
    public.claim_call_within(jsonb, integer, integer, integer),
    public.do_not_call_since(text, text),
    public.call_standing(text, text, text, timestamptz, integer, integer),
    public.heard_since(text, text, text, timestamptz),
    public.do_not_call(uuid), public.erase_person(text, text, boolean),
    public.purge_expired(integer, integer, integer, integer, integer, boolean),
    public.claim_chore(text, double precision, double precision), public.finish_chore(text),
    public.note_line_trouble(text, text, boolean, timestamptz, timestamptz),
    public.agents_seen(), public.agent_beat(text, timestamptz), public.agent_leave(text),
    public.agent_keep(uuid, text, jsonb, jsonb, jsonb),
    public.agent_take(uuid, text, timestamptz, text),
    public.upsert_lead(uuid, jsonb),
    public.is_for_people(public.follow_ups),
    public.take_follow_ups(text, timestamptz, timestamptz, integer, boolean),
    public.missed_calls(uuid[], timestamptz),
    public.meta_cost(text, timestamptz, timestamptz, numeric),
    public.costs_since(timestamptz, timestamptz),
    public.errands_due(timestamptz, timestamptz, boolean),
    public.take_messages(text, timestamptz, timestamptz, integer),
    public.write_message(uuid, uuid, text, text),
    public.take_call_jobs(text, text, timestamptz, timestamptz, integer),
    public.recording_consent(uuid, boolean), public.recording_gone(uuid)
    to service_role;

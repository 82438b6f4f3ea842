-- What a conversation leaves behind: one lead per person and business, follow-ups that are done,
-- messages, tool calls, turns, recordings, and the work after a call.

-- --------------------------------------------------------------------------------------- calls

alter table public.calls
    add column profile text,
    add column sentiment text
        check (sentiment in ('positive', 'neutral', 'negative', 'mixed')),
    add column off_purpose_turns integer not null default 0 check (off_purpose_turns >= 0),
    add column cost_usd numeric(12, 6) check (cost_usd >= 0),
    add column max_duration_s double precision check (max_duration_s > 0);

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

-- --------------------------------------------------------------------------------------- leads

alter table public.leads
    drop constraint leads_pkey,
    add column id uuid not null default gen_random_uuid() primary key,
    add column business text not null default 'default' check (business <> ''),
    add column person_user_id text check (person_user_id <> ''),
    add column person_phone_key text check (person_phone_key ~ '^[0-9]+$'),
    add column first_call_id uuid references public.calls (id) on delete set null,
    add column stage text not null default 'new'
        check (stage in ('new', 'qualified', 'won', 'lost')),
    add column may_follow_up boolean,
    add column may_market boolean;

update public.leads as l
set person_user_id = nullif(c.caller_user_id, ''), person_phone_key = c.caller_phone_key,
    first_call_id = c.id, business = coalesce(c.profile, 'default')
from public.calls as c
where c.id = l.call_id;

-- several calls of one person: what was learnt last counts, what it lacks is filled in
with merged as (
    select l.id,
        first_value(l.id) over whole as kept,
        first_value(l.name) over (partition by l.business, k.person
            order by (l.name is null), l.updated_at desc, l.call_id desc) as name,
        first_value(l.phone) over (partition by l.business, k.person
            order by (l.phone is null), l.updated_at desc, l.call_id desc) as phone,
        first_value(l.email) over (partition by l.business, k.person
            order by (l.email is null), l.updated_at desc, l.call_id desc) as email,
        first_value(l.interest) over (partition by l.business, k.person
            order by (l.interest is null), l.updated_at desc, l.call_id desc) as interest,
        first_value(l.notes) over (partition by l.business, k.person
            order by (l.notes is null), l.updated_at desc, l.call_id desc) as notes,
        first_value(l.first_call_id) over (partition by l.business, k.person
            order by l.created_at, l.call_id) as first_call_id
    from public.leads as l
    cross join lateral (
        select coalesce(l.person_user_id, (
            select o.person_user_id from public.leads as o
            where o.person_phone_key = l.person_phone_key and o.person_user_id is not null
            order by o.updated_at desc limit 1
        ), l.person_phone_key, l.id::text) as person
    ) as k
    window whole as (partition by l.business, k.person order by l.updated_at desc, l.call_id desc)
), filled as (
    update public.leads as l
    set name = m.name, phone = m.phone, email = m.email, interest = m.interest, notes = m.notes,
        first_call_id = m.first_call_id
    from merged as m
    where m.id = l.id and m.kept = l.id
)
delete from public.leads as l using merged as m where m.id = l.id and m.kept <> l.id;

create index leads_call_id on public.leads (call_id);
create index leads_first_call_id on public.leads (first_call_id);
create unique index leads_of_user on public.leads (business, person_user_id)
    where person_user_id is not null;
create unique index leads_of_phone on public.leads (business, person_phone_key)
    where person_phone_key is not null and person_user_id is null;
create unique index leads_of_nobody on public.leads (call_id)
    where person_phone_key is null and person_user_id is null;

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

-- ---------------------------------------------------------------------------------- follow_ups

alter table public.follow_ups
    drop constraint follow_ups_channel_check,
    add constraint follow_ups_channel_check
        check (channel in ('call', 'message', 'email', 'task')),
    add column time_zone text not null default 'UTC' check (time_zone <> ''),
    add column source text not null default 'agent'
        check (source in ('agent', 'workflow', 'operator')),
    add column kind text not null default 'follow-up' check (kind ~ '^[a-z]+(-[a-z]+)*$'),
    add column body text,
    add column status text not null default 'open'
        check (status in ('open', 'done', 'failed', 'canceled')),
    add column attempts integer not null default 0 check (attempts >= 0),
    add column next_at timestamptz,
    add column owner text check (owner <> ''),
    add column owner_until timestamptz,
    add column last_error text,
    add column finished_at timestamptz,
    add column updated_at timestamptz not null default now(),
    add column placed_call_id uuid references public.calls (id) on delete set null;

update public.follow_ups set next_at = due_at;
-- what was agreed before anybody executed it stays with the people who did it by hand
update public.follow_ups set status = 'done', finished_at = now() where due_at < now();

create index follow_ups_placed_call_id on public.follow_ups (placed_call_id)
    where placed_call_id is not null;
create index follow_ups_open on public.follow_ups (coalesce(next_at, due_at))
    where status = 'open';

comment on table public.follow_ups is
    'Something to be done after a call: by us (call, message), or by people (email, task), who are told by the operator''s webhook. Retention: with the call.';
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
              and (tells_people or not public.is_for_people(f))))
$$;
comment on function public.errands_due(timestamptz, timestamptz, boolean) is
    'What there is to do for whoever sends messages and executes follow-ups, and since when the oldest of each waits: one look instead of three.';

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

-- ------------------------------------------------------------------------------------- ceilings

-- one person, however their number is spelled
create or replace function public.claim_call_within(
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
-- ------------------------------------------------------------------------- a call's agent

drop function public.agent_keep(uuid, text, jsonb, jsonb);
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

-- ------------------------------------------------------------------------------------ version

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 13;

-- ------------------------------------------------------------------------------ who may do what

alter table public.messages enable row level security;
alter table public.tool_calls enable row level security;
alter table public.turns enable row level security;
alter table public.call_jobs enable row level security;
alter table public.recordings enable row level security;
-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on public.messages, public.tool_calls, public.turns,
    public.call_jobs, public.recordings
    from public, anon, authenticated, service_role;
revoke all on function
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
    public.recording_consent(uuid, boolean),
    public.recording_gone(uuid),
    public.agent_keep(uuid, text, jsonb, jsonb, jsonb)
    from public, anon, authenticated, service_role;
grant update on public.follow_ups to service_role;
grant select, insert, update on public.messages, public.call_jobs, public.recordings
    to service_role;
grant select, insert on public.tool_calls, public.turns to service_role;
grant execute on function
    public.upsert_lead(uuid, jsonb),
    public.is_for_people(public.follow_ups),
    public.take_follow_ups(text, timestamptz, timestamptz, integer, boolean),
    public.missed_calls(uuid[], timestamptz),
    public.errands_due(timestamptz, timestamptz, boolean),
    public.take_messages(text, timestamptz, timestamptz, integer),
    public.write_message(uuid, uuid, text, text),
    public.take_call_jobs(text, text, timestamptz, timestamptz, integer),
    public.recording_consent(uuid, boolean),
    public.recording_gone(uuid),
    public.agent_keep(uuid, text, jsonb, jsonb, jsonb)
    to service_role;

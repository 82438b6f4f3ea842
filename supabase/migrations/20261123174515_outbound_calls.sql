-- Outbound calls: consents, requests for permission, pauses, and who may be called: version 2.

alter table public.calls
    add column hop text,
    add column dialed_at timestamptz,
    add column linked_at timestamptz;
comment on column public.calls.hop is
    'Control address of the media hop that carries the call; null: none.';
comment on column public.calls.dialed_at is
    'Outbound: when one replica began to dial; set once, so that no phone rings twice.';
comment on column public.calls.linked_at is
    'Outbound: when one replica took Meta''s answer to build the media path; set once.';

-- ------------------------------------------------------------------------------------ consents

create table public.consents (
    seq bigint generated always as identity,
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    kind text not null check (kind in (
        'call_permission', 'recording', 'marketing_follow_up', 'do_not_call')),
    granted boolean not null,
    source text not null check (source in (
        'reply', 'callback', 'profile', 'revocation', 'graph', 'operator', 'agent', 'text',
        'rejections')),
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
comment on column public.consents.kind is
    'call_permission, recording, marketing_follow_up or do_not_call (the wish not to be called).';
comment on column public.consents.granted is
    'true: from at on it stands; false: it was withdrawn. A do_not_call that is granted forbids calls.';
comment on column public.consents.source is
    'reply (to our permission request), callback (automatic, the person called), profile (their switch), revocation (Meta''s, after unanswered calls), graph (asked for, or learnt from a refusal), operator (on paper), agent (said in a call), text (STOP), rejections (repeated).';
comment on column public.consents.source_ref is
    'PII: what proves it: message id, call id, or the operator''s reference to the paper. With source and kind it is there once, so that a repeated webhook stays one row.';
comment on column public.consents.valid_until is
    'When it expires by itself; null: never. A call_permission without it is a permanent one.';
comment on column public.consents.at is 'When the person said it.';
comment on column public.consents.note is 'PII: what an operator added.';
comment on column public.consents.created_at is 'When the row was written.';

create index consents_user_id on public.consents (user_id, kind) where user_id is not null;
create index consents_phone on public.consents (phone, kind) where phone is not null;
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

create view public.consent_state with (security_invoker = true) as
select distinct on (c.phone_number_id, p.person, c.kind)
    c.phone_number_id, c.user_id, c.phone, c.kind,
    case
        when not c.granted then 'withdrawn'
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
        where k.phone = c.phone and k.user_id is not null
        order by k.at desc, k.seq desc limit 1
    ), c.phone) as person
) as p
order by c.phone_number_id, p.person, c.kind, c.at desc, c.seq desc;

comment on view public.consent_state is
    'PII: per line, person and kind, what holds now: permanent, temporary, granted, expired or withdrawn.';

-- ---------------------------------------------------------------------------- consent_requests

create table public.consent_requests (
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    person text generated always as (coalesce(user_id, phone)) stored,
    previous_id uuid,
    requested_at timestamptz not null,
    template text,
    message_id text unique,
    outcome text check (outcome in ('sent', 'refused')),
    created_at timestamptz not null default now(),

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
comment on column public.consent_requests.person is
    'PII: user_id, else phone: what the order of requests is kept by.';
comment on column public.consent_requests.previous_id is
    'The person''s last request when this one was decided; null for the first.';
comment on column public.consent_requests.requested_at is 'When it was written, just before it left.';
comment on column public.consent_requests.template is
    'Name of the message template; null for a free-form request.';
comment on column public.consent_requests.message_id is 'PII: Meta''s id of the message.';
comment on column public.consent_requests.outcome is
    'sent, or refused by Meta and not counted; null: under way, or its answer was lost.';
comment on column public.consent_requests.created_at is 'When the row was written.';

create index consent_requests_user_id on public.consent_requests (user_id)
    where user_id is not null;
create index consent_requests_phone on public.consent_requests (phone) where phone is not null;

-- --------------------------------------------------------------------------------- call_pauses

create table public.call_pauses (
    id uuid primary key,
    phone_number_id text not null check (phone_number_id <> ''),
    user_id text check (user_id <> ''),
    phone text check (phone ~ '^[0-9]+$'),
    reason text not null check (reason ~ '^[a-z]+(-[a-z]+)*$'),
    until timestamptz not null,
    at timestamptz not null,
    created_at timestamptz not null default now()
);

comment on table public.call_pauses is
    'What Meta refused and until when it need not be tried again: for one person, or for the whole line. Retention: 30 days after until.';
comment on column public.call_pauses.id is 'Minted by whoever writes.';
comment on column public.call_pauses.phone_number_id is 'Meta''s id of the business line.';
comment on column public.call_pauses.user_id is
    'PII: the person''s business-scoped user id; null with phone null: everybody.';
comment on column public.call_pauses.phone is 'PII: the person''s phone number, digits without +.';
comment on column public.call_pauses.reason is 'Why: a slug such as quality-paused.';
comment on column public.call_pauses.until is 'When the next attempt makes sense.';
comment on column public.call_pauses.at is 'When Meta refused.';
comment on column public.call_pauses.created_at is 'When the row was written.';

create index call_pauses_until on public.call_pauses (phone_number_id, until);

-- -------------------------------------------------------------------------- who may be called

create function public.do_not_call_since(person_user_id text, person_phone text)
returns timestamptz
language sql stable set search_path = '' as $$
    -- by every name under which we have met the person: rather one call too few
    with users (user_id) as (
        select person_user_id where person_user_id is not null
        union select c.user_id from public.consents as c
        where c.phone = person_phone and c.user_id is not null
        union select c.caller_user_id from public.calls as c
        where c.caller_phone = person_phone and c.caller_user_id is not null
    ), phones (phone) as (
        select person_phone where person_phone is not null
        union select c.phone from public.consents as c
        where c.user_id = person_user_id and c.phone is not null
        union select c.caller_phone from public.calls as c
        where c.caller_user_id = person_user_id and c.caller_phone is not null
    )
    select case when newest.granted then newest.at end
    from (
        select c.granted, c.at
        from public.consents as c
        where c.kind = 'do_not_call'
          and (c.user_id in (select u.user_id from users as u)
               or c.phone in (select p.phone from phones as p))
        order by c.at desc, c.seq desc
        limit 1
    ) as newest
$$;
comment on function public.do_not_call_since(text, text) is
    'Since when a person, by any of their names, must not be called; null: they may be.';

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
    (phone_number_id, (coalesce(caller_user_id, caller_phone)))
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
    with theirs as materialized (
        select c.*
        from public.calls as c
        where c.phone_number_id = line
          and (c.caller_user_id = person_user_id or c.caller_phone = person_phone)
    ), entries as materialized (
        -- a number may have gone to somebody else: where both have an id, the id decides
        select c.*
        from public.consents as c
        where c.phone_number_id = line
          and (c.user_id = person_user_id
               or c.phone = person_phone and (c.user_id is null or person_user_id is null))
    ), requests as materialized (
        select r.*
        from public.consent_requests as r
        where r.phone_number_id = line
          and (r.user_id = person_user_id or r.phone = person_phone)
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
               or p.user_id = person_user_id or p.phone = person_phone)
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
    users text[];
    phones text[];
    erased_calls uuid[];
    erased_wacids text[];
    events integer;
    entries integer;
begin
    select array_agg(distinct n.user_id) filter (where n.user_id is not null),
           array_agg(distinct n.phone) filter (where n.phone is not null)
    into users, phones
    from (
        select person_user_id as user_id, person_phone as phone
        union all select c.user_id, c.phone from public.consents as c
        where c.user_id = person_user_id
           or c.phone = person_phone and (c.user_id is null or person_user_id is null)
        union all select c.caller_user_id, c.caller_phone from public.calls as c
        where c.caller_user_id = person_user_id
           or c.caller_phone = person_phone
              and (c.caller_user_id is null or person_user_id is null)
    ) as n;
    select coalesce(array_agg(c.id), '{}'), coalesce(array_agg(c.wacid), '{}')
    into erased_calls, erased_wacids
    from public.calls as c
    where c.caller_user_id = any (users)
       or c.caller_user_id is null and c.caller_phone = any (phones);
    delete from public.call_events as e
    where e.call_id = any (erased_calls) or e.wacid = any (erased_wacids)
       or exists (
           select from unnest(users || phones) as name
           where strpos(e.payload::text, to_json(name)::text) > 0);
    get diagnostics events = row_count;
    delete from public.calls as c where c.id = any (erased_calls);
    delete from public.consent_requests as r
    where r.user_id = any (users) or r.user_id is null and r.phone = any (phones);
    delete from public.call_pauses as p
    where p.user_id = any (users) or p.user_id is null and p.phone = any (phones);
    perform set_config('wacall.erasing', 'on', true);
    delete from public.consents as c
    where (c.user_id = any (users) or c.user_id is null and c.phone = any (phones))
      and (forget_do_not_call or c.kind <> 'do_not_call');
    get diagnostics entries = row_count;
    perform set_config('wacall.erasing', 'off', true);
    return jsonb_build_object(
        'calls', cardinality(erased_calls), 'call_events', events, 'consents', entries);
end
$$;
comment on function public.erase_person(text, text, boolean) is
    'Forgets a person: calls with all that belongs to them, raw events, consents. The do_not_call entries stay unless told otherwise: who forgets them may call again. Returns what went, by table.';

-- ------------------------------------------------------------------------------------ version

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 2;

-- ------------------------------------------------------------------------------ who may do what

alter table public.consents enable row level security;
alter table public.consent_requests enable row level security;
alter table public.call_pauses enable row level security;

-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on public.consents, public.consent_state, public.consent_requests, public.call_pauses
    from public, anon, authenticated, service_role;
revoke all on function public.guard_consents(), public.guard_outbound(),
    public.do_not_call_since(text, text),
    public.call_standing(text, text, text, timestamptz, integer, integer),
    public.do_not_call(uuid), public.erase_person(text, text, boolean)
    from public, anon, authenticated, service_role;

grant select, insert on public.consents, public.consent_requests, public.call_pauses
    to service_role;
grant update (message_id, outcome) on public.consent_requests to service_role;
grant select on public.consent_state to service_role;
grant execute on function public.do_not_call_since(text, text),
    public.call_standing(text, text, text, timestamptz, integer, integer),
    public.do_not_call(uuid), public.erase_person(text, text, boolean) to service_role;

-- One person, however their number is spelled, and across changes of number and id: version 6.

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

-- What is there gets its key with the column.
alter table public.calls add column caller_phone_key text
    generated always as (public.phone_key(caller_phone)) stored;
alter table public.leads add column phone_key text generated always as (
    case when phone ~ '^[[:space:]]*([+]|00)' then public.phone_key(phone) end) stored;
alter table public.consents add column phone_key text
    generated always as (public.phone_key(phone)) stored;
alter table public.consent_requests add column phone_key text
    generated always as (public.phone_key(phone)) stored;
alter table public.call_pauses add column phone_key text
    generated always as (public.phone_key(phone)) stored;
comment on column public.calls.caller_phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.leads.phone_key is
    'PII: what all spellings of the number share; null for one that was given without its country code.';
comment on column public.consents.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.consent_requests.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';
comment on column public.call_pauses.phone_key is
    'PII: what all spellings of the number share; the number is compared by it.';

drop index public.calls_caller_phone;
create index calls_caller_phone on public.calls (caller_phone_key)
    where caller_phone_key is not null;
create index leads_phone on public.leads (phone_key) where phone_key is not null;
drop index public.consents_phone;
create index consents_phone on public.consents (phone_key, kind) where phone_key is not null;
drop index public.consent_requests_phone;
create index consent_requests_phone on public.consent_requests (phone_key)
    where phone_key is not null;

-- Requests to both spellings were two chains, and become one.
update public.consent_requests as r
set previous_id = chain.previous_id
from (
    select q.id, lag(q.id) over (
        partition by q.phone_number_id, coalesce(q.user_id, q.phone_key)
        order by q.requested_at, q.created_at, q.id
    ) as previous_id
    from public.consent_requests as q
) as chain
where r.id = chain.id and r.previous_id is distinct from chain.previous_id
  and exists (
      select from public.consent_requests as q
      where q.phone_number_id = r.phone_number_id and q.user_id is null and r.user_id is null
        and q.phone_key = r.phone_key and q.phone <> r.phone);
alter table public.consent_requests alter column person
    set expression as (coalesce(user_id, public.phone_key(phone)));
comment on column public.consent_requests.person is
    'PII: user_id, else phone_key: what the order of requests is kept by.';

-- Calls to both spellings at this moment: the first one stays. The sweeper frees what the others
-- held.
update public.calls as c
set status = 'failed', end_reason = 'internal', ended_at = now()
where c.direction = 'outbound' and c.status in ('dialing', 'ringing', 'connecting', 'active')
  and exists (
      select from public.calls as twin
      where twin.direction = 'outbound'
        and twin.status in ('dialing', 'ringing', 'connecting', 'active')
        and twin.phone_number_id = c.phone_number_id
        and coalesce(twin.caller_user_id, twin.caller_phone_key)
            = coalesce(c.caller_user_id, c.caller_phone_key)
        and (twin.created_at, twin.id) < (c.created_at, c.id));
drop index public.calls_one_outbound;
create unique index calls_one_outbound on public.calls
    (phone_number_id, (coalesce(caller_user_id, caller_phone_key)))
    where direction = 'outbound' and status in ('dialing', 'ringing', 'connecting', 'active');

alter table public.consents drop constraint consents_source_check;
alter table public.consents add constraint consents_source_check check (source in (
    'reply', 'callback', 'profile', 'revocation', 'graph',
    'operator', 'agent', 'text', 'rejections', 'moved'));
comment on column public.consents.source is
    'reply (to our permission request), callback (automatic, the person called), profile (their switch), revocation (Meta''s, after unanswered calls), graph (asked for, or learnt from a refusal), operator (on paper), agent (said in a call), text (STOP), rejections (repeated), moved (said under an earlier number or id, see person_links).';

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

drop view public.consent_state;
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

create or replace function public.do_not_call_since(person_user_id text, person_phone text)
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

create or replace function public.call_standing(
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

create or replace function public.erase_person(
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

create or replace function public.purge_expired(
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

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 6;

alter table public.person_links enable row level security;
revoke all on public.person_links, public.consent_state
    from public, anon, authenticated, service_role;
revoke all on function public.phone_key(text), public.has_moved(text, text, timestamptz),
    public.names_met(text, text, timestamptz), public.person_names(text, text),
    public.link_person(uuid, text, text, text, text, text, text, timestamptz),
    public.meta_spelling(text), public.must_not_be_called(text, text)
    from public, anon, authenticated, service_role;
grant select, insert on public.person_links to service_role;
grant select on public.consent_state to service_role;
grant execute on function public.phone_key(text), public.has_moved(text, text, timestamptz),
    public.names_met(text, text, timestamptz), public.person_names(text, text),
    public.link_person(uuid, text, text, text, text, text, text, timestamptz),
    public.meta_spelling(text), public.must_not_be_called(text, text) to service_role;

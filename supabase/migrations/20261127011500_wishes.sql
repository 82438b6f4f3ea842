-- Messages that are probably a STOP, requests that fail after Meta took them, and when somebody was
-- last heard of.

alter table public.consents drop constraint consents_source_check;
alter table public.consents add constraint consents_source_check check (source in (
    'reply', 'callback', 'profile', 'revocation', 'graph', 'operator', 'agent', 'text',
    'rejections', 'moved', 'preference'));
comment on column public.consents.source is
    'reply (to our permission request), callback (automatic, the person called), profile (their switch), revocation (Meta''s, after unanswered calls), graph (asked for, or learnt from a refusal), operator (on paper), agent (said in a call), text (STOP), preference (their switch for marketing messages; lifts only what it set), rejections (repeated), moved (said under an earlier number or id, see person_links).';

alter table public.call_pauses
    add column said text,
    add column decision text check (decision in ('do-not-call', 'dismissed')),
    add column decided_at timestamptz;
comment on column public.call_pauses.said is
    'PII: of a probable-stop, the words that may ask not to be called; an operator decides about them.';
comment on column public.call_pauses.decision is
    'Of a probable-stop: do-not-call, or dismissed; null: nobody has decided yet.';
comment on column public.call_pauses.decided_at is 'When it was decided.';

alter table public.consent_requests add column failure_code integer;
comment on column public.consent_requests.failure_code is
    'Meta''s code, when it took the request and told later that it was not delivered.';

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

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 10;

-- ------------------------------------------------------------------------------ who may do what

revoke all on function public.heard_since(text, text, text, timestamptz)
    from public, anon, authenticated, service_role;
grant execute on function public.heard_since(text, text, text, timestamptz) to service_role;
grant update (until, decision, decided_at) on public.call_pauses to service_role;
grant update (failure_code) on public.consent_requests to service_role;

-- Chores that one replica does, such as the daily purge; and of messages that decide nothing, no
-- words are kept.

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

-- ------------------------------------------------------------- what has been stored already
-- The words of messages that decided nothing: who, when and what kind is what stays of them.

alter table public.call_events disable trigger guard;

update public.call_events as e
set payload = case
    when jsonb_typeof(e.payload -> 'value') = 'object' then jsonb_build_object(
        'redacted', true,
        'entry_id', e.payload -> 'entry_id',
        'field', e.payload -> 'field',
        'value', jsonb_strip_nulls(jsonb_build_object(
            'messaging_product', e.payload -> 'value' -> 'messaging_product',
            'metadata', e.payload -> 'value' -> 'metadata',
            'errors', e.payload -> 'value' -> 'errors',
            'contacts', (
                select jsonb_agg(jsonb_build_object(
                    'wa_id', one -> 'wa_id', 'user_id', one -> 'user_id'))
                from jsonb_path_query(e.payload, '$.value.contacts[*]') as one),
            'messages', (
                select jsonb_agg(jsonb_build_object(
                    'id', one -> 'id',
                    'from', one -> 'from',
                    'from_user_id', one -> 'from_user_id',
                    'timestamp', one -> 'timestamp',
                    'type', one -> 'type',
                    'errors', one -> 'errors'))
                from jsonb_path_query(e.payload, '$.value.messages[*]') as one))))
    else jsonb_strip_nulls(jsonb_build_object(
        'redacted', true, 'malformed', e.payload -> 'malformed'))
    end
where e.source = 'meta' and not e.payload ? 'redacted'
  and (
      e.kind = 'text' and e.outcome <> 'handled'
      or e.kind = 'unrecognized' and (
          e.payload -> 'value' ? 'messages'
          or jsonb_typeof(e.payload -> 'value') is distinct from 'object'
          or not (e.payload -> 'value' ? 'statuses')
             and coalesce(e.payload ->> 'field', '') !~ '^(calls$|account)'));

alter table public.call_events enable trigger guard;

-- ------------------------------------------------------------------------ rights and the version

comment on column public.call_events.payload is
    'PII: the raw event, with numbers, names and session descriptions. Of messages that decide nothing, and of other lines, only who, when and what kind; then redacted is true.';

alter table public.chores enable row level security;
revoke all on public.chores from public, anon, authenticated, service_role;
revoke all on function public.claim_chore(text, double precision, double precision),
    public.finish_chore(text) from public, anon, authenticated, service_role;
grant select, insert, update on public.chores to service_role;
grant execute on function public.claim_chore(text, double precision, double precision),
    public.finish_chore(text) to service_role;

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 4;

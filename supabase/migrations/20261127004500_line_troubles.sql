-- What Meta tells of the account and the number's settings, for every replica: version 8.

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

alter table public.line_troubles enable row level security;

revoke all on public.line_troubles from public, anon, authenticated, service_role;
revoke all on function public.note_line_trouble(text, text, boolean, timestamptz, timestamptz)
    from public, anon, authenticated, service_role;
grant select, insert, update on public.line_troubles to service_role;
grant execute on function public.note_line_trouble(text, text, boolean, timestamptz, timestamptz)
    to service_role;

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 8;

-- The set-up of a call as a lease, and guessed ends that Meta corrects: version 5.

alter table public.calls
    add column setup_owner text,
    add column setup_until timestamptz,
    add column setup_takes integer not null default 0,
    add column answer_sdp text;

comment on table public.calls is
    'One row per call: its current summary. Whoever inserts the row holds its set-up, for as long as it says so.';
comment on column public.calls.setup_owner is
    'Which process works on the set-up, while one does; any other one may take it over once this one is silent.';
comment on column public.calls.setup_until is
    'Until when that process holds the set-up, by its own clock; renewed several times a second.';
comment on column public.calls.setup_takes is
    'How often the set-up was taken over from a process that had fallen silent.';
comment on column public.calls.answer_sdp is
    'Inbound: what Meta is answered with, kept until the call is answered or over: whoever takes the set-up over needs it.';

create index calls_in_setup on public.calls (created_at)
    where setup_owner is not null and ended_at is null;

create function public.is_guessed_end(reason text) returns boolean
language sql immutable set search_path = ''
return reason in ('media-lost', 'media-timeout', 'media-silent', 'room-lost', 'agent-lost',
    'setup-timeout', 'not-answered');
comment on function public.is_guessed_end(text) is
    'Whether this end was inferred, from silence or from who was gone: Meta may know better.';

create or replace function public.guard_call() returns trigger
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

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 5;

-- A Supabase project may grant everything on new objects by default: take it back first.
revoke all on function public.is_guessed_end(text) from public, anon, authenticated, service_role;
grant execute on function public.is_guessed_end(text) to service_role;

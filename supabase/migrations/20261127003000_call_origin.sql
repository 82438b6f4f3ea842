-- What came along with the tap that began an inbound call: the payload of a call button or a link.

alter table public.calls
    add column origin jsonb not null default '{}' check (jsonb_typeof(origin) = 'object');

comment on column public.calls.origin is
    'PII: what the call button or link carried: cta_payload, deeplink_payload, biz_opaque_callback_data, each of at most 512 characters. Anybody can write such a link.';

create or replace function public.schema_version() returns integer
language sql immutable set search_path = ''
return 7;

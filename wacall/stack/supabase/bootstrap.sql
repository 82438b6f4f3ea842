-- What a Supabase project already has and a bare Postgres does not: roles, schemas, the auth
-- functions, default privileges. For the local stand-in only; never applied to a project.
-- Run by the superuser supabase_admin, before schema.sql is applied by postgres.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;

create role postgres login createdb createrole bypassrls;
grant anon, authenticated, service_role to postgres with admin option;
alter database postgres owner to postgres;
alter schema public owner to postgres;
grant usage on schema public to anon, authenticated, service_role;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
create schema auth;
grant usage on schema auth to anon, authenticated, service_role, postgres;

create function auth.jwt() returns jsonb language sql stable set search_path = ''
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
create function auth.uid() returns uuid language sql stable set search_path = ''
return (auth.jwt() ->> 'sub')::uuid;
create function auth.role() returns text language sql stable set search_path = ''
return auth.jwt() ->> 'role';

-- As in a project: whatever postgres creates in public is open to the API roles unless revoked.
alter default privileges for role postgres in schema public
    grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on functions to anon, authenticated, service_role;

-- The launcher notes here which schema.sql it has applied.
create schema local_supabase;
create table local_supabase.applied_schema (
    sha256 text primary key,
    applied_at timestamptz not null default now()
);
grant usage on schema local_supabase to postgres;
grant select, insert on local_supabase.applied_schema to postgres;

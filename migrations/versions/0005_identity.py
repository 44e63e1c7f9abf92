"""Personal access tokens, sign-in through a provider, closed registration, and row security for the other tables.

Revises: 0004.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Tokens are long random numbers, so a plain SHA-256 is enough, and can be looked up by an index.
PERSONAL_TOKENS = """
create table public.personal_tokens (
    token_id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    name text not null check (length(name) between 1 and 100),
    scope text not null check (scope in ('read', 'write')),
    token_hash bytea not null unique,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz
);
create index personal_tokens_user_id on public.personal_tokens (user_id);
grant select, insert, update, delete on public.personal_tokens to macrofolio_api;
"""

# People who sign in through a provider have no password here. oidc_sign_ins holds sign-ins that are not finished.
IDENTITIES = """
alter table public.users alter column password_hash drop not null;

create table public.identities (
    issuer text not null,
    subject text not null check (length(subject) between 1 and 255),
    user_id uuid not null references public.users on delete cascade,
    created_at timestamptz not null default now(),
    primary key (issuer, subject)
);
create index identities_user_id on public.identities (user_id);

create table public.oidc_sign_ins (
    state_hash bytea primary key,
    nonce text not null,
    code_verifier text not null,
    created_at timestamptz not null default now()
);
grant select, insert, update, delete on public.identities, public.oidc_sign_ins to macrofolio_api;
"""

REGISTRATION = """
create table public.registration (
    is_only_row boolean primary key default true check (is_only_row),
    is_open boolean not null default true
);
insert into public.registration default values;
grant select, update (is_open) on public.registration to macrofolio_api;
"""

# Old counts no longer matter and are deleted by age.
FAILURES = "create index login_failures_last_failed_at on public.login_failures (last_failed_at);"

# Tables that establish who somebody is (users, identities) must be readable before the user is known. Tokens too, but
# only through these functions, which is what the owner's policies are for.
ROW_SECURITY = """
create policy look_up on public.personal_tokens for select to macrofolio_owner using (true);
create function public.personal_token(presented bytea) returns setof public.personal_tokens
language sql stable security definer set search_path = pg_catalog
begin atomic
    select * from public.personal_tokens where token_hash = presented;
end;
revoke execute on function public.personal_token from public;
grant execute on function public.personal_token to macrofolio_api;

create policy look_up on public.sessions for select to macrofolio_owner using (true);
create function public.session_is_live(presented uuid, of_user uuid) returns boolean
language sql stable security definer set search_path = pg_catalog
begin atomic
    select exists (
        select from public.sessions
        where session_id = presented and user_id = of_user and revoked_at is null and expires_at > now()
    );
end;
revoke execute on function public.session_is_live from public;
grant execute on function public.session_is_live to macrofolio_api;

create policy every_row on public.portfolio_settings for select to macrofolio_ingestion, macrofolio_dbt using (true);
"""
OWN_ROWS = ("personal_tokens", "sessions", "idempotency_keys", "portfolio_settings")

# A failure's text may quote rows of the user being erased. Nobody can tell which, so all texts are cleared; the task's
# log keeps them as long as logs are kept.
ERASURE = """
create function bronze.withhold_failure_reasons() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    update bronze.model_failures set reason = 'Withheld: an account was erased since. The log of the task has it.';
    return null;
end
$$;
create trigger withhold_failure_reasons after delete on public.users
for each statement execute function bronze.withhold_failure_reasons();
"""


def upgrade() -> None:
    connection = op.get_bind()
    # The driver's own connection: no bind parameters, so a literal colon stays a colon.
    for statements in (PERSONAL_TOKENS, IDENTITIES, REGISTRATION, FAILURES, ROW_SECURITY, ERASURE):
        connection.exec_driver_sql(statements)
    for table in OWN_ROWS:
        connection.exec_driver_sql(
            f"""
            alter table public.{table} enable row level security;
            alter table public.{table} force row level security;
            create policy own_rows on public.{table} to macrofolio_api
            using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
            """
        )


def downgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(
        """
        drop trigger withhold_failure_reasons on public.users;
        drop function bronze.withhold_failure_reasons, public.personal_token, public.session_is_live;
        drop table public.registration, public.oidc_sign_ins, public.identities, public.personal_tokens;
        drop index public.login_failures_last_failed_at;
        drop policy every_row on public.portfolio_settings;
        drop policy look_up on public.sessions;
        """
    )
    for table in OWN_ROWS[1:]:
        connection.exec_driver_sql(
            f"""
            drop policy own_rows on public.{table};
            alter table public.{table} no force row level security;
            alter table public.{table} disable row level security;
            """
        )
    connection.exec_driver_sql(
        """
        -- no hash, so no password is right, and the user stays
        update public.users set password_hash = 'none' where password_hash is null;
        alter table public.users alter column password_hash set not null;
        """
    )

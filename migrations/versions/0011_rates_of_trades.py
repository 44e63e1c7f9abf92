"""The currency a trade was settled in, and its exchange rate.

Revises: 0010.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# More digits than an amount: one rupiah is 0.0000585 euros.
SETTLEMENT = """
alter table bronze.transactions
    add column settlement_currency text check (settlement_currency ~ '^[A-Z]{3}$'),
    add column fx_rate numeric check (fx_rate > 0 and fx_rate < 1e15 and scale(fx_rate) <= 12),
    add constraint transactions_settlement_check check ((settlement_currency is null) = (fx_rate is null));
comment on column bronze.transactions.fx_rate is
'Units of the settlement currency for one of the listing''s major unit.';
"""


def upgrade() -> None:
    # The driver's own connection: no bind parameters, so a literal colon stays a colon.
    op.get_bind().exec_driver_sql(SETTLEMENT)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(
        """
        alter table bronze.transactions
            drop constraint transactions_settlement_check, drop column fx_rate, drop column settlement_currency
        """
    )

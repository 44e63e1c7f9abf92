"""The layout of the settings page; fetches no data."""

from collections.abc import Sequence
from datetime import date

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.api.payloads import PersonalTokenOut, SessionOut
from dashboard.ui import formats
from dashboard.ui.aria import aria
from dashboard.ui.notices import loading
from dashboard.ui.tables import Column, table

CURRENCIES = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "INR", "BRL", "ZAR"]
METHODS = [{"value": "average", "label": "Average cost"}, {"value": "fifo", "label": "First in, first out"}]
SCOPES = [{"value": "read", "label": "Read"}, {"value": "write", "label": "Read and record trades"}]
LIFETIMES = [
    *({"value": days, "label": f"{days} days"} for days in ("30", "90", "365")),
    {"value": "", "label": "Until revoked"},
]


def page(**_query: str) -> html.Div:
    """The page; callbacks fill in the account's data."""
    return html.Div(
        [
            html.H1("Settings"),
            dcc.Store(id="settings-changed"),
            dmc.SimpleGrid([_portfolio(), _password()], cols={"base": 1, "md": 2}, spacing="md"),
            _sessions(),
            _tokens(),
            _erasure(),
        ]
    )


def session_table(rows: Sequence[SessionOut], today: date) -> html.Div:
    """Where this account is logged in, each with a button that ends it."""
    columns: list[Column[SessionOut]] = [
        Column("Logged in", lambda row: _when(row["created_at"], today), numeric=False),
        Column("Last used", lambda row: _when(row["last_refreshed_at"], today), numeric=False),
        Column("Expires", lambda row: _when(row["expires_at"], today), numeric=False),
        Column("Action", lambda row: _end(row, today), numeric=False),
    ]
    return html.Div(table("Your sessions", columns, rows), className="bounded with-action")


def token_table(rows: Sequence[PersonalTokenOut], today: date) -> html.P | html.Div:
    """The tokens for scripts, each with a button that revokes it."""
    if not rows:
        return html.P("You have no tokens.", className="muted")
    columns: list[Column[PersonalTokenOut]] = [
        Column("Name", lambda row: row["name"], numeric=False),
        Column("May", lambda row: "read" if row["scope"] == "read" else "read and record trades", numeric=False),
        Column("Made", lambda row: _when(row["created_at"], today), numeric=False),
        Column("Last used", lambda row: _when(row["last_used_at"], today, "never"), numeric=False),
        Column("Expires", lambda row: _when(row["expires_at"], today, "never"), numeric=False),
        Column("Action", _revoke, numeric=False),
    ]
    return html.Div(table("Your personal access tokens", columns, rows), className="with-action")


def issued(token: str) -> dmc.Alert:
    """The only time a token is shown."""
    return dmc.Alert(
        [
            html.P("Copy it now; it will not be shown again."),
            dmc.Group(
                [
                    dmc.Code(token, block=True, id="settings-token", className="secret"),
                    dmc.CopyButton("Copy", value=token, copiedChildren="Copied", color="teal", variant="light"),
                ]
            ),
        ],
        title="Your new token",
        color="teal",
        variant="light",
    )


def _portfolio() -> html.Section:
    return _card(
        "Portfolio settings",
        "Changes recompute every figure, which takes a few seconds.",
        dmc.Autocomplete(
            id="settings-base_currency",
            label="Base currency",
            description="Amounts in other currencies are converted to it.",
            data=CURRENCIES,
            value="",
        ),
        html.Div(
            [
                html.Div("Cost basis method", id="settings-method-label", className="under"),
                dmc.SegmentedControl(
                    id="settings-cost_basis_method", data=METHODS, value="average", **aria(label="Cost basis method")
                ),
            ]
        ),
        dmc.TextInput(
            id="settings-benchmark",
            label="Benchmark",
            description="The ticker to compare your portfolio with, such as SPY.",
            value="",
        ),
        _button("Save", "settings-save"),
        html.Div(id="settings-portfolio-message"),
    )


def _password() -> html.Section:
    return _card(
        "Password",
        "A new password ends every other session.",
        dmc.PasswordInput(
            id="settings-current_password", label="Current password", value="", autoComplete="current-password"
        ),
        dmc.PasswordInput(
            id="settings-new_password",
            label="New password",
            description="12 characters or more, and hard to guess.",
            value="",
            autoComplete="new-password",
        ),
        dmc.Checkbox(
            id="settings-revoke_tokens", label="Revoke my tokens for scripts as well", checked=False, radius="sm"
        ),
        _button("Change password", "settings-change-password"),
        html.Div(id="settings-password-message"),
    )


def _sessions() -> html.Section:
    return _card(
        "Sessions",
        "Where you are logged in.",
        html.Div(loading(120), id="settings-sessions"),
        _button("Log out everywhere", "settings-log-out-everywhere", variant="default"),
        html.Div(id="settings-sessions-message"),
    )


def _tokens() -> html.Section:
    return _card(
        "Personal access tokens",
        "For scripts. Tokens give access to your figures and trades, never to this page.",
        html.Div(loading(60), id="settings-tokens"),
        dmc.SimpleGrid(
            [
                dmc.TextInput(id="settings-name", label="Name", placeholder="Nightly report", value=""),
                dmc.Select(id="settings-scope", label="May", data=SCOPES, value="read", allowDeselect=False),
                dmc.Select(
                    id="settings-lifetime",
                    label="Expires after",
                    data=LIFETIMES,
                    value="90",
                    allowDeselect=False,
                ),
            ],
            cols={"base": 1, "sm": 3},
        ),
        _current_password("settings-token-password"),
        _button("Create token", "settings-add-token"),
        html.Div(id="settings-tokens-message"),
    )


def _erasure() -> html.Section:
    return _card(
        "Delete account",
        "Deletes every transaction with its history, every session and every token. This is final: export first.",
        dmc.TextInput(
            id="settings-confirmation",
            label="Type your e-mail address to confirm",
            value="",
            autoComplete="off",
        ),
        _current_password("settings-erase-password"),
        _button("Delete everything", "settings-erase", className="danger"),
        html.Div(id="settings-erase-message"),
    )


def _current_password(field_id: str) -> dmc.PasswordInput:
    return dmc.PasswordInput(
        id=field_id,
        label="Current password",
        description="Leave it empty if you sign in through a provider.",
        value="",
        autoComplete="current-password",
    )


def _end(row: SessionOut, today: date) -> html.Span | dmc.Button:
    if row["is_current"]:
        return html.Span("this one", className="tag")
    return dmc.Button(
        "End",
        id={"type": "settings-end", "session_id": row["session_id"]},
        size="compact-sm",
        variant="default",
        **aria(label=f"End the session started {_when(row['created_at'], today)}"),
    )


def _revoke(row: PersonalTokenOut) -> dmc.Button:
    return dmc.Button(
        "Revoke",
        id={"type": "settings-revoke", "token_id": row["token_id"]},
        size="compact-sm",
        variant="default",
        **aria(label=f"Revoke {row['name']}"),
    )


def _when(instant: str | None, today: date, never: str = formats.UNKNOWN) -> str:
    return formats.moment(formats.instant(instant), today) if instant else never


def _button(label: str, button_id: str, **look: str) -> html.Div:
    return html.Div(dmc.Button(label, id=button_id, **look))


def _card(title: str, note: str, *parts: Component) -> html.Section:
    return html.Section(
        [html.H2(title), html.P(note, className="muted"), dmc.Stack(list(parts), gap="md", mt="sm")], className="card"
    )

"""One person's ledger over HTTP, in the words of the plain model."""

from typing import Any
from urllib.parse import urlencode

import urllib3

from tests.auth_service.ledger import ledger_model as model
from tests.support.running_api import somebody


class Client:
    """One person's ledger, over HTTP; httpx would take longer than the service."""

    def __init__(self, url: str) -> None:
        self._bearer = {"Authorization": f"Bearer {somebody(url)['access_token']}"}
        self._http = urllib3.connection_from_url(url, maxsize=8)
        self.user_id = self.get("/auth/me")["user_id"]
        depot = {"name": model.CASH_ACCOUNT, "tracks_cash": True}
        opened = self._ask("POST", "/accounts", json=depot).json()
        self._accounts = {"": self.user_id, model.CASH_ACCOUNT: opened["account_id"]}

    def change(self, change: model.Change) -> urllib3.BaseHTTPResponse:
        match change:
            case model.Record(trade, key):
                return self._ask(
                    "POST", "/transactions", {"Idempotency-Key": key} if key else {}, json=self._body_of(trade)
                )
            case model.Revise(name, trade):
                return self._ask("PUT", f"/transactions/{name}", json=self._body_of(trade))
            case model.Delete(name):
                return self._ask("DELETE", f"/transactions/{name}")

    def shown(self, name: str, version: model.Version) -> dict[str, Any]:
        """What the API tells of a version, all but when it was recorded."""
        trade = version.trade
        told = self._body_of(trade) | {"currency": "USD", "type": trade.of_type, "group_id": None}
        del told["confirm"]
        if trade.of_type in {"BUY", "SELL", "DIVIDEND", "INTEREST"}:
            told["taxes"] = trade.taxes or "0"
        if trade.of_type in {"BUY", "SELL", "DIVIDEND"}:
            told["fees"] = trade.fees or "0"
        return told | {"transaction_id": name, "version": version.number, "is_deleted": version.is_deleted}

    def _body_of(self, trade: model.Trade) -> dict[str, Any]:
        own_names = {name: value for name, value in vars(trade).items() if name not in {"day", "account"}}
        return own_names | {"trade_date": trade.day.isoformat(), "account_id": self._accounts[trade.account]}

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        reply = self._ask("GET", f"{path}?{urlencode(query)}")
        assert reply.status == 200, reply.data
        answer: dict[str, Any] = reply.json()
        return answer

    def export(self) -> str:
        return self._ask("GET", "/transactions/export").data.decode()

    def upload(self, text: str, **query: Any) -> urllib3.BaseHTTPResponse:
        return self._ask("POST", f"/transactions/import?{urlencode(query)}", body=text.encode())

    def close(self) -> None:
        self._http.close()

    def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any
    ) -> urllib3.BaseHTTPResponse:
        return self._http.request(method, f"/api/v1{path}", headers=self._bearer | (headers or {}), **body)

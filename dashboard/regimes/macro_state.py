"""The current regime and phase, since when, and the indicators behind them, from the API's macro context."""

from dataclasses import dataclass
from datetime import date

from dashboard.api.payloads import MacroContext, MacroIndicator, MacroSpan
from dashboard.ui import formats

# Same as dbt/seeds/regime_thresholds.csv; a test compares them.
DEAD_BAND, SAHM, CFNAI = 0.25, 0.50, -0.70
DIRECTIONS = {  # growth and inflation in each regime
    "goldilocks": ("up", "down"),
    "reflation": ("up", "up"),
    "stagflation": ("down", "up"),
    "deflation": ("down", "down"),
}


@dataclass(frozen=True)
class MacroState:
    """What was known on `day`: today, unless all publications are too old to describe it."""

    day: str
    is_today: bool
    regime: MacroSpan | None
    phase: MacroSpan | None
    indicators: dict[str, MacroIndicator]


@dataclass(frozen=True)
class Verdict:
    """One indicator next to its threshold; `says` is empty if it decides nothing."""

    name: str
    meaning: str
    value: float | None
    unit: str
    threshold: str
    says: str
    known_since: str | None
    holds_until: str | None


def state_on(context: MacroContext, today: date) -> MacroState | None:
    """The classification today or on the last day that has one; None without any."""
    states = [span for span in context["spans"] if span["kind"] in ("regime", "phase")]
    begun = [span["valid_to"] for span in states if span["valid_from"] <= today.isoformat()]
    if not begun:
        return None
    day = min(today.isoformat(), max(begun))
    reigning = {span["kind"]: span for span in states if _holds(span, day)}
    indicators = {span["name"]: span for span in context["indicators"] if _holds(span, day)}
    return MacroState(day, day == today.isoformat(), reigning.get("regime"), reigning.get("phase"), indicators)


def deciding(state: MacroState) -> list[Verdict]:
    """The four indicators that determine regime and phase, each with its result; missing ones stay in the list."""
    growth, inflation = DIRECTIONS[state.regime["name"]] if state.regime else ("", "")
    band = formats.ratio(DEAD_BAND)
    turn = f"up above +{band}, down below \N{MINUS SIGN}{band}, unchanged in between"
    says = {
        "growth": (turn, growth),
        "inflation": (turn, inflation),
        "sahm": (f"{formats.ratio(SAHM)} or more, and rising", _side(state, "sahm", SAHM)),
        "cfnai": (f"below {formats.ratio(CFNAI)}", _side(state, "cfnai", CFNAI)),
    }
    return [_verdict(name, state.indicators.get(name), *said) for name, said in says.items()]


NAMES = {  # label, meaning and unit of each indicator: the deciding ones first, then the others
    "growth": ("Growth", "6-month change in the yearly growth of industrial production", "pp"),
    "inflation": ("Inflation", "6-month change in yearly core inflation", "pp"),
    "sahm": ("Sahm indicator", "3-month average unemployment above its 12-month low", "pp"),
    "cfnai": ("Chicago Fed activity", "3-month average of the national activity index", ""),
    "unemployment_rate": ("Unemployment", "share of the labour force", "%"),
    "policy_rate": ("Policy rate", "effective federal funds rate", "%"),
    "curve_10y2y": ("Yield curve, 10 years over 2 years", "inverted below 0", "pp"),
    "curve_10y3m": ("Yield curve, 10 years over 3 months", "inverted below 0", "pp"),
    "risk_free_rate": ("Treasury bill", "yearly risk-free rate", "%"),
    "price_level": ("Price level", "consumer price index", ""),
    "payrolls": ("Payrolls", "thousands of people", ""),
    "real_gdp": ("Real GDP", "billions of chained dollars", ""),
}


def beside(state: MacroState) -> list[Verdict]:
    """The known indicators besides the deciding ones."""
    found = {name: state.indicators.get(name) for name in NAMES if name not in ("growth", "inflation", "sahm", "cfnai")}
    return [_verdict(name, span, "", _inverted(name, span)) for name, span in found.items() if span]


def _verdict(name: str, span: MacroIndicator | None, threshold: str, says: str) -> Verdict:
    label, meaning, unit = NAMES[name]
    value, since, until = (span["value"], span["valid_from"], span["valid_to"]) if span else (None, None, None)
    return Verdict(label, meaning, value, unit, threshold, says, since, until)


def _side(state: MacroState, name: str, threshold: float) -> str:
    span = state.indicators.get(name)
    if span is None or span["value"] is None:
        return ""
    return f"{'below' if span['value'] < threshold else 'not below'} the threshold"


def _inverted(name: str, span: MacroIndicator) -> str:
    return "inverted" if name.startswith("curve_") and (span["value"] or 0) < 0 else ""


def _holds(span: MacroSpan | MacroIndicator, day: str) -> bool:
    return span["valid_from"] <= day <= span["valid_to"]

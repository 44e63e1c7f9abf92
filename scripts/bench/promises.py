"""Promises, each a ratio of two things measured in the same run, because machines differ and are shared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """One row: `measured` may be at most `limit` times `yardstick`, both in `unit`."""

    sentence: str
    measured: float
    yardstick: float
    limit: float
    unit: str = "s"

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit * self.yardstick

    def __str__(self) -> str:
        ratio = self.measured / self.yardstick
        verdict = "met" if self.is_met else "missed"
        amounts = f"{self.measured:.2f} {self.unit} against {self.yardstick:.2f} {self.unit}"
        return f"{verdict:6} {ratio:7.3g} (at most {self.limit:.3g})  {self.sentence}: {amounts}"

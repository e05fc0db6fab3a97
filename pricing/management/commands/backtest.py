"""`manage.py backtest`: replay past sales with only what was known then; how good was it?"""

import datetime as dt
import json
import time
from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from pricing import backtesting, reading
from pricing.backtest import report
from pricing.evidence import STANDARD, Rules
from pricing.replay import Outcome

SHOWN = 10  # reasons


def day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is not a date like 2026-01-31") from error


class Command(BaseCommand):
    help = (
        "Prices every past sale with only what was known before it, and compares with the median"
        " of the category, of brand and category, and of everything. Without --sales it"
        " replays a tenant's own sales, keeps the figures for the page and the calibration."
    )
    epilog = (
        "--json prints sales, priced, mdape, bias, within_10, within_25, coverage_80, width_80 and"
        " baselines {category, brand_category, overall}: shares, 0.2 is 20 %; null where nothing"
        " was priced. Beside them: by {category, brand, price}, the same figures of the largest"
        " groups; reliability, what confidence said and what was true in ten parts; refused, rows"
        " of the file that could not be used; mode, replay or, where the rows are of one date,"
        " folds (each tenth is priced from the other nine); seconds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = self.epilog
        parser.add_argument("--sales", type=Path, help="a CSV or Parquet file instead of a tenant")
        parser.add_argument("--tenant", default="demo", help="whose sales (slug); default demo")
        parser.add_argument("--currency", default="", help="replay only sales in this currency")
        parser.add_argument("--since", type=day, help="judge only sales from this day on")
        parser.add_argument("--until", type=day, help="judge only sales before this day")
        parser.add_argument("--window", type=float, help="days of sales that may be comparables")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.monotonic()
        found = self._from_file(options) if options["sales"] else self._from_tenant(options)
        outcomes, refused, mode = found
        result = report(outcomes) | {"refused": refused, "mode": mode}
        result["seconds"] = round(time.monotonic() - start, 1)
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self._tell(result)

    def _from_file(self, options: dict[str, Any]) -> tuple[list[Outcome], int, str]:
        """Each currency is replayed by itself, the commonest first: they never mix."""
        try:
            today = now().replace(hour=0, minute=0, second=0, microsecond=0)
            read = list(reading.rows(options["sales"], options["currency"] or "ISK", today))
        except reading.Unreadable as error:
            raise CommandError(str(error)) from error
        good = [row for row in read if isinstance(row, reading.Read)]
        counts = Counter(row.currency for row in good)
        wanted = [options["currency"]] if options["currency"] else list(dict(counts.most_common()))
        self.stderr.write(f"{dict(counts)} sales, {len(read) - len(good)} refused")
        reasons = Counter(row.why for row in read if isinstance(row, reading.Wrong))
        for why, number in reasons.most_common(SHOWN):
            self.stderr.write(f"  {number} x {why}")
        outcomes, modes = [], []
        for currency in wanted:
            history = backtesting.of_rows([row for row in good if row.currency == currency])
            window = options["window"] or STANDARD.window_days
            rules = Rules(currency=currency, window_days=window)
            outcomes += backtesting.run(history, rules, options["since"], options["until"])
            modes.append(history.mode)
        if not outcomes:
            raise CommandError("No row of the file can be used.")
        return outcomes, len(read) - len(good), modes[0]

    def _from_tenant(self, options: dict[str, Any]) -> tuple[list[Outcome], int, str]:
        tenant = backtesting.tenant_named(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.")
        history, outcomes = backtesting.of_tenant(tenant, options["since"], options["until"])
        return outcomes, 0, history.mode

    def _tell(self, result: dict[str, Any]) -> None:
        if not result["priced"]:
            self.stdout.write(f"{result['sales']} sales, none could be priced.")
            return
        self.stdout.write(
            f"{result['priced']} of {result['sales']} sales priced in {result['seconds']} s\n"
            f"off by {result['mdape']:.1%} in the median, bias {result['bias']:+.1%}\n"
            f"within 10 %: {result['within_10']:.1%}, within 25 %: {result['within_25']:.1%}\n"
            f"the 80 % range holds {result['coverage_80']:.1%}, its width is"
            f" {result['width_80']:.0%} of the price"
        )
        for name, off in result["baselines"].items():
            self.stdout.write(
                f"  {name.replace('_', ' + ')} median: {off:.1%}" if off else f"  {name}: –"
            )

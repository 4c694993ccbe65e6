import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.moving.folders import REFUNDS, RULES, count_rows, make_folder, move_in

pytestmark = pytest.mark.django_db

DAYS = ["--from", "2026-02-01", "--to", "2026-02-02"]


def try_out(tmp_path: Path, rules: str) -> tuple[str, str]:
    """What the command wrote into its file, and what it said."""
    (tmp_path / "proposal.csv").write_text(rules, encoding="utf-8")
    said = io.StringIO()
    arguments = ["--rules", str(tmp_path / "proposal.csv"), "--out", str(tmp_path / "out.csv")]
    call_command("simulate_rules", *arguments, *DAYS, stdout=said, stderr=io.StringIO())
    return (tmp_path / "out.csv").read_text(encoding="utf-8"), said.getvalue()


def test_a_proposal_beside_what_is(tmp_path: Path) -> None:
    move_in(make_folder(tmp_path / "in", refunds=REFUNDS), "--accrue")
    rows = count_rows()
    text, said = try_out(
        tmp_path,
        f"{RULES}product,NUT,新等级,50%,50%,,,,,\nproduct,TEA,,0,10%,,,,,\nshop,,gold,,6%,,,,,\n",
    )
    # Kept of N1: 2 × 10.00 and 18.00, of N2: 10.00.
    assert text == (
        "distributor,name,orders,before,after,change\n"
        "A,甲,2,2.40,3.60,1.20\n"
        "B,乙,2,4.80,3.00,-1.80\n"
        "TOTAL,,2,7.20,6.60,-0.60\n"
    )
    assert "¥7.20 → ¥6.60 (-0.60)" in said
    assert count_rows() == rows


def test_errors_are_named_as_for_the_real_thing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"proposal\.csv"):
        try_out(tmp_path, f"{RULES}product,没有,,1%,1%,,,,,\n")
    assert not (tmp_path / "out.csv").exists()


def test_days_run_forward(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command(
            "simulate_rules",
            *("--rules", "x", "--out", "y", "--from", "2026-02-02", "--to", "2026-02-01"),
        )


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        call_command(
            "simulate_rules", "--rules", "nowhere.csv", "--out", "y", *DAYS, stderr=io.StringIO()
        )

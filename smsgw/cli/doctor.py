"""smsgw doctor: what is missing or unsafe, in plain words, each with its next step."""

import sys

import click

from smsgw.cli import datakey
from smsgw.cli.checks import Finding, all_checks
from smsgw.config import load


@click.command("doctor", epilog="Example: smsgw doctor")
@click.option("--make-key", is_flag=True, help="First make the data key file, where none is and nothing is stored.")
def command(make_key: bool) -> None:
    """Look at settings, files, database, queue and keywords. Exit code 1 when something has to be done."""
    settings = load()
    if make_key:
        datakey.make(settings)
    findings = list(all_checks(settings))
    for finding in findings:
        click.echo(_line(finding))
    wrong = sum(not finding.well for finding in findings)
    click.echo("\nAll is well." if not wrong else f"\n{wrong} of {len(findings)} need something done.")
    sys.exit(1 if wrong else 0)


def _line(finding: Finding) -> str:
    return f"ok    {finding.what}" if finding.well else f"FIX   {finding.what}\n      {finding.next_step}"

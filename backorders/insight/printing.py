"""The table of key figures on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from backorders.insight import wording
from backorders.insight.reporting import Section


def show(sections: Sequence[Section], console: Console) -> None:
    """One table, a part for each section."""
    table = Table("Figure", "Value", "From", title="Key figures", title_justify="left")
    table.columns[1].justify = table.columns[2].justify = "right"
    for section in sections:
        table.add_section()
        table.add_row(f"[bold]{section.title}[/bold]", "", "")
        for row in wording.rows(section.figures):
            table.add_row(*row)
    console.print(table)

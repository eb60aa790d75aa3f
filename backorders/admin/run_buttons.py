"""What a planner does with a run or a variant: write it, save it, lift it."""

from typing import Any

from django import forms

from backorders import running
from backorders.models import BackorderRun, OnException, RunVariant
from oms.kernel import shown
from oms.kernel.admin.buttons import Button, Done
from oms.kernel.admin.forms import AskForm
from oms.kernel.errors import Conflict

WORKED_AT_ONCE = 5.0


class WriteTheRun(Button[BackorderRun]):
    """The same segments in earnest."""

    slug = "write"
    label = "Write this run"
    says = (
        "Decides again on what is so now, SKU by SKU, and writes it: claims move, customers whose promise "
        "breaks are told and asked. Re-plans keep the result until its supply slips, another run takes "
        "the lines, or it is lifted."
    )
    icon = "published_with_changes"
    tone = "go"
    permission = "backorders.run_backorders"
    form = AskForm

    def is_offered(self) -> bool:
        return self.row.is_dry and self.row.state == BackorderRun.State.DONE

    def press(self, data: dict[str, Any]) -> Done:
        fallback = RunVariant.objects.filter(name=self.row.fallback_name).first()
        if self.row.fallback_name and fallback is None:
            raise Conflict(f"The variant {self.row.fallback_name} is gone; plan the run again.")
        run = running.start(
            raw_segments=self.row.segments,
            variant=self.row.variant,
            is_dry=False,
            on_exception=self.row.on_exception,
            fallback=fallback,
            note=self.row.note,
            actor=self.actor,
        )
        running.work(run.pk, at_most=WORKED_AT_ONCE)
        return Done("The run is being written.", shown.page_of(run))


class NameForm(AskForm):
    """A name."""

    name = forms.CharField(max_length=80)
    is_nightly = forms.BooleanField(label="Write it every night", required=False)


class SaveAsVariant(Button[BackorderRun]):
    """Keep the segments for another time."""

    slug = "save"
    label = "Save as variant"
    says = "Keeps these segments under a name, to start from again or to be written every night."
    icon = "bookmark_add"
    permission = "backorders.run_backorders"
    form = NameForm

    def press(self, data: dict[str, Any]) -> Done:
        if RunVariant.objects.filter(name=data["name"]).exists():
            raise Conflict("There is a variant of this name; edit that one.", field="name")
        fallback = RunVariant.objects.filter(name=self.row.fallback_name).first()
        variant = RunVariant(
            name=data["name"],
            segments=self.row.segments,
            on_exception=OnException.FALLBACK if fallback else OnException.ABORT,
            fallback=fallback,
            is_nightly=data["is_nightly"],
        )
        running.save_variant(variant, why=f"from {self.row}", actor=self.actor)
        return Done(f"Saved as {variant}.", shown.page_of(variant))


class LiftTheRun(Button[BackorderRun]):
    """Let the queue decide again."""

    slug = "lift"
    label = "Lift it"
    says = (
        "Lets re-plans loose on what this run gave and kept back: its SKUs are planned again by rank. "
        "Promises that are kept stay kept; what was told to customers is not taken back."
    )
    icon = "lock_open"
    permission = "backorders.run_backorders"
    form = AskForm

    def is_offered(self) -> bool:
        ended = self.row.state == BackorderRun.State.DONE
        return not self.row.is_dry and ended and self.row.lifted_at is None

    def press(self, data: dict[str, Any]) -> Done:
        count = running.lift(run_id=self.row.pk)
        return Done(f"{shown.count(count, 'SKU')} will be planned again within a minute.")


class WriteVariant(Button[RunVariant]):
    """Preview a variant now; it is written from the preview."""

    slug = "preview"
    label = "Preview this run"
    says = "Runs the saved segments dry over everything that waits now. Nothing is written."
    icon = "visibility"
    tone = "go"
    permission = "backorders.run_backorders"
    form = AskForm

    def press(self, data: dict[str, Any]) -> Done:
        run = running.start(variant=self.row, actor=self.actor)
        running.work(run.pk, at_most=WORKED_AT_ONCE)
        return Done("This is what it would do.", shown.page_of(run))

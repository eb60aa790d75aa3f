"""Events, people and the schedule in the admin."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django_celery_beat.admin import PeriodicTaskAdmin, PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from oms.kernel import jobs, shown
from oms.kernel.admin.base import FactAdmin
from oms.kernel.admin.filters import Choice
from oms.kernel.models import EventLog, JobRun

for model in (User, Group, PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(EventLog)
class EventLogAdmin(FactAdmin):
    """What happened, newest first."""

    about = "All that happened, in order: what commands and jobs told each other and the feed."
    list_display = ("at_words", "name", "subject", "channel_code", "by_words", "payload_words")
    list_filter = ("name",)
    search_fields = ("subject", "=name")
    ordering = ("-id",)

    @admin.display(description="When")
    def at_words(self, row: EventLog) -> str:
        return shown.instant(row.at)

    @admin.display(description="By")
    def by_words(self, row: EventLog) -> str:
        return shown.who(row.by)

    @admin.display(description="Told")
    def payload_words(self, row: EventLog) -> str:
        words = json.dumps(row.payload, default=str)
        return shown.muted(words if len(words) <= 120 else f"{words[:119]}…")


@admin.register(User)
class StaffAdmin(UserAdmin[User], ModelAdmin):
    """People who may log in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class StaffGroupAdmin(GroupAdmin, ModelAdmin):
    """What people of one trade may do; `manage.py sync_groups` brings the usual ones."""


class TaskWidget(UnfoldAdminSelectWidget, TaskSelectWidget):
    """The known tasks to choose from."""


class ScheduleForm(PeriodicTaskForm):
    """A job's form in the theme's clothes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskWidget()


class SilentFilter(Choice):
    """Jobs that did not run when they should have."""

    title = "silent"
    parameter_name = "silent"
    options = {"yes": ("did not run", lambda: PeriodicTask.objects.filter(pk__in=jobs.silent()))}


@admin.register(JobRun)
class JobRunAdmin(FactAdmin):
    """How jobs last fared."""

    about = "How each job last fared, as its worker wrote it down."
    list_display = ("task", "started", "succeeded", "seconds", "failed", "error")
    search_fields = ("task",)
    ordering = ("task",)

    @admin.display(description="Last began")
    def started(self, row: JobRun) -> str:
        return shown.instant(row.started_at)

    @admin.display(description="Last success")
    def succeeded(self, row: JobRun) -> str:
        return shown.instant(row.succeeded_at)

    @admin.display(description="Last failure")
    def failed(self, row: JobRun) -> str:
        return shown.instant(row.failed_at)


@admin.register(PeriodicTask)
class ScheduleAdmin(PeriodicTaskAdmin, ModelAdmin):
    """Jobs that run by themselves; what is switched off or moved here stays so."""

    form = ScheduleForm
    change_list_template = "workplace/list.html"
    list_display = ("name", "is_on", "when", "last_run_words", "last_success", "next_words", "what")
    actions = ("enable_tasks", "disable_tasks", "run_tasks")
    list_filter = (SilentFilter, "enabled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        mine = JobRun.objects.filter(task=OuterRef("task"))
        rows: QuerySet[PeriodicTask] = super().get_queryset(request)
        fared: QuerySet[PeriodicTask] = rows.annotate(
            succeeded_at=Subquery(mine.values("succeeded_at")[:1]),
            seconds=Subquery(mine.values("seconds")[:1]),
            failed_at=Subquery(mine.values("failed_at")[:1]),
            error=Subquery(mine.values("error")[:1]),
        )
        return fared

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        about = (
            "Jobs that run by themselves. Switch one off or move it: a new start of the system respects it."
        )
        return super().changelist_view(request, {"about": about, **(extra_context or {})})

    @admin.display(description="On", boolean=True)
    def is_on(self, row: PeriodicTask) -> bool:
        return bool(row.enabled)

    @admin.display(description="When")
    def when(self, row: PeriodicTask) -> str:
        return str(row.interval or row.crontab or row.solar or row.clocked or shown.NOTHING)

    @admin.display(description="Last ran")
    def last_run_words(self, row: PeriodicTask) -> str:
        return f"{shown.age(row.last_run_at)} ago" if row.last_run_at else "never"

    @admin.display(description="Last success")
    def last_success(self, row: Any) -> str:
        """When it last worked and how long that took; what went wrong since."""
        took = "" if row.seconds is None else f" in {row.seconds:.1f} s"
        worked = f"{shown.age(row.succeeded_at)} ago{took}" if row.succeeded_at else "not yet"
        return shown.side_by_side((worked, shown.chip(row.error[:80], "bad"))) if row.error else worked

    @admin.display(description="Next")
    def next_words(self, row: PeriodicTask) -> str:
        return shown.instant(jobs.next_run(row))

    @admin.display(description="What for")
    def what(self, row: PeriodicTask) -> str:
        return format_html('<span class="oms-muted">{}</span>', row.description)


@admin.register(IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule)
class TimesAdmin(ModelAdmin):
    """Times that jobs may have."""

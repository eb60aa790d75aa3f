"""Events, people and the schedule in the admin."""

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
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from oms.kernel import jobs, shown
from oms.kernel.admin.base import FactAdmin, ToldAdmin
from oms.kernel.admin.filters import Choice
from oms.kernel.models import EventLog, JobRun

for model in (User, Group, PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(EventLog)
class EventLogAdmin(FactAdmin):
    """What happened, newest first."""

    about = "All that happened, in order: what commands and jobs told each other and the feed."
    about_page = "One thing that happened: who did it, to what, and what was told about it."
    when_empty = "Nothing has happened yet."
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
        said = ", ".join(f"{shown.spelt(str(key))} {value}" for key, value in row.payload.items())
        return shown.muted(said if len(said) <= 120 else f"{said[:119]}…") if said else shown.NOTHING


@admin.register(User)
class StaffAdmin(UserAdmin[User], ToldAdmin):
    """People who may log in."""

    about = "People who may log in here. Put them into the group of their trade; it says what they may do."
    about_page = "Who this is, whether they may log in, and the groups that say what they may do."
    when_empty = "Nobody may log in."
    form = UserChangeForm
    add_form_template = ToldAdmin.change_form_template
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class StaffGroupAdmin(GroupAdmin, ToldAdmin):
    """What people of one trade may do; `manage.py sync_groups` brings the usual ones."""

    about = "Trades and what each may do: manager, buyer, service, warehouse. People are put into them."
    about_page = (
        "What people of this trade may see and press. A new start gives the usual trades their rights back."
    )
    when_empty = "No trade yet: `manage.py sync_groups` brings the usual ones."


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
    about_page = (
        "How this job last fared. What went wrong is written out; the schedule says when it runs next."
    )
    when_empty = "No worker has run a job yet. Is one started?"
    to_begin = (("Schedule", "admin:django_celery_beat_periodictask_changelist"),)
    list_display = ("job", "started", "succeeded", "seconds", "failed", "error")
    search_fields = ("task",)
    ordering = ("task",)

    @admin.display(description="Job")
    def job(self, row: JobRun) -> str:
        """What it does, without the name of the module."""
        return shown.spelt(row.task.rpartition(".")[2])

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
class ScheduleAdmin(PeriodicTaskAdmin, ToldAdmin):
    """Jobs that run by themselves; what is switched off or moved here stays so."""

    about = "Jobs that run by themselves. Switch one off or move it: a new start of the system respects it."
    about_page = "When this job runs, and whether. What it does is in the code; nothing here changes that."
    when_empty = "No job is known: `manage.py sync_schedule` brings them."
    form = ScheduleForm
    change_form_template = "workplace/job.html"
    list_display = ("name", "is_on", "when", "last_success", "next_words", "what")
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

    @admin.display(description="On", boolean=True)
    def is_on(self, row: PeriodicTask) -> bool:
        return bool(row.enabled)

    @admin.display(description="When")
    def when(self, row: PeriodicTask) -> str:
        if row.interval:
            return _every(row.interval)
        return _at(row.crontab) if row.crontab else str(row.solar or row.clocked or shown.NOTHING)

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
class TimesAdmin(ToldAdmin):
    """Times that jobs may have."""

    about = "Times that jobs of the schedule may have. Choose one of them on the page of a job."
    about_page = "A time that jobs may have. Changing it moves every job that has it."
    when_empty = "No job has such a time."
    to_begin = (("Schedule", "admin:django_celery_beat_periodictask_changelist"),)


def _every(interval: IntervalSchedule) -> str:
    """`every 5 minutes` for 300 seconds."""
    if interval.period == "seconds" and interval.every % 60 == 0:
        return f"every {shown.count(interval.every // 60, 'minute')}".replace(
            "every 1 minute", "every minute"
        )
    return str(interval)


def _at(times: CrontabSchedule) -> str:
    """`each day at 03:00 UTC`; what is not once a day stays in cron's own words."""
    fixed = times.minute.isdigit() and times.hour.isdigit()
    if fixed and (times.day_of_week, times.day_of_month, times.month_of_year) == ("*", "*", "*"):
        return f"each day at {int(times.hour):02}:{int(times.minute):02} {times.timezone}"
    return str(times)

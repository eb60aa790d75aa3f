"""Facts that the database itself refuses to rewrite: a trigger, made by a migration operation."""

from collections.abc import Iterable

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION oms_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('oms.purge', true) = 'on' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_NARGS > 0
       AND (to_jsonb(OLD) - TG_ARGV) = (to_jsonb(NEW) - TG_ARGV) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def refuse_function() -> migrations.RunSQL:
    """Create the trigger function; retention jobs may lift it by `SET LOCAL oms.purge = 'on'`."""
    return migrations.RunSQL(FUNCTION, "DROP FUNCTION IF EXISTS oms_refuse_rewrite() CASCADE")


def append_only(table: str, *, except_columns: Iterable[str] = ()) -> migrations.RunSQL:
    """Refuse UPDATE and DELETE on `table`, except updates that touch only `except_columns`."""
    arguments = ", ".join(f"'{column}'" for column in except_columns)
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION oms_refuse_rewrite({arguments})",
        f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
    )

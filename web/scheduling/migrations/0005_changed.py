"""When a reservation and what a calendar reads of a worker changed last, as a transaction's number: so a process that
keeps a city in memory reads no more than what has changed since (web/scheduling/roster.py).

Columns that the database alone fills; adding them rewrites nothing, because the default for what is there is constant.
"""

from django.db import migrations

RESERVATIONS = """
ALTER TABLE scheduling_reservation ADD COLUMN changed xid8 NOT NULL DEFAULT '0';
ALTER TABLE scheduling_reservation ALTER COLUMN changed SET DEFAULT pg_current_xact_id();
CREATE INDEX reservation_changed ON scheduling_reservation (changed);
CREATE FUNCTION scheduling_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER reservation_changed BEFORE UPDATE ON scheduling_reservation
    FOR EACH ROW EXECUTE FUNCTION scheduling_changed();
"""

WORKERS = """
ALTER TABLE workforce_worker ADD COLUMN changed xid8 NOT NULL DEFAULT '0';
ALTER TABLE workforce_worker ALTER COLUMN changed SET DEFAULT pg_current_xact_id();
CREATE INDEX worker_changed ON workforce_worker (changed);
CREATE TRIGGER worker_changed BEFORE UPDATE OF city, home_lng, home_lat, area, max_day, max_week ON workforce_worker
    FOR EACH ROW EXECUTE FUNCTION scheduling_changed();
CREATE FUNCTION scheduling_part_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE workforce_worker SET changed = pg_current_xact_id() WHERE user_id = OLD.worker_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE workforce_worker SET changed = pg_current_xact_id() WHERE user_id = NEW.worker_id;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION scheduling_account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workforce_worker SET changed = pg_current_xact_id() WHERE user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER worker_changed AFTER UPDATE OF is_active ON accounts_user
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION scheduling_account_changed();
"""

# A skill's level is nothing to a calendar.
PARTS = {
    "workerskill": "UPDATE OF worker_id, skill",
    "workinghours": "UPDATE",
    "break": "UPDATE",
    "dateoverride": "UPDATE",
    "leave": "UPDATE",
    "homebase": "UPDATE",
}


def trigger_of(part: str, update: str) -> str:
    return f"""
CREATE TRIGGER worker_changed AFTER INSERT OR DELETE OR {update} ON workforce_{part}
    FOR EACH ROW EXECUTE FUNCTION scheduling_part_changed();
"""


UNDONE = """
DROP FUNCTION scheduling_changed, scheduling_part_changed, scheduling_account_changed CASCADE;
ALTER TABLE workforce_worker DROP COLUMN changed;
ALTER TABLE scheduling_reservation DROP COLUMN changed;
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_ways"), ("workforce", "0006_plans"), ("accounts", "0003_ties")]

    operations = [
        migrations.RunSQL(
            sql=RESERVATIONS + WORKERS + "".join(trigger_of(*part) for part in PARTS.items()), reverse_sql=UNDONE
        ),
    ]

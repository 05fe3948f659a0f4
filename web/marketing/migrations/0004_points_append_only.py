"""The rules of points, kept by the database: what a line says is what a balance and its lots become, and it stays."""

from django.db import migrations

BALANCES = """
CREATE FUNCTION points_move_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketing_pointsaccount SET balance = balance + NEW.points, owed = owed + NEW.owed
        WHERE user_id = NEW.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody has that account of points' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER points_move_balance AFTER INSERT ON marketing_pointsentry
    FOR EACH ROW EXECUTE FUNCTION points_move_balance();

CREATE FUNCTION points_move_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE marketing_pointslot AS lot SET "left" = lot."left" + NEW.points
        FROM marketing_pointsentry AS entry
        WHERE lot.id = NEW.lot_id AND entry.id = NEW.entry_id AND entry.user_id = lot.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'these points are somebody else''s' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER points_move_lot AFTER INSERT ON marketing_pointspart
    FOR EACH ROW EXECUTE FUNCTION points_move_lot();
"""

SUMS = """
CREATE FUNCTION points_line_is_its_parts(line bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT points FROM marketing_pointsentry WHERE id = line)
        <> (SELECT coalesce(sum(points), 0) FROM marketing_pointspart WHERE entry_id = line) THEN
        RAISE EXCEPTION 'line % of points is not the sum of its parts', line USING ERRCODE = 'check_violation';
    END IF;
END $$;
CREATE FUNCTION points_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM points_line_is_its_parts(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION points_check_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM points_line_is_its_parts(NEW.entry_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER points_check_entry AFTER INSERT ON marketing_pointsentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_check_entry();
CREATE CONSTRAINT TRIGGER points_check_part AFTER INSERT ON marketing_pointspart
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_check_part();
"""

APPEND_ONLY = """
CREATE FUNCTION points_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'points are append only' USING ERRCODE = 'check_violation';
END $$;

-- A balance, and what is left of a lot, is changed by the triggers above and by nobody else; it begins with nothing.
CREATE FUNCTION points_moved_by_lines_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'points are append only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION points_account_begins_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance <> 0 OR NEW.owed <> 0 THEN
        RAISE EXCEPTION 'points are append only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION points_lot_begins_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW."left" <> 0 THEN
        RAISE EXCEPTION 'points are append only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_account_begins BEFORE INSERT ON marketing_pointsaccount
    FOR EACH ROW EXECUTE FUNCTION points_account_begins_empty();
CREATE TRIGGER points_lot_begins BEFORE INSERT ON marketing_pointslot
    FOR EACH ROW EXECUTE FUNCTION points_lot_begins_empty();
CREATE TRIGGER points_account_moved BEFORE UPDATE ON marketing_pointsaccount
    FOR EACH ROW EXECUTE FUNCTION points_moved_by_lines_only();
CREATE TRIGGER points_lot_moved BEFORE UPDATE ON marketing_pointslot
    FOR EACH ROW EXECUTE FUNCTION points_moved_by_lines_only();
"""

WRITTEN_ONCE = ("marketing_pointsentry", "marketing_pointspart", "marketing_pointsrule")
NEVER_REMOVED = (*WRITTEN_ONCE, "marketing_pointsaccount", "marketing_pointslot")


def guard(name: str, what: str, table: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION points_append_only();\n"


GUARDS = "".join(
    [guard(f"{table}_no_update", "UPDATE", table) for table in WRITTEN_ONCE]
    + [guard(f"{table}_no_delete", "DELETE", table) for table in NEVER_REMOVED]
    + [guard(f"{table}_no_truncate", "TRUNCATE", table) for table in NEVER_REMOVED]
)

REVERSE = """
DROP FUNCTION points_move_balance() CASCADE;
DROP FUNCTION points_move_lot() CASCADE;
DROP FUNCTION points_check_entry() CASCADE;
DROP FUNCTION points_check_part() CASCADE;
DROP FUNCTION points_line_is_its_parts(bigint);
DROP FUNCTION points_append_only() CASCADE;
DROP FUNCTION points_moved_by_lines_only() CASCADE;
DROP FUNCTION points_account_begins_empty() CASCADE;
DROP FUNCTION points_lot_begins_empty() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("marketing", "0003_points_and_gifts")]

    operations = [migrations.RunSQL(sql=BALANCES + SUMS + APPEND_ONLY + GUARDS, reverse_sql=REVERSE)]

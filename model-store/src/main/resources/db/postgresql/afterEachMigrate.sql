-- Texts have any length and are compared by their bytes, as in SQLite, whatever the locale of the database is: the rules
-- of lengths and orders are the store's own, and the same on both.
DO $$
DECLARE
  changed RECORD;
BEGIN
  FOR changed IN
    SELECT table_name, string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', column_name), ', ') AS columns
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name <> '${flyway:table}'
      -- No views, and no tables of others: the schema may have some of an extension.
      AND table_name IN
        (SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'USAGE'))
      AND (data_type = 'character varying' OR data_type = 'text' AND collation_name IS DISTINCT FROM 'C')
    GROUP BY table_name
  LOOP
    EXECUTE format('ALTER TABLE %I %s', changed.table_name, changed.columns);
  END LOOP;
END $$;

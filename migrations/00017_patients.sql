-- Which of a user's patients comes first: the one that was preferred last.

-- The column is added only where it is missing, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'patients' AND column_name = 'preferred_at') = 0,
  'ALTER TABLE patients ADD COLUMN preferred_at DATETIME(6) NULL COMMENT ''when the user made this one the default; the latest counts''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

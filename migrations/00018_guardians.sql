-- Who answers for a patient who is under age.

-- The columns are added only where they are missing, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'patients' AND column_name = 'guardian_name') = 0,
  'ALTER TABLE patients ADD COLUMN guardian_name VARBINARY(512) NULL COMMENT ''encrypted, as name; NULL: none''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'patients' AND column_name = 'guardian_phone') = 0,
  'ALTER TABLE patients ADD COLUMN guardian_phone VARBINARY(256) NULL COMMENT ''encrypted, as phone; NULL: none''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- Where a hospital's emergency department is, for who must not wait for an appointment.

-- Each column is added only where it is missing, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'hospitals' AND column_name = 'emergency_zh') = 0,
  'ALTER TABLE hospitals ADD COLUMN emergency_zh VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '''' COMMENT ''where the emergency department is and whom it takes; empty: there is none''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'hospitals' AND column_name = 'emergency_en') = 0,
  'ALTER TABLE hospitals ADD COLUMN emergency_en VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT ''''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

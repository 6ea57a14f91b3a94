-- +goose Up

-- Raised by each change that staff make in the console: two who change the same do not overwrite each other, and loading the files again leaves
-- alone what staff have changed.
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'hospitals' AND column_name = 'version') = 0,
  'ALTER TABLE hospitals ADD COLUMN version INT NOT NULL DEFAULT 1', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'departments' AND column_name = 'version') = 0,
  'ALTER TABLE departments ADD COLUMN version INT NOT NULL DEFAULT 1', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'doctors' AND column_name = 'version') = 0,
  'ALTER TABLE doctors ADD COLUMN version INT NOT NULL DEFAULT 1', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

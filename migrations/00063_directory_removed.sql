-- +goose Up

-- Departments and doctors that were taken out of the directory: nothing can be booked there any more, and past visits still say where they were.
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'departments' AND column_name = 'removed_at') = 0,
  'ALTER TABLE departments ADD COLUMN removed_at DATETIME(6) NULL', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'doctors' AND column_name = 'removed_at') = 0,
  'ALTER TABLE doctors ADD COLUMN removed_at DATETIME(6) NULL', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- A user's visits are few and are found by uk_appointments_request, which begins with the user too: an index less to write in a rush.

-- The index is dropped only where it is there, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'appointments' AND index_name = 'ix_appointments_user') > 0,
  'DROP INDEX ix_appointments_user ON appointments', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

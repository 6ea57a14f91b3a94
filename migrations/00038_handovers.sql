-- Who of the staff has taken a conversation over, so that two do not answer at once.

-- What is there already is left, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'handovers' AND column_name = 'taken_by') = 0,
  'ALTER TABLE handovers ADD COLUMN taken_by BIGINT NOT NULL DEFAULT 0 COMMENT ''the member of staff; 0: nobody yet''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

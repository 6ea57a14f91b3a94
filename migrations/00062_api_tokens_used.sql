-- +goose Up

-- When a program has come with its token last, to the minute: who makes and revokes tokens sees which are in use.
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'api_tokens' AND column_name = 'last_used_at') = 0,
  'ALTER TABLE api_tokens ADD COLUMN last_used_at DATETIME(6) NULL', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;


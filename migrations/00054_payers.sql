-- Who paid is forgotten some days later: this finds those who are not yet.

-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'charges' AND index_name = 'charges_payer') > 0,
  'DO 0', 'CREATE INDEX charges_payer ON charges (payer)');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- Broadcasts that are scheduled, paused and cancelled; recipients by platform, so that one that waits holds up no other; who wants none.

-- Columns are added only where they are missing, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'broadcasts' AND column_name = 'cancelled_at') = 0,
  'ALTER TABLE broadcasts
     ADD COLUMN content_en VARBINARY(20000) NULL COMMENT ''the sealed text for those who use the bot in English; NULL: the same as everybody'',
     ADD COLUMN start_at DATETIME(6) NULL COMMENT ''not before then'',
     ADD COLUMN at_night TINYINT NOT NULL DEFAULT 0 COMMENT ''1: goes out in the quiet hours, too'',
     ADD COLUMN expected INT NOT NULL DEFAULT 0 COMMENT ''how many recipients there were when it was written'',
     ADD COLUMN withdrawn INT NOT NULL DEFAULT 0,
     ADD COLUMN declined INT NOT NULL DEFAULT 0,
     ADD COLUMN paused_at DATETIME(6) NULL,
     ADD COLUMN cancelled_at DATETIME(6) NULL',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notices' AND column_name = 'platform') = 0,
  'ALTER TABLE notices
     ADD COLUMN platform VARCHAR(16) NULL COMMENT ''of a recipient of a broadcast'',
     ADD COLUMN visit_id BIGINT NULL COMMENT ''of a recipient of a broadcast: the visit that it is told of; another one is appointment_id''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

UPDATE notices n JOIN chat_accounts a ON a.id = n.account_id SET n.platform = a.platform WHERE n.broadcast_id IS NOT NULL AND n.platform IS NULL;

-- The turn of recipients; it also counts them by status.
SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'notices' AND index_name = 'notices_turn') = 0,
  'CREATE INDEX notices_turn ON notices (broadcast_id, status, platform, next_attempt_at)', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'notices' AND index_name = 'notices_of_broadcast') > 0,
  'DROP INDEX notices_of_broadcast ON notices', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- People who want no broadcasts. A person may stand here twice, after two accounts were linked.
CREATE TABLE IF NOT EXISTS broadcast_refusals (
  id      BIGINT      NOT NULL AUTO_INCREMENT,
  user_id BIGINT      NOT NULL,
  since   DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY ix_broadcast_refusals_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

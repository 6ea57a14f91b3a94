-- The ledger in double entry, and what reconciliation with the providers' bills finds. Money is in fen, times are UTC.

-- Each column is added only where it is missing, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'charges' AND column_name = 'payee') = 0,
  'ALTER TABLE charges ADD COLUMN payee VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '''' COMMENT ''whom the money is for: hospital:<id>''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'charges' AND column_name = 'refund_sent_at') = 0,
  'ALTER TABLE charges ADD COLUMN refund_sent_at DATETIME(6) NULL COMMENT ''when a refund of it was last handed in: at most one a minute''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'refunds' AND column_name = 'alarmed_at') = 0,
  'ALTER TABLE refunds ADD COLUMN alarmed_at DATETIME(6) NULL COMMENT ''when somebody was last called because it takes too long''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'charges' AND index_name = 'charges_paid') = 0,
  'CREATE INDEX charges_paid ON charges (paid_at)', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'refunds' AND index_name = 'refunds_created') = 0,
  'CREATE INDEX refunds_created ON refunds (created_at)', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

CREATE TABLE IF NOT EXISTS ledger_movements (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind       VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  number     VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'out_trade_no, out_refund_no, or a bill''s name',
  charge_id  BIGINT      NULL,
  refund_id  BIGINT      NULL,
  provider   VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  payee      VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  at         DATETIME(6) NOT NULL COMMENT 'when the money moved, as the provider says where it does',
  written_at DATETIME(6) NOT NULL,
  UNIQUE KEY ledger_movements_once (kind, number),
  KEY ledger_movements_charge (charge_id),
  KEY ledger_movements_payee (payee, at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS ledger_entries (
  id          BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  movement_id BIGINT      NOT NULL,
  account     VARCHAR(24) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  amount      BIGINT      NOT NULL COMMENT 'debit positive, credit negative; a movement''s sum is 0',
  UNIQUE KEY ledger_entries_once (movement_id, account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reconciliations (
  id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  provider    VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  day         DATE         NOT NULL COMMENT 'of the bill, in the provider''s zone',
  state       VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'running, waiting (the bill is not ready), done, failed',
  run         INT          NOT NULL DEFAULT 0 COMMENT 'how often it was tried',
  bill_lines  BIGINT       NOT NULL DEFAULT 0,
  matched     BIGINT       NOT NULL DEFAULT 0,
  differences BIGINT       NOT NULL DEFAULT 0 COMMENT 'found by the last run',
  healed      BIGINT       NOT NULL DEFAULT 0 COMMENT 'of them, put right by the program',
  started_at  DATETIME(6)  NOT NULL,
  done_at     DATETIME(6)  NULL,
  lease_until DATETIME(6)  NOT NULL,
  UNIQUE KEY reconciliations_day (provider, day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reconciliation_differences (
  id             BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  provider       VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  day            DATE         NOT NULL,
  kind           VARCHAR(8)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'payment or refund',
  class          VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  number         VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'out_trade_no or out_refund_no',
  transaction_id VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the provider''s number of the payment or refund',
  charge_id      BIGINT       NULL,
  refund_id      BIGINT       NULL,
  ours           BIGINT       NOT NULL COMMENT 'amount here; 0: nothing',
  theirs         BIGINT       NOT NULL COMMENT 'amount on the bill; 0: nothing',
  our_status     VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  their_status   VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state          VARCHAR(8)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'open, healed (by the program), closed (by its owner)',
  owner          VARCHAR(64)  NOT NULL COMMENT 'who looks into it',
  note           VARCHAR(255) NOT NULL DEFAULT '',
  run            INT          NOT NULL COMMENT 'the last run that found it',
  found_at       DATETIME(6)  NOT NULL,
  ended_at       DATETIME(6)  NULL,
  UNIQUE KEY reconciliation_differences_once (provider, day, kind, number, transaction_id),
  KEY reconciliation_differences_state (state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The charges of earlier versions: what they moved is written down as it would be today. Only appointments were charged for.
UPDATE charges SET payee = COALESCE((SELECT CONCAT('hospital:', a.hospital_id) FROM appointments a WHERE a.id = CAST(SUBSTRING(charges.ref, 13) AS SIGNED)), '')
WHERE payee = '' AND ref LIKE 'appointment:%';

INSERT IGNORE INTO ledger_movements (kind, number, charge_id, refund_id, provider, payee, at, written_at)
SELECT 'pay', out_trade_no, id, NULL, provider, payee, paid_at, UTC_TIMESTAMP(6) FROM charges WHERE paid_at IS NOT NULL;

INSERT IGNORE INTO ledger_movements (kind, number, charge_id, refund_id, provider, payee, at, written_at)
SELECT 'earn', out_trade_no, id, NULL, provider, payee, paid_at, UTC_TIMESTAMP(6) FROM charges WHERE paid_at IS NOT NULL;

INSERT IGNORE INTO ledger_movements (kind, number, charge_id, refund_id, provider, payee, at, written_at)
SELECT 'refund_request', r.out_refund_no, c.id, r.id, c.provider, c.payee, r.created_at, UTC_TIMESTAMP(6)
FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE r.status <> 'closed';

INSERT IGNORE INTO ledger_movements (kind, number, charge_id, refund_id, provider, payee, at, written_at)
SELECT 'refund', r.out_refund_no, c.id, r.id, c.provider, c.payee, r.done_at, UTC_TIMESTAMP(6)
FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE r.status = 'succeeded';

INSERT IGNORE INTO ledger_entries (movement_id, account, amount)
SELECT m.id, CASE m.kind WHEN 'pay' THEN 'provider_clearing' ELSE 'patient_liability' END, c.amount
FROM ledger_movements m JOIN charges c ON c.id = m.charge_id WHERE m.kind IN ('pay', 'earn');

INSERT IGNORE INTO ledger_entries (movement_id, account, amount)
SELECT m.id, CASE m.kind WHEN 'pay' THEN 'patient_liability' ELSE 'hospital_revenue' END, -c.amount
FROM ledger_movements m JOIN charges c ON c.id = m.charge_id WHERE m.kind IN ('pay', 'earn');

INSERT IGNORE INTO ledger_entries (movement_id, account, amount)
SELECT m.id, CASE m.kind WHEN 'refund' THEN 'refunds_in_flight' ELSE 'hospital_revenue' END, r.amount
FROM ledger_movements m JOIN refunds r ON r.id = m.refund_id WHERE m.kind IN ('refund_request', 'refund');

INSERT IGNORE INTO ledger_entries (movement_id, account, amount)
SELECT m.id, CASE m.kind WHEN 'refund' THEN 'provider_clearing' ELSE 'refunds_in_flight' END, -r.amount
FROM ledger_movements m JOIN refunds r ON r.id = m.refund_id WHERE m.kind IN ('refund_request', 'refund');

-- Charges that were shown with more than one order, and receipts. Money is in fen, times are UTC.

-- +goose Up
CREATE TABLE IF NOT EXISTS charge_numbers (
  out_trade_no VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY COMMENT 'a number that the charge had before its present one',
  charge_id    BIGINT      NOT NULL,
  provider     VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  mch_id       VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  app_id       VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  replaced_at  DATETIME(6) NOT NULL,
  KEY charge_numbers_charge (charge_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS receipt_counters (
  payee  VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  year   INT         NOT NULL COMMENT 'in China''s zone',
  issued BIGINT      NOT NULL COMMENT 'the last number given out',
  PRIMARY KEY (payee, year)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS receipts (
  id        BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  charge_id BIGINT      NOT NULL,
  payee     VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  year      INT         NOT NULL,
  number    BIGINT      NOT NULL COMMENT 'of the payee in the year, from 1, without gaps',
  issued_at DATETIME(6) NOT NULL,
  UNIQUE KEY receipts_charge (charge_id),
  UNIQUE KEY receipts_number (payee, year, number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

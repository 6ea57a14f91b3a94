-- Charges, refunds and what happened to them. Money is in fen, times are UTC.

-- +goose Up
CREATE TABLE IF NOT EXISTS charges (
  id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  out_trade_no    VARCHAR(32)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'our number at the provider; replaced only after the old one was closed there',
  round           INT          NOT NULL DEFAULT 1 COMMENT 'how many numbers this charge has had',
  token           VARCHAR(32)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'unguessable, names the pay page',
  ref             VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'what is paid for: appointment:<id>',
  subject         VARCHAR(255) NOT NULL,
  amount          BIGINT       NOT NULL,
  reserved        BIGINT       NOT NULL DEFAULT 0 COMMENT 'sum of the refunds that have not failed; at most amount',
  refunded        BIGINT       NOT NULL DEFAULT 0 COMMENT 'sum of the refunds that have succeeded',
  provider        VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  mch_id          VARCHAR(32)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  app_id          VARCHAR(32)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  status          VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version         INT          NOT NULL DEFAULT 1 COMMENT 'raised by each change of status or amounts: the compare-and-swap',
  scene           VARCHAR(8)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'native or jsapi, once prepared',
  payer           VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'openid: who may pay, later who paid',
  code_url        VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  prepay_id       VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  prepared_at     DATETIME(6)  NULL COMMENT 'when the provider was first asked under this number',
  prepared_until  DATETIME(6)  NULL COMMENT 'until when code_url and prepay_id can be used',
  transaction_id  VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  expires_at      DATETIME(6)  NOT NULL,
  created_at      DATETIME(6)  NOT NULL,
  paid_at         DATETIME(6)  NULL,
  due_at          DATETIME(6)  NULL COMMENT 'when the job asks about it or closes it; NULL: never',
  tries           INT          NOT NULL DEFAULT 0,
  lease_until     DATETIME(6)  NOT NULL,
  epoch           BIGINT       NOT NULL DEFAULT 0,
  UNIQUE KEY charges_out_trade_no (out_trade_no),
  UNIQUE KEY charges_token (token),
  KEY charges_ref (ref),
  KEY charges_due (status, due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS refunds (
  id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  charge_id       BIGINT       NOT NULL,
  out_refund_no   VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'out_trade_no-R<n>, never changed on a retry',
  amount          BIGINT       NOT NULL,
  reason          VARCHAR(255) NOT NULL,
  status          VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  refund_id       VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'the provider''s number',
  created_at      DATETIME(6)  NOT NULL,
  done_at         DATETIME(6)  NULL,
  next_attempt_at DATETIME(6)  NULL COMMENT 'NULL: final',
  attempts        INT          NOT NULL DEFAULT 0,
  last_error      VARCHAR(255) NOT NULL DEFAULT '',
  lease_until     DATETIME(6)  NOT NULL,
  epoch           BIGINT       NOT NULL DEFAULT 0,
  UNIQUE KEY refunds_out_refund_no (out_refund_no),
  KEY refunds_charge (charge_id),
  KEY refunds_due (next_attempt_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS charge_events (
  id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  charge_id   BIGINT       NOT NULL,
  refund_id   BIGINT       NULL COMMENT 'set where the event is a refund''s',
  event       VARCHAR(32)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  from_status VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  to_status   VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  detail      VARCHAR(255) NOT NULL DEFAULT '',
  at          DATETIME(6)  NOT NULL,
  KEY charge_events_charge (charge_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS payment_notices (
  id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  provider    VARCHAR(16)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  notice_id   VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind        VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  number      VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'out_trade_no or out_refund_no',
  received_at DATETIME(6)  NOT NULL,
  UNIQUE KEY payment_notices_id (provider, notice_id),
  KEY payment_notices_received (received_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS payment_incidents (
  id             BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind           VARCHAR(32)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  number         VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'out_trade_no or out_refund_no',
  transaction_id VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  detail         VARCHAR(255) NOT NULL,
  at             DATETIME(6)  NOT NULL,
  UNIQUE KEY payment_incidents_once (kind, number, transaction_id),
  KEY payment_incidents_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

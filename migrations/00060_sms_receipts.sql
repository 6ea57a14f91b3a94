-- What providers of short messages have said became of them. No row is about a person: the notice is.

-- +goose Up
CREATE TABLE IF NOT EXISTS notice_receipts (
  id         BIGINT      NOT NULL AUTO_INCREMENT,
  message_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the id that the provider gave it',
  notice_id  BIGINT      NOT NULL COMMENT '0: not known yet, or not one of ours',
  state      VARCHAR(8)  NOT NULL COMMENT 'awaited, arrived, failed',
  code       VARCHAR(64) NOT NULL COMMENT 'of the network, where it failed',
  noted_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_notice_receipts_message (message_id),
  KEY ix_notice_receipts_noted (noted_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

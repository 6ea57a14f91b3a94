-- +goose Up

-- Writes that came with an Idempotency-Key, and what was answered. A row without a status is of a request that is under way or was cut short.
CREATE TABLE IF NOT EXISTS api_requests (
  token_id     BIGINT       NOT NULL,
  request_key  VARCHAR(64)  NOT NULL,
  hash         BINARY(32)   NOT NULL COMMENT 'of the method, the address and the body',
  status       INT          NULL,
  content_type VARCHAR(64)  NOT NULL DEFAULT '',
  answer       MEDIUMTEXT   NULL,
  at           DATETIME(6)  NOT NULL,
  PRIMARY KEY (token_id, request_key),
  KEY ix_api_requests_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

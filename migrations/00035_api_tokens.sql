-- +goose Up

-- Tokens of other programs of a hospital for /api/v1. Of a token only its SHA-256 is kept; it is 256 random bits, so nothing slower is needed.
CREATE TABLE IF NOT EXISTS api_tokens (
  id          BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id BIGINT       NOT NULL,
  name        VARCHAR(100) NOT NULL COMMENT 'the program that has it',
  hash        BINARY(32)   NOT NULL,
  writes      TINYINT      NOT NULL COMMENT 'may change the directory and schedules',
  personal    TINYINT      NOT NULL COMMENT 'sees who the patients are',
  created_at  DATETIME(6)  NOT NULL,
  revoked_at  DATETIME(6)  NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

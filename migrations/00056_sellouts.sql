-- +goose NO TRANSACTION
-- +goose Up

-- Half-days that were full, with how long after their release: each is judged once.
CREATE TABLE IF NOT EXISTS sellouts (
  schedule_id  BIGINT      NOT NULL,
  took_seconds BIGINT      NOT NULL COMMENT 'from the release to the last place',
  early        BOOLEAN     NOT NULL COMMENT 'notably sooner than the doctor''s clinics of that half of the day were',
  usual        BIGINT      NOT NULL DEFAULT -1 COMMENT 'seconds: the median of those; -1 where most never were full',
  seen_at      DATETIME(6) NOT NULL,
  PRIMARY KEY (schedule_id),
  KEY ix_sellouts_early (early, seen_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Up

-- Whom a stopped clinic concerns: a row for each of its appointments, from being found to being done. What was said to them is in
-- told and channel, what they said in outcome.
CREATE TABLE IF NOT EXISTS stop_cases (
  id             BIGINT      NOT NULL AUTO_INCREMENT,
  schedule_id    BIGINT      NOT NULL,
  appointment_id BIGINT      NOT NULL,
  state          VARCHAR(16) NOT NULL COMMENT 'new, offered, done',
  outcome        VARCHAR(16) NOT NULL DEFAULT '' COMMENT 'empty until it is done; moved, refund, silence, none, released, otherwise',
  told           VARCHAR(16) NOT NULL DEFAULT '' COMMENT 'empty while that is under way; sent, phone: nothing reaches them, reached: by phone',
  channel        VARCHAR(16) NOT NULL DEFAULT '' COMMENT 'that has taken the message',
  told_at        DATETIME(6) NULL,
  reached_by     BIGINT      NULL COMMENT 'who of the staff has phoned',
  created_at     DATETIME(6) NOT NULL,
  ended_at       DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_stop_cases (appointment_id),
  KEY ix_stop_cases_schedule (schedule_id, id),
  KEY ix_stop_cases_state (state, id),
  KEY ix_stop_cases_told (told, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The places that are held for the people of a stopped clinic: appointments of the status offered, one for each way out.
CREATE TABLE IF NOT EXISTS stop_offers (
  appointment_id BIGINT      NOT NULL COMMENT 'that holds the place',
  case_id        BIGINT      NOT NULL,
  way            VARCHAR(16) NOT NULL COMMENT 'day: the same doctor at another time; doctor: another one on the same day',
  PRIMARY KEY (appointment_id),
  UNIQUE KEY uk_stop_offers (case_id, way)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose NO TRANSACTION
-- +goose Up

-- Places that came back: what makes a place wait before it is sold again, and what makes a user who returns many wait.
CREATE TABLE IF NOT EXISTS place_returns (
  id             BIGINT      NOT NULL AUTO_INCREMENT,
  appointment_id BIGINT      NOT NULL,
  version        INT         NOT NULL COMMENT 'of the appointment, after the return',
  hospital_id    BIGINT      NOT NULL,
  schedule_id    BIGINT      NOT NULL,
  slot_id        BIGINT      NOT NULL,
  seq            INT         NOT NULL,
  user_id        BIGINT      NOT NULL,
  kind           VARCHAR(16) NOT NULL COMMENT 'cancelled, unpaid or moved',
  returned_at    DATETIME(6) NOT NULL,
  opens_at       DATETIME(6) NOT NULL COMMENT 'when the number may be sold again',
  PRIMARY KEY (id),
  UNIQUE KEY uk_place_returns (appointment_id, version),
  KEY ix_place_returns_user (user_id, returned_at),
  KEY ix_place_returns_slot (slot_id, opens_at),
  KEY ix_place_returns_schedule (schedule_id, opens_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who asked for no-shows to be forgiven, and what staff said: rows are added and never changed. A person is known by the
-- digest of the document, in whatever list it is.
CREATE TABLE IF NOT EXISTS record_events (
  id            BIGINT         NOT NULL AUTO_INCREMENT,
  uid           BINARY(16)     NOT NULL COMMENT 'random, in the associated data of note',
  hospital_id   BIGINT         NOT NULL,
  number_digest BINARY(32)     NOT NULL,
  patient_id    BIGINT         NOT NULL,
  kind          VARCHAR(16)    NOT NULL COMMENT 'appeal, granted, declined or lifted',
  answers       BIGINT         NULL COMMENT 'the appeal that this row decides',
  user_id       BIGINT         NOT NULL COMMENT 'who appealed, or 0',
  account_id    BIGINT         NOT NULL COMMENT 'the chat account of the appeal, or 0',
  staff_id      BIGINT         NOT NULL COMMENT 'who decided, or 0',
  note          VARBINARY(2600) NOT NULL COMMENT 'encrypted',
  request_key   VARCHAR(100)   NULL,
  at            DATETIME(6)    NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_record_events_answers (answers),
  UNIQUE KEY uk_record_events_request (user_id, request_key),
  KEY ix_record_events_person (number_digest, hospital_id),
  KEY ix_record_events_hospital (hospital_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

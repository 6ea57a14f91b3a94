-- +goose NO TRANSACTION
-- +goose Up

-- The day's queue (排队叫号) of a department: its row is the lock that everybody takes who changes something of it, and version counts the changes.
CREATE TABLE IF NOT EXISTS queues (
  id            BIGINT      NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT      NOT NULL,
  department_id BIGINT      NOT NULL,
  visit_date    DATE        NOT NULL COMMENT 'in the hospital''s zone',
  version       INT         NOT NULL DEFAULT 0,
  created_at    DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_queues (department_id, visit_date)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is known of a doctor's half-day as a room to be called to; without a row it is not paused.
CREATE TABLE IF NOT EXISTS queue_rooms (
  queue_id    BIGINT  NOT NULL,
  schedule_id BIGINT  NOT NULL,
  paused      TINYINT NOT NULL,
  PRIMARY KEY (queue_id, schedule_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who is in a queue: a visit whose patient was checked in.
CREATE TABLE IF NOT EXISTS queue_entries (
  appointment_id  BIGINT      NOT NULL,
  queue_id        BIGINT      NOT NULL,
  number          INT         NOT NULL COMMENT 'the appointment''s seq',
  class           VARCHAR(24) NOT NULL COMMENT 'why called before others',
  room_id         BIGINT      NOT NULL COMMENT 'the schedule waited for; 0: any of the department',
  status          VARCHAR(16) NOT NULL,
  since           DATETIME(6) NOT NULL COMMENT 'joined or returned',
  behind          INT         NOT NULL COMMENT 'how many others are called first',
  at_id           BIGINT      NOT NULL DEFAULT 0 COMMENT 'the schedule called to last',
  calls           INT         NOT NULL DEFAULT 0,
  skips           INT         NOT NULL DEFAULT 0,
  told            TINYINT     NOT NULL DEFAULT 0 COMMENT '1: knows that the turn is near',
  joined_at       DATETIME(6) NOT NULL,
  called_at       DATETIME(6) NULL COMMENT 'first',
  promised_ahead  INT         NULL COMMENT 'what was said when joining, to be compared with what came',
  promised_low    DOUBLE      NULL COMMENT 'minutes',
  promised_median DOUBLE      NULL,
  promised_high   DOUBLE      NULL,
  PRIMARY KEY (appointment_id),
  KEY ix_queue_entries_queue (queue_id, status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Each call of a person to a room, until it ends. is_open is 1 or NULL: the unique keys let nobody be called to two rooms, and no room have two people.
CREATE TABLE IF NOT EXISTS queue_calls (
  id             BIGINT      NOT NULL AUTO_INCREMENT,
  queue_id       BIGINT      NOT NULL,
  department_id  BIGINT      NOT NULL,
  visit_date     DATE        NOT NULL,
  schedule_id    BIGINT      NOT NULL,
  doctor_id      BIGINT      NOT NULL,
  appointment_id BIGINT      NOT NULL,
  called_at      DATETIME(6) NOT NULL,
  ended_at       DATETIME(6) NULL,
  outcome        VARCHAR(16) NOT NULL DEFAULT '' COMMENT 'empty while open; finished, skipped, transferred or left',
  is_open        TINYINT     NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_queue_calls_room (schedule_id, is_open),
  UNIQUE KEY uk_queue_calls_person (appointment_id, is_open),
  KEY ix_queue_calls_queue (queue_id, called_at),
  KEY ix_queue_calls_pace (department_id, outcome, visit_date)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Every change of a queue, with who made it: one row for each version.
CREATE TABLE IF NOT EXISTS queue_events (
  id             BIGINT      NOT NULL AUTO_INCREMENT,
  queue_id       BIGINT      NOT NULL,
  version        INT         NOT NULL,
  kind           VARCHAR(16) NOT NULL,
  appointment_id BIGINT      NOT NULL DEFAULT 0 COMMENT '0: about a room',
  schedule_id    BIGINT      NOT NULL DEFAULT 0,
  class          VARCHAR(24) NOT NULL DEFAULT '',
  staff_id       BIGINT      NOT NULL DEFAULT 0 COMMENT '0: the patient, a terminal or the program',
  at             DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_queue_events (queue_id, version),
  KEY ix_queue_events_appointment (appointment_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

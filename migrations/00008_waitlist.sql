-- +goose Up

-- Who waits for a place that somebody returns. active is 1 while it waits or has an offer, and NULL when it is over.
CREATE TABLE IF NOT EXISTS waitlist_entries (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT       NOT NULL,
  department_id BIGINT       NOT NULL,
  doctor_id     BIGINT       NOT NULL DEFAULT 0 COMMENT '0: any of the department',
  title         VARCHAR(24)  NOT NULL DEFAULT '' COMMENT 'empty: any',
  kind          VARCHAR(16)  NOT NULL DEFAULT '' COMMENT 'empty: any',
  first_date    DATE         NOT NULL,
  last_date     DATE         NOT NULL,
  halves        INT          NOT NULL COMMENT 'bits: 1 morning, 2 afternoon, 4 evening',
  patient_id    BIGINT       NOT NULL,
  user_id       BIGINT       NOT NULL,
  account_id    BIGINT       NOT NULL,
  priority      INT          NOT NULL DEFAULT 0 COMMENT 'higher comes first, then who came first',
  request_key   VARCHAR(100) NOT NULL,
  status        VARCHAR(16)  NOT NULL COMMENT 'waiting, offered; served, left, silent, ended',
  active        TINYINT      NULL,
  leaves_at     DATETIME(6)  NOT NULL COMMENT 'the evening before its last day',
  created_at    DATETIME(6)  NOT NULL,
  ended_at      DATETIME(6)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_waitlist_request (user_id, request_key),
  UNIQUE KEY uk_waitlist_wish (patient_id, department_id, doctor_id, title, kind, first_date, last_date, halves, active),
  KEY ix_waitlist_queue (department_id, status, priority, id),
  KEY ix_waitlist_user (user_id, active),
  KEY ix_waitlist_leaves (status, leaves_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A place that was held for somebody who waits: the appointment has the place and the deadline. A half-day is offered to one entry once.
CREATE TABLE IF NOT EXISTS waitlist_offers (
  id             BIGINT      NOT NULL AUTO_INCREMENT,
  entry_id       BIGINT      NOT NULL,
  appointment_id BIGINT      NOT NULL,
  schedule_id    BIGINT      NOT NULL,
  answer         VARCHAR(16) NOT NULL DEFAULT '' COMMENT 'empty while it is open; yes, no, silence, withdrawn',
  made_at        DATETIME(6) NOT NULL,
  answered_at    DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_waitlist_offers_once (entry_id, schedule_id),
  UNIQUE KEY uk_waitlist_offers_appointment (appointment_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which appointment was made to take the place of which. Until the new one is booked, the old one is the patient's.
CREATE TABLE IF NOT EXISTS appointment_moves (
  appointment_id BIGINT      NOT NULL COMMENT 'the new one',
  moves_id       BIGINT      NOT NULL COMMENT 'the old one',
  difference     BIGINT      NOT NULL COMMENT 'fen: the new fee less the old',
  at             DATETIME(6) NOT NULL,
  PRIMARY KEY (appointment_id),
  KEY ix_appointment_moves_old (moves_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

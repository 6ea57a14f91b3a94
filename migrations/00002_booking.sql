-- +goose Up

-- The directory: who sees patients, and where. Small tables, read into memory by every process.
CREATE TABLE IF NOT EXISTS hospitals (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  code       VARCHAR(32)  NOT NULL,
  name_zh    VARCHAR(100) NOT NULL,
  name_en    VARCHAR(200) NOT NULL,
  short_zh   VARCHAR(50)  NOT NULL,
  short_en   VARCHAR(100) NOT NULL,
  level_zh   VARCHAR(50)  NOT NULL,
  level_en   VARCHAR(100) NOT NULL,
  address_zh VARCHAR(200) NOT NULL,
  address_en VARCHAR(300) NOT NULL,
  phone      VARCHAR(40)  NOT NULL,
  zone       VARCHAR(64)  NOT NULL COMMENT 'IANA name',
  lat        DOUBLE       NOT NULL,
  lng        DOUBLE       NOT NULL,
  aliases    TEXT         NOT NULL COMMENT 'JSON array of names that people type',
  PRIMARY KEY (id),
  UNIQUE KEY uk_hospitals_code (code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS departments (
  id          BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id BIGINT       NOT NULL,
  parent_id   BIGINT       NOT NULL DEFAULT 0 COMMENT '0 at the top level',
  code        VARCHAR(32)  NOT NULL,
  name_zh     VARCHAR(100) NOT NULL,
  name_en     VARCHAR(200) NOT NULL,
  floor_zh    VARCHAR(100) NOT NULL,
  floor_en    VARCHAR(200) NOT NULL,
  leaf        TINYINT      NOT NULL COMMENT '1 where doctors work',
  aliases     TEXT         NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_departments_code (hospital_id, code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS doctors (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT       NOT NULL,
  department_id BIGINT       NOT NULL,
  code          VARCHAR(32)  NOT NULL,
  name_zh       VARCHAR(100) NOT NULL,
  name_en       VARCHAR(200) NOT NULL,
  title         VARCHAR(24)  NOT NULL,
  speciality_zh VARCHAR(300) NOT NULL,
  speciality_en VARCHAR(600) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_doctors_code (hospital_id, code),
  KEY ix_doctors_department (department_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The rules of a hospital. A version is never changed: appointments remember the one that they were made under.
CREATE TABLE IF NOT EXISTS policies (
  hospital_id BIGINT      NOT NULL,
  version     INT         NOT NULL,
  rules       TEXT        NOT NULL COMMENT 'JSON',
  created_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (hospital_id, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row, raised by whoever changes the tables above, so that other processes read them anew.
CREATE TABLE IF NOT EXISTS directory_revisions (
  id       TINYINT NOT NULL,
  revision BIGINT  NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A doctor's usual week.
CREATE TABLE IF NOT EXISTS schedule_templates (
  id            BIGINT      NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT      NOT NULL,
  department_id BIGINT      NOT NULL,
  doctor_id     BIGINT      NOT NULL,
  weekday       TINYINT     NOT NULL COMMENT '0 Sunday to 6 Saturday',
  period        VARCHAR(16) NOT NULL,
  kind          VARCHAR(16) NOT NULL,
  fee           BIGINT      NOT NULL COMMENT 'fen',
  room          VARCHAR(50) NOT NULL,
  start_minute  INT         NOT NULL COMMENT 'of the first slot, minutes after midnight in the hospital''s zone',
  slot_minutes  INT         NOT NULL,
  slot_count    INT         NOT NULL,
  slot_capacity INT         NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_schedule_templates (doctor_id, weekday, period),
  KEY ix_schedule_templates_hospital (hospital_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A doctor's half-day.
CREATE TABLE IF NOT EXISTS schedules (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT       NOT NULL,
  department_id BIGINT       NOT NULL,
  doctor_id     BIGINT       NOT NULL,
  visit_date    DATE         NOT NULL COMMENT 'in the hospital''s zone',
  period        VARCHAR(16)  NOT NULL,
  kind          VARCHAR(16)  NOT NULL,
  fee           BIGINT       NOT NULL COMMENT 'fen',
  room          VARCHAR(50)  NOT NULL,
  status        VARCHAR(16)  NOT NULL,
  capacity      INT          NOT NULL COMMENT 'the sum over its slots',
  taken         INT          NOT NULL DEFAULT 0 COMMENT 'the sum over its slots',
  stopped_by    BIGINT       NULL,
  stopped_at    DATETIME(6)  NULL,
  stop_note     VARCHAR(500) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_schedules (doctor_id, visit_date, period),
  KEY ix_schedules_department (department_id, visit_date),
  KEY ix_schedules_hospital (hospital_id, visit_date)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS slots (
  id          BIGINT      NOT NULL AUTO_INCREMENT,
  schedule_id BIGINT      NOT NULL,
  starts_at   DATETIME(6) NOT NULL,
  ends_at     DATETIME(6) NOT NULL,
  first_seq   INT         NOT NULL COMMENT 'its numbers are first_seq to first_seq + capacity - 1',
  capacity    INT         NOT NULL,
  taken       INT         NOT NULL DEFAULT 0 COMMENT 'how many active appointments it has',
  issued      INT         NOT NULL DEFAULT 0 COMMENT 'how many of its numbers, from the first on, were ever given: none of them is free while it equals taken',
  PRIMARY KEY (id),
  UNIQUE KEY uk_slots (schedule_id, starts_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Name, number, phone and birth are encrypted; uid is in their associated data, so that no value can be moved to another row.
CREATE TABLE IF NOT EXISTS patients (
  id             BIGINT         NOT NULL AUTO_INCREMENT,
  uid            BINARY(16)     NOT NULL COMMENT 'random',
  user_id        BIGINT         NOT NULL,
  request_key    VARCHAR(100)   NOT NULL,
  name           VARBINARY(512) NOT NULL,
  document       VARCHAR(24)    NOT NULL,
  number         VARBINARY(256) NOT NULL,
  number_digest  BINARY(32)     NOT NULL COMMENT 'HMAC of kind and number: finds equal documents without reading one',
  phone          VARBINARY(256) NOT NULL,
  birth          VARBINARY(256) NOT NULL COMMENT 'date and sex',
  relation       VARCHAR(16)    NOT NULL,
  active         TINYINT        NULL COMMENT '1, or NULL when removed',
  created_at     DATETIME(6)    NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_patients_uid (uid),
  UNIQUE KEY uk_patients_request (user_id, request_key),
  UNIQUE KEY uk_patients_number (user_id, number_digest, active),
  KEY ix_patients_digest (number_digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- active is 1 while the number is taken and NULL when it was returned: unique keys do not see rows with NULL.
CREATE TABLE IF NOT EXISTS appointments (
  id             BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id    BIGINT       NOT NULL,
  department_id  BIGINT       NOT NULL,
  doctor_id      BIGINT       NOT NULL,
  schedule_id    BIGINT       NOT NULL,
  slot_id        BIGINT       NOT NULL,
  patient_id     BIGINT       NOT NULL,
  user_id        BIGINT       NOT NULL,
  account_id     BIGINT       NOT NULL,
  request_key    VARCHAR(100) NOT NULL,
  visit_date     DATE         NOT NULL,
  period         VARCHAR(16)  NOT NULL,
  starts_at      DATETIME(6)  NOT NULL COMMENT 'of the slot',
  seq            INT          NOT NULL COMMENT 'the number within the schedule',
  status         VARCHAR(16)  NOT NULL,
  active         TINYINT      NULL,
  version        INT          NOT NULL,
  fee            BIGINT       NOT NULL COMMENT 'fen',
  policy_version INT          NOT NULL,
  hold_until     DATETIME(6)  NOT NULL,
  created_at     DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_appointments_seq (slot_id, seq, active),
  UNIQUE KEY uk_appointments_schedule_seq (schedule_id, seq, active),
  UNIQUE KEY uk_appointments_patient (patient_id, doctor_id, visit_date, period, active),
  UNIQUE KEY uk_appointments_request (user_id, request_key),
  KEY ix_appointments_user (user_id, starts_at),
  KEY ix_appointments_hold (status, hold_until),
  KEY ix_appointments_start (status, starts_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The trail of an appointment: one row for each version of it.
CREATE TABLE IF NOT EXISTS appointment_events (
  id             BIGINT       NOT NULL AUTO_INCREMENT,
  appointment_id BIGINT       NOT NULL,
  version        INT          NOT NULL,
  from_status    VARCHAR(16)  NOT NULL COMMENT 'empty when it is new',
  to_status      VARCHAR(16)  NOT NULL,
  reason         VARCHAR(16)  NOT NULL,
  seq            INT          NOT NULL,
  refund         BIGINT       NOT NULL COMMENT 'fen',
  note           VARCHAR(500) NOT NULL,
  request_key    VARCHAR(100) NULL COMMENT 'of the request that caused it',
  at             DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_appointment_events_version (appointment_id, version),
  UNIQUE KEY uk_appointment_events_request (appointment_id, request_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

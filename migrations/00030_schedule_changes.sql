-- +goose Up

-- A session of a doctor's usual week is good for some time, and staff change it: several of one weekday and half follow each other.
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'schedule_templates' AND column_name = 'version') = 0,
  'ALTER TABLE schedule_templates ADD COLUMN valid_from DATE NULL COMMENT ''NULL: since ever'', ADD COLUMN valid_to DATE NULL COMMENT ''NULL: until further notice'', ADD COLUMN version INT NOT NULL DEFAULT 1 COMMENT ''raised by each change of staff''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'schedule_templates' AND index_name = 'ix_schedule_templates_doctor') = 0,
  'CREATE INDEX ix_schedule_templates_doctor ON schedule_templates (doctor_id, weekday)', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'schedule_templates' AND index_name = 'uk_schedule_templates') > 0,
  'DROP INDEX uk_schedule_templates ON schedule_templates', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- Whose usual week staff have changed: loading the directory's files again leaves it as it is.
CREATE TABLE IF NOT EXISTS edited_weeks (
  doctor_id BIGINT NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The days of a hospital that are other than the published public holidays say, and what make-up days are worked as.
CREATE TABLE IF NOT EXISTS calendar_days (
  id          BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id BIGINT       NOT NULL,
  day         DATE         NOT NULL,
  kind        VARCHAR(16)  NOT NULL COMMENT 'holiday, workday or ordinary',
  works_as    TINYINT      NOT NULL COMMENT 'the weekday whose sessions a workday has',
  name        VARCHAR(100) NOT NULL,
  version     INT          NOT NULL DEFAULT 1,
  PRIMARY KEY (id),
  UNIQUE KEY uk_calendar_days (hospital_id, day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS doctor_leaves (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT       NOT NULL,
  doctor_id     BIGINT       NOT NULL,
  first_date    DATE         NOT NULL,
  last_date     DATE         NOT NULL,
  halves        INT          NOT NULL COMMENT 'bits: 1 morning, 2 afternoon, 4 evening',
  substitute_id BIGINT       NOT NULL DEFAULT 0 COMMENT 'the doctor who sees patients instead, or 0',
  version       INT          NOT NULL DEFAULT 1,
  PRIMARY KEY (id),
  KEY ix_doctor_leaves_hospital (hospital_id, last_date)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What staff change of schedules, together: drafted, applied in one transaction, undone.
CREATE TABLE IF NOT EXISTS change_sets (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT       NOT NULL,
  department_id BIGINT       NOT NULL COMMENT 'of all that it changes; 0: of several, or of the hospital',
  status        VARCHAR(16)  NOT NULL COMMENT 'draft, applied, undone',
  changes       MEDIUMTEXT   NOT NULL COMMENT 'JSON: what was asked for',
  note          VARCHAR(500) NOT NULL COMMENT 'for the patients of clinics that it stops',
  request_key   VARCHAR(100) NOT NULL,
  made_by       BIGINT       NOT NULL,
  made_at       DATETIME(6)  NOT NULL,
  applied_by    BIGINT       NOT NULL DEFAULT 0,
  applied_at    DATETIME(6)  NULL,
  undone_by     BIGINT       NOT NULL DEFAULT 0,
  undone_at     DATETIME(6)  NULL,
  added         INT          NOT NULL DEFAULT 0 COMMENT 'places',
  removed       INT          NOT NULL DEFAULT 0 COMMENT 'places',
  affected      INT          NOT NULL DEFAULT 0 COMMENT 'appointments of clinics that it stops',
  PRIMARY KEY (id),
  UNIQUE KEY uk_change_sets_request (made_by, request_key),
  KEY ix_change_sets_hospital (hospital_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a change set does to one half-day or rule. Both states are there, so that it can be undone and what others did meanwhile is seen.
CREATE TABLE IF NOT EXISTS change_effects (
  change_set_id BIGINT      NOT NULL,
  line          INT         NOT NULL,
  subject       VARCHAR(16) NOT NULL COMMENT 'clinic, template, day or leave',
  subject_id    BIGINT      NOT NULL COMMENT 'its row; 0 while there is none',
  before_state  MEDIUMTEXT  NULL COMMENT 'JSON; NULL where it was not there',
  after_state   MEDIUMTEXT  NULL,
  to_stop       TINYINT     NOT NULL DEFAULT 0 COMMENT 'its patients are told: 1 to be done, 2 done',
  PRIMARY KEY (change_set_id, line),
  KEY ix_change_effects_subject (subject, subject_id),
  KEY ix_change_effects_stop (to_stop)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'schedules' AND column_name = 'change_set_id') = 0,
  'ALTER TABLE schedules ADD COLUMN version INT NOT NULL DEFAULT 1 COMMENT ''raised by each change of staff, not by bookings'', ADD COLUMN manual TINYINT NOT NULL DEFAULT 0 COMMENT ''1: decided by hand, the usual week leaves it alone'', ADD COLUMN change_set_id BIGINT NOT NULL DEFAULT 0 COMMENT ''the last one that changed it''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- Places that are given by lot: how those of a half-day are given, the draws, and who has applied.

-- Each column is added only where it is missing, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'schedules' AND column_name = 'allocation') = 0,
  'ALTER TABLE schedules ADD COLUMN allocation VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT ''first_come'' COMMENT ''how its places are given now; lottery and weighted become first_come when the draw is settled''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'schedules' AND index_name = 'ix_schedules_allocation') = 0,
  'CREATE INDEX ix_schedules_allocation ON schedules (allocation, visit_date)', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'schedule_templates' AND column_name = 'allocation') = 0,
  'ALTER TABLE schedule_templates ADD COLUMN allocation VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '''' COMMENT ''empty: as the policy says''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- A draw for the places of a half-day. The seed is sealed until it is revealed.
CREATE TABLE IF NOT EXISTS lotteries (
  id             BIGINT         NOT NULL AUTO_INCREMENT,
  schedule_id    BIGINT         NOT NULL,
  hospital_id    BIGINT         NOT NULL,
  name           VARCHAR(200)   NOT NULL COMMENT 'of the half-day, as slips and the published record have it',
  mode           VARCHAR(16)    NOT NULL COMMENT 'lottery, weighted',
  state          VARCHAR(16)    NOT NULL COMMENT 'open: applications are taken from opens_at to closes_at; closed: their list is fixed; drawn: their order; settled: who has won has a place; void: the clinic was stopped',
  policy_version INT            NOT NULL COMMENT 'whose weights and minutes hold',
  opens_at       DATETIME(6)    NOT NULL,
  closes_at      DATETIME(6)    NOT NULL,
  commitment     VARCHAR(64)    NOT NULL,
  sealed_seed    VARBINARY(256) NOT NULL,
  beacon_source  VARCHAR(200)   NOT NULL,
  applied        INT            NOT NULL DEFAULT 0 COMMENT 'how many numbers were given to applications',
  places         INT            NOT NULL DEFAULT 0 COMMENT 'when it was closed',
  list           VARCHAR(64)    NOT NULL DEFAULT '' COMMENT 'digest of the applications when it was closed',
  beacon         VARCHAR(200)   NOT NULL DEFAULT '',
  seed           VARCHAR(64)    NOT NULL DEFAULT '' COMMENT 'empty until it is revealed',
  closed_at      DATETIME(6)    NULL,
  drawn_at       DATETIME(6)    NULL,
  settled_at     DATETIME(6)    NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_lotteries_schedule (schedule_id),
  KEY ix_lotteries_state (state, closes_at),
  KEY ix_lotteries_hospital (hospital_id, opens_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One application of one person in a draw. active is 1 until it is withdrawn, or decided.
CREATE TABLE IF NOT EXISTS lottery_applications (
  id             BIGINT       NOT NULL AUTO_INCREMENT,
  lottery_id     BIGINT       NOT NULL,
  number         INT          NOT NULL COMMENT 'from 1, in the order of applying',
  patient_id     BIGINT       NOT NULL,
  person         BINARY(32)   NOT NULL COMMENT 'digest of the patient''s document, as patients.number_digest',
  user_id        BIGINT       NOT NULL,
  account_id     BIGINT       NOT NULL,
  request_key    VARCHAR(100) NOT NULL,
  lots           INT          NOT NULL,
  reasons        VARCHAR(500) NOT NULL COMMENT 'JSON: what the lots are for',
  secret         VARCHAR(32)  NOT NULL COMMENT 'the applicant''s part of the slip',
  receipt        VARCHAR(64)  NOT NULL,
  status         VARCHAR(16)  NOT NULL COMMENT 'applied, withdrawn; won, lost, barred, void',
  active         TINYINT      NULL,
  position       INT          NOT NULL DEFAULT 0 COMMENT 'in the order drawn, from 1',
  appointment_id BIGINT       NOT NULL DEFAULT 0 COMMENT 'the place that was won',
  wait_id        BIGINT       NOT NULL DEFAULT 0 COMMENT 'the place in the waitlist of who was not',
  created_at     DATETIME(6)  NOT NULL,
  ended_at       DATETIME(6)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_lottery_applications_number (lottery_id, number),
  UNIQUE KEY uk_lottery_applications_person (lottery_id, person, active),
  UNIQUE KEY uk_lottery_applications_request (user_id, request_key),
  KEY ix_lottery_applications_status (lottery_id, status, position),
  KEY ix_lottery_applications_patient (patient_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

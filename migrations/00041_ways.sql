-- How notices reach people: by which way each went, the copies that go by e-mail, and the addresses for them.

-- What is there already is left, so that a run that was interrupted can be repeated on every server that we support.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notices' AND column_name = 'copy_by') = 0,
  'ALTER TABLE notices ADD COLUMN copy_by VARCHAR(16) NOT NULL DEFAULT '''' COMMENT ''a copy, which goes this way only; empty: not a copy''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;
SET @ddl = IF((SELECT COUNT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notices' AND column_name = 'told_by') = 0,
  'ALTER TABLE notices ADD COLUMN told_by VARCHAR(16) NOT NULL DEFAULT '''' COMMENT ''the way it went: wechat, telegram, template, sms, email''',
  'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;
SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'notices' AND index_name = 'notices_once') = 0,
  'CREATE UNIQUE INDEX notices_once ON notices (appointment_id, kind, version, copy_by)', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;
SET @ddl = IF((SELECT COUNT(index_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'notices' AND index_name = 'notices_appointment') > 0,
  'DROP INDEX notices_appointment ON notices', 'DO 0');
PREPARE change_table FROM @ddl;
EXECUTE change_table;
DEALLOCATE PREPARE change_table;

-- Where a person gets e-mail. An address counts when its code came back.
CREATE TABLE IF NOT EXISTS notice_emails (
  user_id      BIGINT          NOT NULL PRIMARY KEY,
  uid          BINARY(16)      NOT NULL COMMENT 'random, in the associated data of what is sealed',
  address      VARBINARY(512)  NULL COMMENT 'sealed; NULL: none is confirmed',
  wanted       VARBINARY(512)  NULL COMMENT 'sealed: the address that a code was sent to',
  code         BINARY(32)      NULL COMMENT 'digest of the code',
  expires_at   DATETIME(6)     NULL COMMENT 'of the code',
  since        DATETIME(6)     NOT NULL COMMENT 'since when issued and tried are counted',
  issued       INT             NOT NULL DEFAULT 0,
  tried        INT             NOT NULL DEFAULT 0
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The kinds of notices that a person does not want.
CREATE TABLE IF NOT EXISTS notice_refusals (
  user_id BIGINT      NOT NULL,
  kind    VARCHAR(32) NOT NULL,
  PRIMARY KEY (user_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- When a person wants to be left alone; without a row, at night. Both the same: never.
CREATE TABLE IF NOT EXISTS notice_quiet_hours (
  user_id     BIGINT   NOT NULL PRIMARY KEY,
  from_minute SMALLINT NOT NULL COMMENT 'of the day, on the hospital''s clock',
  to_minute   SMALLINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

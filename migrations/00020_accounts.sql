-- What accounts have to do with each other, and with people.

-- +goose Up

-- One-time codes that make two chat accounts one person's: shown on one platform, typed on the other. A row for each account that has
-- shown or typed one: what it may still do is counted in it.
CREATE TABLE IF NOT EXISTS link_codes (
  account_id BIGINT      NOT NULL PRIMARY KEY,
  digest     BINARY(32)  NULL COMMENT 'of the code that this account shows; NULL: none',
  expires_at DATETIME(6) NULL,
  claimed_by BIGINT      NULL COMMENT 'the account that typed it and has still to say yes',
  since      DATETIME(6) NOT NULL COMMENT 'since when issued and tried are counted',
  issued     INT         NOT NULL DEFAULT 0,
  tried      INT         NOT NULL DEFAULT 0,
  UNIQUE KEY link_codes_digest (digest),
  KEY link_codes_claimed (claimed_by)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Conversations that were handed over to a person. The bot is mute in the chat until closed_at.
CREATE TABLE IF NOT EXISTS handovers (
  id          BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  uid         BINARY(16)     NOT NULL COMMENT 'random, in the associated data of transcript',
  account_id  BIGINT         NOT NULL,
  request_key VARCHAR(100)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  state       VARCHAR(64)    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the step at which it was handed over',
  transcript  VARBINARY(8192) NULL COMMENT 'sealed: the last messages and what was chosen; cleared when it is closed',
  opened_at   DATETIME(6)    NOT NULL,
  closed_at   DATETIME(6)    NULL,
  closed_by   VARCHAR(16)    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'staff, patient or silence',
  UNIQUE KEY handovers_request (account_id, request_key),
  KEY handovers_open (closed_at, opened_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

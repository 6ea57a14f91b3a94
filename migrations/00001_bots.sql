-- Chat identities, where their conversations stand, and every update that was taken.

-- +goose Up
CREATE TABLE IF NOT EXISTS chat_accounts (
    id           BIGINT NOT NULL AUTO_INCREMENT,
    user_id      BIGINT NOT NULL, -- the person behind one or more accounts; the first account's own id
    platform     VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    external_id  VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, -- chat id, OpenID
    lang         VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    blocked_at   DATETIME(6) NULL,
    last_seen_at DATETIME(6) NOT NULL, -- to the hour: written at most once in one
    created_at   DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY chat_accounts_external (platform, external_id),
    KEY chat_accounts_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per account; whoever handles an update of that account holds its lock.
CREATE TABLE IF NOT EXISTS chat_sessions (
    account_id  BIGINT NOT NULL,
    rev         BIGINT NOT NULL,
    state       VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    data        MEDIUMBLOB NULL, -- encrypted JSON
    deadline_at DATETIME(6) NULL,
    updated_at  DATETIME(6) NOT NULL,
    PRIMARY KEY (account_id),
    KEY chat_sessions_deadline (deadline_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- An update under the key that the platform repeats it with, and what was answered.
CREATE TABLE IF NOT EXISTS chat_inbox (
    platform    VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    dedupe_key  VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    account_id  BIGINT NULL,
    kind        VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    reply       MEDIUMBLOB NULL, -- encrypted JSON
    received_at DATETIME(6) NOT NULL,
    handled_at  DATETIME(6) NULL,
    answered_at DATETIME(6) NULL, -- the reply went out
    PRIMARY KEY (platform, dedupe_key),
    KEY chat_inbox_received (received_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Up

-- The hospital's people who may use the bot's staff commands.
CREATE TABLE IF NOT EXISTS staff (
    id              BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uid             BINARY(16)    NOT NULL,
    name            VARBINARY(512) NOT NULL,        -- sealed
    hospital_id     BIGINT        NOT NULL,         -- 0: all hospitals
    account_id      BIGINT        NULL,             -- the chat account it is bound to
    code_digest     BINARY(32)    NULL,             -- of the one-time code; NULL once used
    code_expires_at DATETIME(6)   NOT NULL,
    created_at      DATETIME(6)   NOT NULL,
    bound_at        DATETIME(6)   NULL,
    UNIQUE KEY staff_uid (uid),
    UNIQUE KEY staff_account (account_id),
    UNIQUE KEY staff_code (code_digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How often an account has tried a code since when: guessing is limited.
CREATE TABLE IF NOT EXISTS staff_attempts (
    account_id BIGINT      NOT NULL PRIMARY KEY,
    since      DATETIME(6) NOT NULL,
    attempts   INT         NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

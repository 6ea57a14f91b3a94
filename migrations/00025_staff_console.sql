-- +goose Up

-- What a member of the staff may be, and where. A hospital of 0 is all of them, a department of 0 the whole hospital.
CREATE TABLE IF NOT EXISTS staff_grants (
    staff_id      BIGINT      NOT NULL,
    role          VARCHAR(16) NOT NULL,
    hospital_id   BIGINT      NOT NULL,
    department_id BIGINT      NOT NULL,
    PRIMARY KEY (staff_id, role, hospital_id, department_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who was staff before there were roles could broadcast and stop clinics, which is a scheduler's, and was rung about money, which is a cashier's.
INSERT IGNORE INTO staff_grants (staff_id, role, hospital_id, department_id)
SELECT s.id, r.role, s.hospital_id, 0 FROM staff s CROSS JOIN (SELECT 'scheduler' AS role UNION ALL SELECT 'cashier') r;

-- How members sign in to the console. One without a password has a link to set it, or cannot sign in.
CREATE TABLE IF NOT EXISTS staff_logins (
    staff_id        BIGINT       NOT NULL PRIMARY KEY,
    login           VARCHAR(64)  NOT NULL,
    password        VARCHAR(255) NULL,              -- argon2id, in PHC form
    epoch           INT          NOT NULL,          -- raised by whatever ends the sessions: a new password, new roles
    totp            VARBINARY(255) NULL,            -- the sealed secret
    totp_on         TINYINT      NOT NULL,          -- 1 once a first code was right
    totp_step       BIGINT       NOT NULL,          -- of the last code that was used: none is good twice
    link_digest     BINARY(32)   NULL,              -- of the one-time link that sets a password
    link_expires_at DATETIME(6)  NULL,
    signed_in_at    DATETIME(6)  NULL,
    UNIQUE KEY staff_logins_login (login),
    UNIQUE KEY staff_logins_link (link_digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How often somebody has tried to sign in, by account and by address.
CREATE TABLE IF NOT EXISTS staff_login_attempts (
    who      BINARY(32)  NOT NULL PRIMARY KEY,
    since    DATETIME(6) NOT NULL,
    attempts INT         NOT NULL,
    KEY staff_login_attempts_since (since)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The console's sessions, which all replicas share. The token itself is in the browser only.
CREATE TABLE IF NOT EXISTS staff_sessions (
    token      BINARY(32)  NOT NULL PRIMARY KEY,    -- its digest
    content    BLOB        NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    KEY staff_sessions_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What staff changed, each row chained to the one before.
CREATE TABLE IF NOT EXISTS audit_log (
    seq           BIGINT       NOT NULL PRIMARY KEY,
    at            DATETIME(6)  NOT NULL,
    staff_id      BIGINT       NOT NULL,            -- 0: nobody who is known
    via           VARCHAR(16)  NOT NULL,            -- console, chat, command
    address       VARCHAR(64)  NOT NULL,
    action        VARCHAR(64)  NOT NULL,
    subject       VARCHAR(96)  NOT NULL,
    hospital_id   BIGINT       NOT NULL,
    detail        MEDIUMBLOB   NOT NULL,            -- sealed JSON: before, after, note
    previous      BINARY(32)   NOT NULL,
    hash          BINARY(32)   NOT NULL,
    KEY audit_log_at (at),
    KEY audit_log_staff (staff_id, seq),
    KEY audit_log_subject (subject, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Where the chain ends. Its lock makes those who write wait for each other.
CREATE TABLE IF NOT EXISTS audit_head (
    id   TINYINT    NOT NULL PRIMARY KEY,
    seq  BIGINT     NOT NULL,
    hash BINARY(32) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO audit_head (id, seq, hash) VALUES (1, 0, UNHEX(REPEAT('00', 32)));

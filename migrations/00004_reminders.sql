-- +goose Up

-- What is to be told to whom, and what became of it: the outbox. A row is written in the transaction that causes it.
CREATE TABLE IF NOT EXISTS notices (
    id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind            VARCHAR(32)  NOT NULL,
    appointment_id  BIGINT       NULL,
    version         BIGINT       NULL,               -- of the appointment when it was queued; else a number
    schedule_id     BIGINT       NULL,               -- of a stopped clinic's notices: what its report counts
    broadcast_id    BIGINT       NULL,
    account_id      BIGINT       NOT NULL,           -- 0: the account that the appointment was booked from
    bulk            TINYINT      NOT NULL,           -- 1: waits until nothing else is due
    payload         VARBINARY(8192) NULL,            -- sealed JSON; cleared when the notice has reached an end
    status          VARCHAR(16)  NOT NULL,           -- queued, claimed; sent, blocked, unreachable, failed, obsolete
    due_at          DATETIME(6)  NOT NULL,
    next_attempt_at DATETIME(6)  NOT NULL,
    lease_until     DATETIME(6)  NULL,
    epoch           BIGINT       NOT NULL DEFAULT 0, -- raised by each claim: fences those who held it before
    attempts        INT          NOT NULL DEFAULT 0,
    last_error      VARCHAR(32)  NOT NULL DEFAULT '',
    created_at      DATETIME(6)  NOT NULL,
    ended_at        DATETIME(6)  NULL,
    UNIQUE KEY notices_appointment (appointment_id, kind, version),
    UNIQUE KEY notices_broadcast (broadcast_id, account_id),
    KEY notices_claim (status, bulk, next_attempt_at),
    KEY notices_due (status, due_at),
    KEY notices_ended (ended_at),
    KEY notices_of_broadcast (broadcast_id, status),
    KEY notices_of_schedule (schedule_id, status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Until when a platform asked to wait, for one chat or (account 0) for all of them.
CREATE TABLE IF NOT EXISTS notice_pauses (
    platform     VARCHAR(16) NOT NULL,
    account_id   BIGINT      NOT NULL,
    paused_until DATETIME(6) NOT NULL,
    PRIMARY KEY (platform, account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A message of staff to many, or (schedule_id set) the watch over the notices of a stopped clinic. Its recipients are notices.
CREATE TABLE IF NOT EXISTS broadcasts (
    id            BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    staff_id      BIGINT       NOT NULL,
    idem_key      VARCHAR(100) NOT NULL,
    account_id    BIGINT       NOT NULL,            -- who gets the report
    schedule_id   BIGINT       NULL,
    audience      VARCHAR(1024) NOT NULL,           -- JSON of the filter
    content       VARBINARY(20000) NULL,            -- the sealed text
    state         VARCHAR(16)  NOT NULL,            -- expanding, sending, finished
    last_seen     BIGINT       NOT NULL DEFAULT 0,  -- how far the audience has been read
    sent          INT          NOT NULL DEFAULT 0,  -- the counts are filled in when it is finished
    blocked       INT          NOT NULL DEFAULT 0,
    unreachable   INT          NOT NULL DEFAULT 0,
    failed        INT          NOT NULL DEFAULT 0,
    obsolete      INT          NOT NULL DEFAULT 0,
    created_at    DATETIME(6)  NOT NULL,
    finished_at   DATETIME(6)  NULL,
    UNIQUE KEY broadcasts_key (staff_id, idem_key),
    KEY broadcasts_state (state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which tick of which job was run. Of many replicas the one that inserts the row runs it.
CREATE TABLE IF NOT EXISTS job_ticks (
    job          VARCHAR(64) NOT NULL,
    scheduled_at DATETIME(6) NOT NULL,
    state        VARCHAR(16) NOT NULL,              -- running, done, failed
    attempts     INT         NOT NULL,
    free_at      DATETIME(6) NOT NULL,              -- when another may try: the lease while running, the pause after a failure
    PRIMARY KEY (job, scheduled_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Up

-- The access token of an Official Account, shared by all replicas: sealed under a key made of the app secret.
CREATE TABLE IF NOT EXISTS wechat_tokens (
    app_id      VARCHAR(64)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    version     BIGINT          NOT NULL,
    sealed      VARBINARY(2048) NULL,
    expires_at  DATETIME(6)     NULL,
    lease_until DATETIME(6)     NULL,
    PRIMARY KEY (app_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Which timestamp and nonce came with which message: a second message under the same ones is a forgery.
CREATE TABLE IF NOT EXISTS wechat_nonces (
    app_id  VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    nonce   BINARY(32)  NOT NULL,
    body    BINARY(32)  NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    PRIMARY KEY (app_id, nonce),
    KEY wechat_nonces_seen (seen_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What each follower last did that allows customer-service messages, and how many of them were sent since.
CREATE TABLE IF NOT EXISTS wechat_windows (
    app_id    VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    open_id   VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kind      VARCHAR(8)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    opened_at DATETIME(6) NOT NULL,
    message   VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    used      INT         NOT NULL,
    PRIMARY KEY (app_id, open_id, kind)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

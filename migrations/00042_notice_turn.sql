-- Whose turn it is to claim notices.

-- +goose Up

-- One row, which is locked by who looks for what is due until it is claimed: so of several replicas each reads other rows. Nothing depends
-- on it but how much is read.
CREATE TABLE IF NOT EXISTS notice_turn (
  id TINYINT NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO notice_turn (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id;

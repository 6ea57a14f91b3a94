-- +goose Up

-- People who want no hint of a next visit in their menu. A person may stand here twice, after two accounts were linked.
CREATE TABLE IF NOT EXISTS start_refusals (
  id      BIGINT      NOT NULL AUTO_INCREMENT,
  user_id BIGINT      NOT NULL,
  since   DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY ix_start_refusals_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

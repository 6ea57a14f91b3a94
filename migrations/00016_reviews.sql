-- +goose NO TRANSACTION
-- +goose Up

-- What patients say about visits: one row for each visit. What is hidden counts in no average.
CREATE TABLE IF NOT EXISTS visit_reviews (
  id             BIGINT          NOT NULL AUTO_INCREMENT,
  uid            BINARY(16)      NOT NULL COMMENT 'random, in the associated data of comment',
  appointment_id BIGINT          NOT NULL,
  hospital_id    BIGINT          NOT NULL,
  doctor_id      BIGINT          NOT NULL,
  user_id        BIGINT          NOT NULL,
  rating         TINYINT         NOT NULL COMMENT '1 to 5',
  comment        VARBINARY(2600) NOT NULL COMMENT 'encrypted; empty text for none',
  status         VARCHAR(16)     NOT NULL COMMENT 'waiting: for staff to read the comment; shown; hidden',
  note           VARCHAR(255)    NOT NULL DEFAULT '' COMMENT 'why it is hidden',
  staff_id       BIGINT          NOT NULL DEFAULT 0 COMMENT 'who decided, or 0',
  version        INT             NOT NULL DEFAULT 1 COMMENT 'raised by each change, so that staff decide about what they have read',
  created_at     DATETIME(6)     NOT NULL,
  changed_at     DATETIME(6)     NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_visit_reviews_appointment (appointment_id),
  KEY ix_visit_reviews_doctor (doctor_id, status),
  KEY ix_visit_reviews_hospital (hospital_id, status, id),
  KEY ix_visit_reviews_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

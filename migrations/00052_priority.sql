-- What staff state about a person that counts in weighted draws: a referral, an urgent need. Why is in the audit log, sealed.

-- +goose Up
CREATE TABLE IF NOT EXISTS priority_statements (
  id            BIGINT      NOT NULL AUTO_INCREMENT,
  hospital_id   BIGINT      NOT NULL,
  department_id BIGINT      NOT NULL,
  person        BINARY(32)  NOT NULL COMMENT 'digest of the patient''s document, as patients.number_digest',
  ground        VARCHAR(16) NOT NULL COMMENT 'referral, urgent',
  until_date    DATE        NOT NULL COMMENT 'counts for visits until then',
  staff_id      BIGINT      NOT NULL,
  created_at    DATETIME(6) NOT NULL,
  withdrawn_at  DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY ix_priority_statements_person (person, department_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Up
CREATE TABLE audit_records (
    id         TEXT PRIMARY KEY,
    time       TIMESTAMP NOT NULL, -- UTC, as text that sorts by time
    request_id TEXT NOT NULL,
    route      TEXT NOT NULL,
    key_id     TEXT NOT NULL,
    models     TEXT NOT NULL,
    decision   TEXT NOT NULL,
    score      REAL,
    threshold  REAL NOT NULL,
    reasons    TEXT NOT NULL, -- a JSON array of codes
    policy     TEXT NOT NULL,
    profile    TEXT NOT NULL,
    stages     TEXT NOT NULL  -- a JSON array of {stage, ms}
);
CREATE INDEX audit_records_time ON audit_records (time);

-- +goose Down
DROP TABLE audit_records;

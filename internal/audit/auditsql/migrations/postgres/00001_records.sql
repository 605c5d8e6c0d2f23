-- +goose Up
CREATE TABLE audit_records (
    id         TEXT PRIMARY KEY,
    time       TIMESTAMPTZ NOT NULL,
    request_id TEXT NOT NULL,
    route      TEXT NOT NULL,
    key_id     TEXT NOT NULL,
    models     TEXT NOT NULL,
    decision   TEXT NOT NULL,
    score      DOUBLE PRECISION,
    threshold  DOUBLE PRECISION NOT NULL,
    reasons    JSONB NOT NULL, -- an array of codes
    policy     TEXT NOT NULL,
    profile    TEXT NOT NULL,
    stages     JSONB NOT NULL  -- an array of {stage, ms}
);
CREATE INDEX audit_records_time ON audit_records (time);

-- +goose Down
DROP TABLE audit_records;

-- The Merkle tree over the log, and its signed checkpoints. What is in here only grows; the
-- signatures that count are kept outside the database as well.

-- One tree at a time is continued; a log that was restarted has another, under another origin.
CREATE TABLE audit_trees (
    id         integer     PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    origin     text        NOT NULL UNIQUE,
    log_key    text        NOT NULL, -- a C2SP verifier key
    size       bigint      NOT NULL DEFAULT 0,
    position   bigint      NOT NULL DEFAULT 0, -- of the last leaf, in the log
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Each up to 256 hashes of one level: level n has the roots of 256^n leaves.
CREATE TABLE audit_tiles (
    tree           integer  NOT NULL REFERENCES audit_trees,
    level          smallint NOT NULL,
    index          bigint   NOT NULL,
    hashes         bytea    NOT NULL,
    first_position bigint, -- of leaves (level 0), in the log
    positions      bigint[],
    PRIMARY KEY (tree, level, index)
) WITH ( -- the newest of each level is replaced with every batch, however many there are
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000
);
-- Hashes do not compress.
ALTER TABLE audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
CREATE INDEX audit_tiles_position_idx ON audit_tiles (tree, first_position) WHERE level = 0;

CREATE TABLE audit_checkpoints (
    tree      integer     NOT NULL REFERENCES audit_trees,
    size      bigint      NOT NULL,
    root      bytea       NOT NULL,
    note      text        NOT NULL, -- signed by the log
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tree, size)
);
CREATE TABLE audit_cosignatures (
    tree        integer     NOT NULL,
    size        bigint      NOT NULL,
    witness     text        NOT NULL, -- a C2SP verifier key
    line        text        NOT NULL, -- of the note
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tree, size, witness),
    FOREIGN KEY (tree, size) REFERENCES audit_checkpoints
);

-- What the sealer says of itself and of each witness; worth nothing after a crash.
CREATE UNLOGGED TABLE audit_health (
    part    text        PRIMARY KEY,
    wrong   text,
    said_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50);

-- Stops accidents, also the application's: a tree never shrinks, a hash never changes.
CREATE FUNCTION audit_tree_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NEW.size < OLD.size OR NEW.position < OLD.position THEN
        RAISE EXCEPTION 'a tree only grows';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION audit_tile_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) IS DISTINCT FROM OLD.hashes
       OR NEW.positions[1:cardinality(OLD.positions)] IS DISTINCT FROM OLD.positions THEN
        RAISE EXCEPTION 'a tile only grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_trees_only_grow BEFORE UPDATE ON audit_trees
    FOR EACH ROW EXECUTE FUNCTION audit_tree_only_grows();
CREATE TRIGGER audit_tiles_only_grow BEFORE UPDATE ON audit_tiles
    FOR EACH ROW EXECUTE FUNCTION audit_tile_only_grows();
CREATE TRIGGER audit_trees_kept BEFORE DELETE OR TRUNCATE ON audit_trees
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_tiles_kept BEFORE DELETE OR TRUNCATE ON audit_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_cosignatures_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cosignatures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON audit_trees, audit_tiles, audit_checkpoints, audit_cosignatures
    TO pledge_app;
GRANT UPDATE (size, position) ON audit_trees TO pledge_app;
GRANT UPDATE (hashes, positions) ON audit_tiles TO pledge_app;
GRANT SELECT, INSERT, UPDATE ON audit_health TO pledge_app;
